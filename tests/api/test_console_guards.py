"""Who may come in: held against every address of the console, so that none is forgotten."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.api.conftest import on_a_copy
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person, shown
from tests.fakes.telephone import OURS, Telephone, set_up_texts
from tests.running import Running

from ringback.console.app import ENTRIES
from ringback.console.entries import Anybody, Entry
from ringback.identity.model import Permission, Role, User

OF_ORGANIZATION = [entry for entry in ENTRIES if entry.is_of_organization]
WITHOUT_END = "/{org}/live"
PAGES = [entry for entry in ENTRIES if entry.method == "GET" and entry.path not in {"/static/{name}", WITHOUT_END}]
CHANGING_NOTHING = {
    "/{org}/messaging/automations/{flow}/preview",
    "/{org}/scheduler/policies/{policy}/test",
    "/{org}/scheduler/api/try/callback_status",
    "/{org}/scheduler/api/try/widget_status",
    "/{org}/scheduler/api/try/organization_widget_status",
    "/{org}/scheduler/widgets/{widget}/endpoints/widget_status",
}
"""What is sent, and yet asks only."""

Browse = Callable[[], Console]


def address(entry: Entry, values: Mapping[str, str]) -> str:
    return "/console" + re.sub(r"\{(\w+)\}", lambda match: values[match[1]], entry.path)


def name_of(entry: Entry) -> str:
    return f"{entry.method} {entry.path}"


@pytest.fixture(scope="module")
def server(configured_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all of these: what they do is refused."""
    with on_a_copy(configured_sqlite_file, tmp_path_factory.mktemp("guards")) as running:
        yield running


@pytest.fixture(scope="module")
def browse(server: Running) -> Iterator[Browse]:
    with ExitStack() as stack:

        def open_browser() -> Console:
            return stack.enter_context(closing(Console(server)))

        yield open_browser


@pytest.fixture(scope="module")
def ann(server: Running) -> User:
    return person(server, "ann@acme.example", acme=Role.ADMINISTRATOR)


@pytest.fixture(scope="module")
def admin(ann: User, browse: Browse) -> Console:
    console = browse()
    console.sign_in(ann.email)
    return console


@pytest.fixture(scope="module")
def stranger(server: Running, browse: Browse) -> Console:
    person(server, "stranger@globex.example", globex=Role.ADMINISTRATOR)
    console = browse()
    console.sign_in("stranger@globex.example")
    return console


@pytest.fixture(scope="module")
def values(server: Running, ann: User) -> dict[str, str]:
    """Something that is there for every variable part of an address."""
    row = server.app.db.read_now(
        lambda tx: tx.one("SELECT id, policy_id FROM access_tokens WHERE org_id = 'acme' AND name = 'first'")
    )
    target = server.app.db.read_now(
        lambda tx: tx.one("SELECT id FROM call_targets WHERE org_id = 'acme' AND key = 'billing'")
    )
    entry = server.app.db.read_now(
        lambda tx: tx.one("SELECT id FROM audit_log WHERE subject_kind = 'call_target' AND subject_key = 'billing'")
    )
    data_set = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM user_data_sets WHERE org_id = 'acme'"))
    template = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM templates WHERE org_id = 'acme'"))
    assert row is not None
    assert target is not None
    assert entry is not None
    assert data_set is not None
    assert template is not None
    return {
        "org": "acme",
        "widget": "billing",
        "policy": row["policy_id"],
        "token": row["id"],
        "user": ann.id,
        "invitation": "none",
        "target": target["id"],
        "entry": entry["id"],
        "data_set": data_set["id"],
        "template": template["id"],
        "look": "12-system-ffffff-16211e-0a6b5d-161d1a-e9efec-6fd3bd",
        "report": "volumes",
        "callback": Scheduler(server, "acme").requested("billing", "+12015550199")["callback_request_id"],
        "name": "console.css",
        **conversation(server),
    }


def conversation(server: Running) -> dict[str, str]:
    """One by text, between these two numbers."""
    set_up_texts(server, "acme")
    telephone = Telephone(server, "acme")
    telephone.text("@help")
    return {"ours": OURS, "theirs": telephone.number, "flow": "callme"}


@pytest.mark.parametrize("entry", OF_ORGANIZATION, ids=name_of)
class TestEveryAddressOfAnOrganization:
    def test_a_stranger_gets_404(self, entry: Entry, stranger: Console, values: dict[str, str]) -> None:
        answer = ask(stranger, entry, values)
        assert answer.status_code == 404
        nowhere = ask(stranger, entry, {**values, "org": "no-such-organization"})
        assert nowhere.status_code == 404
        assert shown(nowhere.text) == shown(answer.text)

    def test_who_is_signed_out_is_asked_to_sign_in(self, entry: Entry, browse: Browse, values: dict[str, str]) -> None:
        console = browse()
        console.open("/console/sign-in")
        answer = ask(console, entry, values)
        assert answer.status_code == 303
        assert urlsplit(answer.headers["location"]).path == "/console/sign-in"


