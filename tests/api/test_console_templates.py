"""Templates in the console, and how the pages of conveys look that have one."""

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin

import pytest
from tests.api.scheduler import ORGANIZATIONS
from tests.consoles import Console, person, shown
from tests.running import Running, reconfigure

import ringback.audit.service as audit
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId
from ringback.widgets.look import Look
from ringback.widgets.template import Template

PATH = "/console/acme/scheduler/templates"
CONVEY = "/c/acme-billing"
Browse = Callable[[], Console]

TYPED = {
    "name": "Night",
    "light.background": "#ffffff",
    "light.text": "#101010",
    "light.accent": "#7A0050",
    "dark.background": "#101010",
    "dark.text": "#f0f0f0",
    "dark.accent": "#ff9ad5",
    "font": "serif",
    "corner_radius": "3",
    "privacy_notice": "https://www.acme.example/privacy?a=1&b=2",
    "heading.en": "We ring <you>",
    "text.en": "Give us your number.",
    "heading.de": "Wir rufen an",
}


@pytest.fixture
def brand(server: Running) -> str:
    """The address of Acme's only template."""
    row = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM templates WHERE org_id = 'acme'"))
    assert row is not None
    return f"{PATH}/{row['id']}"


@pytest.fixture
def dressed(server: Running) -> Running:
    """Acme, whose convey looks like its template."""
    reconfigure(
        server, ORGANIZATIONS / "acme.toml", ('slug = "acme-billing"', 'slug = "acme-billing"\ntemplate = "brand"')
    )
    return server


def sheet_of(markup: str) -> str:
    """The address of the page's own stylesheet, as the page says it."""
    (address,) = re.findall(r'<link rel="stylesheet" href="([^"]*look/[^"]*)">', markup)
    return html.unescape(address)


class TestPagesOfConveys:
    def test_a_page_with_a_template_looks_so(self, dressed: Running) -> None:
        page = dressed.get(CONVEY)
        address = urljoin(f"{dressed.url}{CONVEY}", sheet_of(page.text))
        sheet = dressed.get(address)
        assert sheet.status_code == 200
        assert sheet.headers["content-type"] == "text/css; charset=utf-8"
        assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert sheet.headers["x-content-type-options"] == "nosniff"
        assert "--accent: #a3400c;" in sheet.text
        assert "--round: 4px;" in sheet.text
        assert "style-src 'sha256-" in page.headers["content-security-policy"]
        assert "'self'; script-src" in page.headers["content-security-policy"]
        assert re.findall(r"\sstyle=", page.text) == []

    def test_it_says_the_template_s_texts_in_their_language_only(self, dressed: Running) -> None:
        assert "<h1>We ring you</h1>" in dressed.get(f"{CONVEY}?locale=en-GB").text
        assert "<h1>billing page</h1>" in dressed.get(f"{CONVEY}?locale=de").text

    def test_so_do_the_pages_of_a_callback_asked_for_there(self, dressed: Running) -> None:
        form = {"contact_number": "+12015550123", "when": "asap"}
        answer = dressed.post(CONVEY, data=form)
        own = urljoin(f"{dressed.url}{CONVEY}", answer.headers["location"])
        for path in (own, own.partition("?")[0] + "/cancel", own.partition("?")[0] + "/move"):
            page = dressed.get(path)
            assert page.status_code == 200
            assert dressed.get(urljoin(path, sheet_of(page.text))).status_code == 200

    def test_without_one_nothing_but_the_page_itself_is_asked_for(self, server: Running) -> None:
        page = server.get(CONVEY)
        assert "look/" not in page.text
        assert "'self'; script-src" not in page.headers["content-security-policy"]

    @pytest.mark.parametrize("name", ["x", "12-system-ffffff", "../../etc/passwd", "12-system-%7D%7Bx"])
    def test_there_are_no_other_looks(self, server: Running, name: str) -> None:
        assert server.get(f"/look/{name}.css").status_code == 404

    def test_a_look_is_only_to_be_read(self, server: Running) -> None:
        path = f"/look/{Look.of(Template(name='x')).name}.css"
        assert server.ask("HEAD", path).status_code == 200
        assert server.post(path).status_code == 405


