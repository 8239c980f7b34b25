"""Users and invitations, the organization switch, the audit log and live changes in the console."""

import csv
import html
import io
import re
from collections.abc import Callable

from tests.consoles import PASSWORD, Console, person
from tests.running import Running

from ringback.identity.model import Role

USERS = "/console/acme/users"
Browse = Callable[[], Console]


def invited(admin: Console, email: str, role: str = "supervisor") -> str:
    """The path of the link."""
    admin.open(USERS)
    admin.send(USERS, email=email, role=role)
    (link,) = set(re.findall(r'id="link">([^<]+)<', admin.page.text))
    return html.unescape(link).removeprefix(admin.server.url)


def test_somebody_new_joins_by_the_link_they_were_sent(admin: Console, browse: Browse) -> None:
    link = invited(admin, "Sue@Acme.Example")
    assert link.rpartition("/")[2] not in admin.open(USERS).text
    sue = browse()
    sue.open(link)
    assert "ann@acme.example invites sue@acme.example as supervisor" in sue.text
    assert sue.send(link, name="Sue", password=PASSWORD, again="other").status_code == 400
    assert sue.value("name") == "Sue"
    assert sue.send(link, name="Sue", password="short", again="short").status_code == 400
    sue.send(link, name="Sue", password=PASSWORD, again=PASSWORD)
    assert "Welcome to Acme." in sue.text
    assert sue.path.startswith("/console/acme")
    assert "Sue sue@acme.example Supervisor" in shown_rows(admin.open(USERS).text)
    assert browse().open(link).status_code == 404


def test_somebody_known_joins_another_organization_and_changes_between_them(
    admin: Console, server: Running, browse: Browse
) -> None:
    person(server, "gil@globex.example", globex=Role.ADMINISTRATOR)
    link = invited(admin, "gil@globex.example", "viewer")
    gil = browse()
    gil.open(link)
    assert "Sign in to join" in gil.text
    gil.sign_in("gil@globex.example", path=f"/console/sign-in?next={link}")
    assert gil.path == link
    gil.send(link)
    assert gil.path.startswith("/console/acme")
    gil.send("/console/switch", organization="globex")
    assert gil.path.startswith("/console/globex")
    assert gil.open("/console").url.path.startswith("/console/globex")
    assert gil.send("/console/switch", organization="initech").status_code == 404


def test_a_link_for_somebody_else_is_of_no_use(admin: Console) -> None:
    link = invited(admin, "eve@acme.example")
    admin.open(link)
    assert "You are signed in as ann@acme.example" in admin.text
    assert admin.send(link).status_code == 403


def test_an_invitation_can_be_withdrawn(admin: Console, browse: Browse) -> None:
    link = invited(admin, "eve@acme.example")
    admin.open(USERS)
    (invitation,) = set(re.findall(r"invitations/(\w+)/withdraw", admin.page.text))
    assert "eve@acme.example" in admin.open(f"{USERS}/invitations/{invitation}/withdraw").text
    admin.send(f"{USERS}/invitations/{invitation}/withdraw")
    assert browse().open(link).status_code == 404


def test_what_cannot_be_invited_is_told_beside_the_field(admin: Console) -> None:
    admin.open(USERS)
    for email, words in (("nobody", "An e-mail address is needed"), ("ann@acme.example", "is a member")):
        assert admin.send(USERS, email=email, role="viewer").status_code == 400
        assert words in admin.text
        assert admin.value("email") == email
    assert admin.send(USERS, email="x@acme.example", role="emperor").status_code == 400


def test_a_role_holds_from_the_next_page_on(admin: Console, server: Running, browse: Browse) -> None:
    user = person(server, "sue@acme.example", acme=Role.VIEWER)
    sue = browse()
    sue.sign_in("sue@acme.example", path="/console/acme/audit")
    assert sue.page.status_code == 403
    admin.open(f"{USERS}/{user.id}/role")
    admin.send(f"{USERS}/{user.id}/role", role="manager")
    assert "Sue is a manager from now on." in admin.text
    assert sue.open("/console/acme/audit").status_code == 200
    admin.send(f"{USERS}/{user.id}/remove")
    assert sue.open("/console/acme/audit").url.path == "/console/sign-in"


