"""User data sets in the console: rows that come and go without a script, and what is kept of what is sent."""

import html
import json
import re
from collections.abc import Callable

import pytest
from tests.api.scheduler import Scheduler
from tests.consoles import Console, person
from tests.running import Running, row_of

import ringback.audit.service as audit
from ringback.identity.model import Role
from ringback.kernel.tenancy import OrgId

PATH = "/console/acme/scheduler/user-data-sets"
Browse = Callable[[], Console]


@pytest.fixture
def customer(server: Running) -> str:
    """The address of the set that the billing widget uses."""
    row = server.app.db.read_now(lambda tx: tx.one("SELECT id FROM user_data_sets WHERE org_id = 'acme'"))
    assert row is not None
    return f"{PATH}/{row['id']}"


def row(number: int, key: str, label: str = "", kind: str = "none", value: str = "", **more: str) -> dict[str, str]:
    fields = {"key": key, "label": label, "kind": kind, "value": value, **more}
    return {f"{name}-{number}": text for name, text in fields.items()}


def keys(console: Console) -> list[str]:
    return re.findall(r'name="key-\d+" value="([^"]*)"', console.page.text)


def kept(console: Console) -> object:
    (text,) = re.findall(r'id="kept".*?<pre class="block">(.*?)</pre>', console.page.text, re.DOTALL)
    return json.loads(html.unescape(text))


def test_a_new_one_with_rows_added_and_removed(admin: Console, server: Running) -> None:
    admin.open(f"{PATH}/new")
    assert keys(admin) == [""]
    typed = {"name": "Order", "rows": "1", **row(0, "order", "Order number")}
    admin.send(f"{PATH}/new", **typed, add="yes")
    assert admin.page.status_code == 200
    assert keys(admin) == ["order", ""]
    assert admin.value("name") == "Order"
    typed |= {"rows": "3", **row(1, "oops"), **row(2, "urgent", kind="true", replace="yes")}
    admin.send(f"{PATH}/new", **typed, drop="1")
    assert keys(admin) == ["order", "urgent"]
    assert 'name="replace-1" value="yes" checked' in admin.page.text
    typed |= {"rows": "2", **row(1, "urgent", kind="true", replace="yes")}
    admin.send(f"{PATH}/new", **typed)
    assert "“Order” is there." in admin.text
    entry = server.app.db.read_now(audit.newest, OrgId("acme"), limit=1)[0]
    assert (entry.actor, entry.subject_kind, entry.subject_key) == ("ann@acme.example", "user_data_set", "order")
    assert entry.after is not None
    assert [key["default"] for key in entry.after["keys"]] == [None, True]


def test_what_was_typed_can_be_tried_before_it_is_saved(admin: Console, customer: str) -> None:
    admin.open(customer)
    assert kept(admin) == {"account": "…", "language": "…", "system": "ringback"}
    sent = json.dumps({"account": "4711", "pet": "cat"})
    admin.send(customer, name="", rows="1", **row(0, "pet"), sent=sent, **{"try": "yes"})
    assert kept(admin) == {"pet": "cat"}
    assert "4711" in html.unescape(admin.page.text)
    admin.send(customer, name="", rows="1", **row(0, "Pet"), sent=sent, **{"try": "yes"})
    assert "Mend what is marked above first." in admin.text
    assert "Customer" in admin.open(PATH).text


def test_it_applies_to_the_next_request(admin: Console, server: Running, acme: Scheduler, customer: str) -> None:
    admin.open(customer)
    assert "Used by widget “billing”." in admin.text
    admin.send(customer, seen=admin.value("seen"), name="Customer", rows="1", **row(0, "pet", kind="number", value="2"))
    assert "Saved." in admin.text
    asked = acme.requested("billing", "+12015550123", user_data={"account": "4711"})
    assert json.loads(row_of(server, asked["callback_request_id"])["user_data"]) == {"pet": 2}


def test_what_is_wrong_is_told_beside_its_field(admin: Console, customer: str) -> None:
    admin.open(customer)
    rows = {**row(0, "Bad Key"), **row(1, ""), **row(2, "x", kind="number", value="many")}
    admin.send(customer, seen=admin.value("seen"), name="", rows="3", **rows)
    assert admin.page.status_code == 400
    for words in ("This is needed.", "A key is 1 to 63", "This is no number."):
        assert words in admin.text
    assert re.search(r'name="key-0"[^>]*aria-describedby="key-0-wrong"', admin.page.text)
    assert keys(admin) == ["Bad Key", "", "x"]
    assert "many" in admin.page.text


def test_of_two_who_change_it_the_second_is_shown_the_difference(
    admin: Console, server: Running, browse: Browse, customer: str
) -> None:
    person(server, "bob@acme.example", acme=Role.MANAGER)
    bob = browse()
    bob.sign_in("bob@acme.example", path=customer)
    admin.open(customer)
    seen = admin.value("seen")
    bob.send(customer, seen=seen, name="By Bob", rows="0")
    assert admin.send(customer, seen=seen, name="By Ann", rows="1", **row(0, "a")).status_code == 409
    assert "bob@acme.example has changed this user data set meanwhile." in admin.text
    assert "By Bob" in admin.text
    assert admin.value("name") == "By Ann"
    admin.send(customer, seen=admin.value("seen"), name="By Ann", rows="1", **row(0, "a"))
    assert "Saved." in admin.text


def test_a_copy_and_its_removal(admin: Console, customer: str) -> None:
    admin.open(f"{customer}/copy")
    assert admin.value("name") == "Customer copy"
    assert admin.send(f"{customer}/copy", name="customer").status_code == 400
    assert "Another user data set is called so." in admin.text
    admin.send(f"{customer}/copy", name="Customer copy")
    assert keys(admin) == ["account", "language", "system"]
    copy = admin.path
    assert "Used by no widget yet." in admin.text
    assert "No widget uses it." in admin.open(f"{copy}/remove").text
    admin.send(f"{copy}/remove")
    assert "“Customer copy” is removed." in admin.text
    assert admin.open(copy).status_code == 404


def test_one_that_is_used_is_not_removed(admin: Console, customer: str) -> None:
    assert "It cannot be removed while it is used by widget “billing”." in admin.open(f"{customer}/remove").text
    admin.open(customer)
    assert admin.send(f"{customer}/remove").status_code == 400
    assert "Widgets use this user data set" in admin.text


def test_a_viewer_looks_only(server: Running, browse: Browse, customer: str) -> None:
    person(server, "vic@acme.example", acme=Role.VIEWER)
    viewer = browse()
    viewer.sign_in("vic@acme.example", path=customer)
    assert "Managers and administrators can change this." in viewer.text
    assert "Remove" not in viewer.text
    assert viewer.open(f"{PATH}/new").status_code == 403


def test_without_any_it_says_what_they_are_for(server: Running, browse: Browse) -> None:
    person(server, "gil@globex.example", globex=Role.ADMINISTRATOR)
    gil = browse()
    gil.sign_in("gil@globex.example", path="/console/globex/scheduler/user-data-sets")
    assert "No user data set yet" in gil.text