class TestTheConsole:
    def test_a_new_one(self, admin: Console, server: Running) -> None:
        admin.open(f"{PATH}/new")
        admin.send(f"{PATH}/new", **TYPED)
        assert "“Night” is there." in admin.text
        entry = server.app.db.read_now(audit.newest, OrgId("acme"), limit=1)[0]
        assert (entry.actor, entry.subject_kind, entry.subject_key) == ("ann@acme.example", "template", "night")
        assert entry.after is not None
        assert entry.after["light"]["accent"] == "#7a0050"
        assert entry.after["texts"] == {
            "en": {"heading": "We ring <you>", "text": "Give us your number."},
            "de": {"heading": "Wir rufen an", "text": ""},
        }

    def test_what_is_saved_shows_on_the_page(self, admin: Console, dressed: Running, brand: str) -> None:
        admin.open(brand)
        assert "Used by convey “billing page”" in admin.text
        before = sheet_of(dressed.get(CONVEY).text)
        admin.send(brand, seen=admin.value("seen"), **TYPED)
        assert "Saved." in admin.text
        page = dressed.get(CONVEY)
        assert sheet_of(page.text) != before
        assert "We ring <you>" in shown(page.text)
        assert "Give us your number." in shown(page.text)
        assert 'href="https://www.acme.example/privacy?a=1&amp;b=2"' in page.text
        assert "Privacy notice" in shown(page.text)

    def test_it_can_be_looked_at_before_it_is_saved(self, admin: Console, server: Running, brand: str) -> None:
        admin.open(brand)
        admin.send(f"{brand}?show=yes", **TYPED | {"light.text": "#aaaaaa", "dark.text": "nonsense"})
        assert admin.page.status_code == 200
        assert "2.3: too little" in admin.text
        assert "We ring <you>" in admin.text
        (sheet,) = re.findall(r'id="look" href="([^"]+)"', admin.page.text)
        answer = admin.client.get(html.unescape(sheet))
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert "--ink: #aaaaaa;" in answer.text
        assert admin.open(f"{PATH}/look/nonsense.css").status_code == 404
        assert "Night" not in admin.open(PATH).text

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"name": ""}, "This is needed."),
            ({"light.text": "#999999"}, "#999999 on #ffffff has a contrast of 2.8, and needs 4.5."),
            ({"dark.accent": "red"}, "A colour is # and six hexadecimal digits"),
            ({"corner_radius": "29"}, "At most 28."),
            ({"corner_radius": "round"}, "A whole number is needed."),
            ({"font": "comic"}, "should be"),
            ({"privacy_notice": "javascript:alert(1)"}, "Write the whole address of a page"),
            ({"heading.en": "x" * 81}, "At most 80 characters."),
        ],
    )
    def test_what_is_wrong_is_told_and_what_was_typed_stays(
        self, admin: Console, brand: str, changes: dict[str, str], words: str
    ) -> None:
        admin.open(brand)
        admin.send(brand, seen=admin.value("seen"), **TYPED | changes)
        assert admin.page.status_code == 400
        assert words in admin.text
        assert admin.value("light.accent") == "#7A0050"
        (field,) = changes
        assert f'id="{field}-wrong"' in admin.page.text

    def test_of_two_who_change_it_the_second_is_shown_the_difference(
        self, admin: Console, server: Running, browse: Browse, brand: str
    ) -> None:
        person(server, "bob@acme.example", acme=Role.MANAGER)
        bob = browse()
        bob.sign_in("bob@acme.example", path=brand)
        admin.open(brand)
        seen = admin.value("seen")
        bob.send(brand, seen=seen, **TYPED | {"name": "By Bob"})
        assert admin.send(brand, seen=seen, **TYPED | {"corner_radius": "9"}).status_code == 409
        assert "bob@acme.example has changed this template meanwhile." in admin.text
        assert "corner_radius 3 9" in admin.text
        admin.send(brand, seen=admin.value("seen"), **TYPED | {"corner_radius": "9"})
        assert "Saved." in admin.text

    def test_a_copy_and_its_removal(self, admin: Console, brand: str) -> None:
        admin.open(f"{brand}/copy")
        admin.send(f"{brand}/copy", name="Second")
        copy = admin.path
        assert admin.value("light.accent") == "#a3400c"
        assert "Used by nothing yet" in admin.text
        admin.send(f"{copy}/remove")
        assert "“Second” is removed." in admin.text
        assert admin.open(copy).status_code == 404

    def test_one_that_is_used_is_not_removed(self, admin: Console, dressed: Running, brand: str) -> None:
        assert "It cannot be removed while it is used by convey “billing page”." in admin.open(f"{brand}/remove").text
        admin.open(brand)
        assert admin.send(f"{brand}/remove").status_code == 400

    def test_without_any_it_says_what_they_are_for(self, server: Running, browse: Browse) -> None:
        person(server, "gil@globex.example", globex=Role.ADMINISTRATOR)
        gil = browse()
        gil.sign_in("gil@globex.example", path="/console/globex/scheduler/templates")
        assert "No template yet" in gil.text


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
BOUNDARY = "----x7MA4YWxkTrZu0gW"