def test_the_last_administrator_stays(admin: Console, server: Running) -> None:
    row = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM users WHERE email = 'ann@acme.example'"))
    assert row is not None
    admin.open(USERS)
    for what in ("remove", "role"):
        assert admin.send(f"{USERS}/{row['id']}/{what}", role="viewer").status_code == 400
        assert "last administrator of Acme" in admin.text
        admin.open(USERS)


def test_one_s_own_name(admin: Console) -> None:
    admin.open("/console/account")
    assert admin.send("/console/account/name", name="").status_code == 400
    admin.send("/console/account/name", name="Ann Other")
    assert "Your name is changed." in admin.text
    assert "Ann Other" in admin.text
    assert "Your name is changed." not in shown_rows(admin.open("/console/account").text)  # told once


class TestTheAuditLog:
    def test_it_tells_who_what_when_and_from_where_before_and_after(self, admin: Console) -> None:
        admin.open("/console/account")
        admin.send("/console/account/name", name="Ann Other")
        admin.open("/console/acme/audit")
        assert (
            "Mar 2, 2026, 10:00 EST ann@acme.example console 127.0.0.1 User ann@acme.example changed name Ann Ann Other"
            in admin.text
        )

    def test_it_can_be_filtered(self, admin: Console) -> None:
        asked = (
            "/console/acme/audit?actor=TES&kind=call_target&key=bill&action=created&since=2026-03-02&until=2026-03-02"
        )
        assert rows(admin.open(asked).text) == 1
        for nothing in ("actor=%25", "kind=nothing", "key=%25", "since=2026-03-03", "until=2026-03-01"):
            admin.open(f"/console/acme/audit?{nothing}")
            assert "Nothing fits" in admin.text, nothing
        assert admin.open("/console/acme/audit?since=soon").status_code == 400
        assert "This is no date." in admin.text
        assert admin.open("/console/acme/audit?until=9999-12-31&since=0001-01-01&older=x").status_code == 200

    def test_many_entries_come_in_pages(self, admin: Console) -> None:
        admin.open("/console/account")
        for number in range(60):
            admin.send("/console/account/name", name=f"Ann {number}")
        admin.open("/console/acme/audit?actor=ann")
        assert rows(admin.page.text) == 50
        (older,) = set(re.findall(r'href="([^"]*older=[^"]*)"', admin.page.text))
        admin.open(html.unescape(older))
        assert rows(admin.page.text) == 10

    def test_as_a_file_it_is_whole_and_harmless(self, admin: Console) -> None:
        admin.open("/console/acme/scheduler/policies/new")
        admin.send("/console/acme/scheduler/policies/new", name="=1+1", description="")
        answer = admin.client.get("/console/acme/audit.csv?kind=policy")
        assert answer.headers["content-disposition"] == 'attachment; filename="audit-acme-2026-03-02.csv"'
        head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head == ["time", "who", "from", "action", "kind", "what", "before", "after"]
        assert [line[4] for line in lines] == ["policy"] * len(lines)
        assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]


def test_open_pages_are_told_what_changes_and_nothing_of_others(admin: Console, server: Running) -> None:
    with admin.client.stream("GET", "/console/acme/live", timeout=20) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        assert next(lines) == "retry: 3000"
        server.app.db.write_now(lambda tx: tx.changed("globex", "callbacks"))
        server.app.db.write_now(lambda tx: tx.changed("acme", "configuration"))
        told = [next(lines) for _ in range(4)]
    assert told == ["", "event: changed", "data: configuration", ""]


def rows(markup: str) -> int:
    return len(re.findall(r'<td role="cell" class="when">', markup))


def shown_rows(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