@pytest.fixture
def everything(server: Running) -> Callable[[], dict[str, list[Any]]]:
    """All rows but those that say who was here when."""
    tables = (
        "organizations",
        "organization_access",
        "policies",
        "access_tokens",
        "user_data_sets",
        "templates",
        "memberships",
        "invitations",
        "widgets",
        "call_targets",
        "call_target_drafts",
    )
    return lambda: server.app.db.read_now(
        lambda tx: {
            table: [tuple(row) for row in tx.all(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in (*tables, "audit_log", "callbacks")
        }
    )


def test_a_viewer_changes_nothing_also_by_hand(
    server: Running, browse: Browse, values: dict[str, str], everything: Callable[[], Any]
) -> None:
    person(server, "vic@acme.example", acme=Role.VIEWER)
    viewer = browse()
    viewer.sign_in("vic@acme.example", path="/console/acme/scheduler/api")
    before = everything()
    refused = set()
    for entry in OF_ORGANIZATION:
        if entry.path == WITHOUT_END:
            continue
        answer = ask(viewer, entry, values)
        if answer.status_code == 403:
            refused.add(name_of(entry))
            assert "You may not do this" in answer.text
        elif entry.method == "POST":
            assert entry.path in CHANGING_NOTHING
    assert everything() == before
    assert "POST /{org}/scheduler/api/access" in refused
    assert "POST /{org}/scheduler/policies/{policy}/tokens" in refused
    assert "GET /{org}/audit" in refused
    assert "POST /{org}/scheduler/api/try/cancel_callback" in refused


def test_whatever_changes_something_needs_more_than_seeing() -> None:
    changing = [each for each in OF_ORGANIZATION if each.method == "POST" and each.path not in CHANGING_NOTHING]
    assert len(changing) >= 15
    assert [name_of(each) for each in changing if each.needs is Permission.SEE or isinstance(each.needs, Anybody)] == []


def test_a_manager_does_not_decide_about_access(server: Running, browse: Browse, values: dict[str, str]) -> None:
    person(server, "max@acme.example", acme=Role.MANAGER)
    manager = browse()
    manager.sign_in("max@acme.example", path="/console/acme/scheduler/api")
    assert manager.send("/console/acme/scheduler/api/access", access="public", seen="closed").status_code == 403
    assert manager.send("/console/acme/users", email="x@acme.example", role="viewer").status_code == 403
    assert manager.open("/console/acme/audit").status_code == 200


@pytest.mark.parametrize("entry", [each for each in ENTRIES if each.method == "POST"], ids=name_of)
def test_a_form_of_another_site_does_nothing(entry: Entry, admin: Console, values: dict[str, str]) -> None:
    path = address(entry, values)
    admin.open("/console/account")
    for csrf in ("", "x" * 43, "é"):
        assert admin.send_raw(path, {"csrf": csrf}, follow=False).status_code == 403
    for origin in ("https://evil.example", "null"):
        assert admin.send(path, follow=False, headers={"origin": origin}).status_code == 403


def test_the_form_of_one_visitor_is_not_good_for_another(browse: Browse) -> None:
    one, other = browse(), browse()
    one.open("/console/sign-in")
    other.open("/console/sign-in")
    fields = {"csrf": one.csrf, "email": "ann@acme.example", "password": "x"}
    assert other.send_raw("/console/sign-in", fields).status_code == 403
    assert one.send_raw("/console/sign-in", fields).status_code == 401


@pytest.mark.parametrize("entry", PAGES, ids=name_of)
def test_no_page_lets_anything_else_in(entry: Entry, admin: Console, values: dict[str, str]) -> None:
    answer = admin.open(address(entry, values))
    assert answer.status_code in {200, 404}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    if "text/html" in answer.headers["content-type"]:
        assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
        assert re.findall(r"\s(?:style|on\w+)=", re.sub(r"<pre.*?</pre>", "", answer.text, flags=re.DOTALL)) == []
        assert {urlsplit(link).netloc for link in admin.links()} == {urlsplit(admin.server.url).netloc}


@pytest.mark.parametrize("entry", PAGES, ids=name_of)
def test_head_and_unknown_methods(entry: Entry, admin: Console, values: dict[str, str]) -> None:
    path = address(entry, values)
    head = admin.client.head(path)
    assert head.status_code == admin.client.get(path).status_code
    assert head.content == b""
    answer = admin.client.request("PATCH", path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/console/x/y/z", "/console/static/nothing.css", "/console/acme/nothing"])
def test_nothing_there(path: str, admin: Console) -> None:
    answer = admin.open(path)
    assert answer.status_code == 404
    assert "There is nothing here" in admin.text


def test_style_and_script_may_be_kept(admin: Console) -> None:
    files = {urlsplit(each).path: each for each in admin.links() if "/static/" in each}
    assert {Path(path).name for path in files} == {"console.css", "console.js", "icon.svg"}
    for link in files.values():
        answer = admin.client.get(link)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert "?v=" in link


@pytest.mark.parametrize("body", [b"\xff\xfe%zz&&==&csrf", b"a=1&" * 3000, b"csrf=" + b"x" * 70_000, b""])
def test_whatever_is_sent_is_answered_with_a_page(admin: Console, body: bytes) -> None:
    for path in ("/console/sign-in", "/console/acme/users", "/console/account/password"):
        answer = admin.client.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
        assert answer.status_code in {400, 403, 413}
        assert "<h1>" in answer.text


def ask(console: Console, entry: Entry, values: Mapping[str, str]) -> Any:
    path = address(entry, values)
    return console.peek(path) if entry.method == "GET" else console.send(path, follow=False)