def upload(admin: Console, path: str, content: bytes, *, csrf: str | None = None) -> None:
    """Send a picture as a browser does, and go where that leads."""
    parts = (f'name="csrf"\r\n\r\n{admin.csrf if csrf is None else csrf}'.encode(),)
    parts += (b'name="logo"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + content,)
    line = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(line + each + b"\r\n" for each in parts) + f"--{BOUNDARY}--\r\n".encode()
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    admin.page = admin.client.post(path, content=body, headers=kind, follow_redirects=True)


class TestLogos:
    def test_one_is_on_the_pages_until_it_is_removed(self, admin: Console, dressed: Running, brand: str) -> None:
        admin.open(brand)
        dressed.clock.advance(1)
        upload(admin, f"{brand}/logo", PNG)
        assert "The logo is on the pages from now on." in admin.text
        page = dressed.get(CONVEY)
        (source,) = re.findall(r'<img class="logo" src="([^"]+)" alt="Acme">', page.text)
        assert "img-src data: 'self';" in page.headers["content-security-policy"]
        picture = dressed.get(urljoin(f"{dressed.url}{CONVEY}", source))
        assert picture.content == PNG
        assert picture.headers["content-type"] == "image/png"
        assert picture.headers["x-content-type-options"] == "nosniff"
        assert picture.headers["content-security-policy"] == "default-src 'none'"
        entry = dressed.app.db.read_now(audit.newest, OrgId("acme"), limit=1)[0]
        assert entry.after is not None
        assert re.fullmatch(r"image/png, 1032 bytes, [0-9a-f]{16}", entry.after["logo"])
        admin.open(brand)
        admin.send(brand, seen=admin.value("seen"), **TYPED)
        assert "logo/acme/" in dressed.get(CONVEY).text
        admin.open(brand)
        admin.send(f"{brand}/logo/remove")
        assert "The logo is removed" in admin.text
        assert "logo/acme/" not in dressed.get(CONVEY).text
        assert dressed.get(urljoin(f"{dressed.url}{CONVEY}", source)).status_code == 404

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "Choose a picture."),
            (b"<svg onload='alert(1)'/>", "A logo is a PNG, JPEG or WebP picture."),
            (PNG + b"\x00" * 64 * 1024, "A logo has at most 64 KiB."),
        ],
    )
    def test_what_is_no_logo(self, admin: Console, brand: str, content: bytes, words: str) -> None:
        admin.open(brand)
        upload(admin, f"{brand}/logo", content)
        assert admin.page.status_code == 400
        assert words in admin.text

    def test_no_more_is_read_than_a_logo_can_have(self, admin: Console, brand: str) -> None:
        admin.open(brand)
        upload(admin, f"{brand}/logo", PNG + b"\x00" * 100 * 1024)
        assert admin.page.status_code == 413

    def test_a_picture_from_another_site_is_not_taken(self, admin: Console, brand: str) -> None:
        admin.open(brand)
        upload(admin, f"{brand}/logo", PNG, csrf="x")
        assert admin.page.status_code == 403

    def test_another_organization_does_not_have_it(self, admin: Console, dressed: Running, brand: str) -> None:
        admin.open(brand)
        upload(admin, f"{brand}/logo", PNG)
        (source,) = re.findall(r'"../(logo/acme/[^"]+)"', dressed.get(CONVEY).text)
        assert dressed.get(f"/{source.replace('acme', 'globex')}").status_code == 404
        assert dressed.get("/logo/nowhere/0123456789abcdef").status_code == 404


def test_a_convey_is_given_its_template_in_the_console(admin: Console, server: Running, brand: str) -> None:
    path = "/console/acme/scheduler/widgets/billing-page/edit"
    admin.open(path)
    target = re.findall(r'<select id="call_target".*?value="([^"]+)" selected', admin.page.text, re.DOTALL)[0]
    fields = {"name": "billing page", "slug": "acme-billing", "call_target": target}
    admin.send(path, seen=admin.value("seen"), template=brand.rpartition("/")[2], **fields)
    assert admin.page.status_code == 200, admin.text
    assert "We ring you" in shown(server.get(CONVEY).text)
    assert "convey “billing page”" in admin.open(brand).text
