"""The block list in the console: whom never to call."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from tests.api.scheduler import Scheduler, refusal
from tests.consoles import Console, person
from tests.running import Running

from ringback.identity.model import Role

PAGE = "/console/acme/blocked-numbers"
Browse = Callable[[], Console]


@pytest.fixture
def sue(server: Running, browse: Browse) -> Console:
    """A supervisor."""
    person(server, "sue@acme.example", acme=Role.SUPERVISOR)
    console = browse()
    console.sign_in("sue@acme.example")
    return console


def test_from_a_callback_to_nobody_is_called(sue: Console, acme: Scheduler) -> None:
    callback_id = acme.requested("billing", "+12015550177")["callback_request_id"]
    sue.open(f"/console/acme/callbacks/{callback_id}")
    (link,) = re.findall(r'href="([^"]*/blocked-numbers/new[^"]*)"', sue.page.text)
    assert "555" not in link
    sue.open(unescape(link))
    assert sue.value("number") == "+1 201-555-0177"
    fields = {"scope": "number", "number": sue.value("number"), "callback": sue.value("callback")}
    assert sue.send(f"{PAGE}/new", **fields, reason="").status_code == 400
    assert "Say why, for your colleagues." in sue.text
    sue.send(f"{PAGE}/new", **fields, reason="Threatens our agents")
    assert sue.path == f"/console/acme/callbacks/{callback_id}"
    assert "+1 201-555-0177 is not called any more." in sue.text
    assert "It will not be called: the number has come onto the block list." in sue.text
    assert refusal(acme.request("express", "+12015550177")) == (400, "InvalidContact")
    sue.open(f"{PAGE}?search=(201)+555-0177")
    assert "+1 201-555-0177 Threatens our agents Mar 2, 2026 sue@acme.example" in sue.text


def test_taken_off_and_put_back(sue: Console, acme: Scheduler) -> None:
    sue.open(f"{PAGE}/new")
    sue.send(f"{PAGE}/new", scope="prefix", number="+1 212", reason="Robots")
    assert "+1212 … is not called any more." in sue.text
    sue.open(PAGE)
    link = next(each for each in sue.links() if "/remove?entry=" in each)
    assert "212" not in link.partition("?")[0]
    sue.open(remove_link(sue, "+1212"))
    assert "all numbers that begin so" in sue.text
    sue.send(f"{PAGE}/remove", entry=sue.value("entry"))
    assert "+1212 … may be called again." in sue.text
    acme.requested("express", "+12125550177")
    undo = sue.value("entry")
    sue.send(f"{PAGE}/restore", entry=undo)
    assert "+1212 … is on the list again." in sue.text
    assert refusal(acme.request("express", "+12125550178")) == (400, "InvalidContact")
    assert "Robots" in sue.text


def test_what_comes_from_a_file_says_so(sue: Console) -> None:
    sue.open(PAGE)
    assert "from a configuration file" in sue.text
    sue.open(next(each for each in sue.links() if "/remove?entry=" in each))
    assert "comes back when a file that lists it is applied" in sue.text
    sue.send(f"{PAGE}/remove", entry=sue.value("entry"))
    assert "It comes back when a configuration file that lists it is applied." in sue.text


def test_what_is_typed_is_kept(sue: Console) -> None:
    sue.open(f"{PAGE}/new")
    assert sue.send(f"{PAGE}/new", scope="prefix", number="212", reason="Robots").status_code == 400
    assert "A prefix begins with +" in sue.text
    assert sue.value("number") == "212"
    assert "Robots</textarea>" in sue.page.text
    assert re.search(r'value="prefix" checked', sue.page.text)


def test_a_seal_of_another_organization_opens_nothing(sue: Console, server: Running, browse: Browse) -> None:
    person(server, "gil@globex.example", globex=Role.SUPERVISOR)
    gil = browse()
    gil.sign_in("gil@globex.example")
    sue.open(PAGE)
    sue.open(next(each for each in sue.links() if "/remove?entry=" in each))
    sealed = sue.value("entry")
    gil.open("/console/globex/blocked-numbers/new")
    for what in ("remove", "restore"):
        assert gil.send(f"/console/globex/blocked-numbers/{what}", entry=sealed).status_code == 404
        gil.open("/console/globex/blocked-numbers/new")
    assert gil.send("/console/globex/blocked-numbers/remove", entry="x").status_code == 404


def test_a_viewer_sees_last_digits_and_changes_nothing(server: Running, browse: Browse, sue: Console) -> None:
    sue.open(f"{PAGE}/new")
    sue.send(f"{PAGE}/new", scope="number", number="+12015550177", reason="Threats")
    person(server, "vic@acme.example", acme=Role.VIEWER)
    vic = browse()
    vic.sign_in("vic@acme.example")
    vic.open(PAGE)
    assert "0177" in vic.text
    assert "555-0177" not in vic.page.text
    assert "2015550177" not in vic.page.text
    assert "Remove" not in vic.text
    assert vic.open(f"{PAGE}/new").status_code == 403


def remove_link(console: Console, name: str) -> str:
    """The link that removes the entry of that name."""
    rows = console.page.text.split("<tr ")
    (row,) = [row for row in rows if name in row]
    return unescape(re.findall(r'href="([^"]*/remove[^"]*)"', row)[0])
