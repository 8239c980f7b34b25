"""The block list, changed one entry at a time, beside the file that has a part of it; on both databases."""

from pathlib import Path

import pytest
from tests.fakes.organizations import Organization

import ringback.audit.service as audit
from ringback.audit.model import Author
from ringback.configuration import blocked_numbers as block_list
from ringback.configuration import store
from ringback.configuration.apply import apply_file
from ringback.configuration.blocked_numbers import BY_PERSON, FROM_FILE, Blocked
from ringback.configuration.file import read_text
from ringback.db.database import Database
from ringback.kernel.clock import ManualClock
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.tenancy import OrgId

SUE = Author("sue@acme.example", "console 192.0.2.7")
FILE = """
[organization]
key = "acme"
name = "Acme"
public = true
numbers = { region = "US" }

[blocked_numbers]
numbers = ["+1 201 555 0199"]
prefixes = ["+1 900"]
"""


class Acme:
    """An organization whose block list begins with what a file says."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self.db, self.clock = db, clock
        self.org = self.apply()

    def apply(self, text: str = FILE) -> OrgId:
        applied = self.db.write_now(
            apply_file, read_text(text), actor="op", origin="test", secrets={}, now=self.clock.now()
        )
        assert applied.org is not None
        return applied.org

    def block(self, number: str, words: str = "Threats") -> block_list.BlockedEntry:
        return self.db.write_now(
            block_list.block_number, self.org, number, words, region="US", by=SUE, now=self.clock.now()
        )

    def block_prefix(self, prefix: str, words: str = "Threats") -> block_list.BlockedEntry:
        return self.db.write_now(block_list.block_prefix, self.org, prefix, words, by=SUE, now=self.clock.now())

    def unblock(self, scope: str, pattern: str) -> block_list.BlockedEntry:
        return self.db.write_now(block_list.unblock, self.org, Blocked(scope, pattern), by=SUE, now=self.clock.now())

    def listed(self, search: str = "", below: Blocked | None = None, limit: int = 100) -> list[str]:
        page = self.db.read_now(block_list.blocked_page, self.org, search=search, region="US", below=below, limit=limit)
        return [entry.blocked.pattern for entry in page]

    @property
    def reasons(self) -> dict[str, str]:
        return {entry.pattern: reason for entry, reason in self.db.read_now(store.blocked, self.org).items()}


@pytest.fixture
def acme(database: Database, clock: ManualClock) -> Acme:
    return Acme(database, clock)


@pytest.mark.parametrize("typed", ["+1 201-555-0123", "(201) 555-0123", "+12015550123 ext. 7"])
def test_a_number_in_any_notation_with_all_its_extensions(acme: Acme, typed: str):
    acme.block(typed, "  Threatens\n our agents ")
    (entry,) = acme.db.read_now(block_list.blockers_of, acme.org, "+12015550123;ext=99")
    assert (entry.blocked, entry.reason) == (Blocked("number", "+12015550123"), BY_PERSON)
    assert (entry.words, entry.by, entry.since) == ("Threatens our agents", SUE.actor, acme.clock.now())


def test_a_prefix(acme: Acme):
    acme.block_prefix("+1 (212)")
    assert [entry.blocked.pattern for entry in acme.db.read_now(block_list.blockers_of, acme.org, "+12125550123")] == [
        "+1212"
    ]
    assert acme.db.read_now(block_list.blockers_of, acme.org, "+12135550123") == []


@pytest.mark.parametrize(
    ("number", "words", "field"),
    [("", "x", "number"), ("hello", "x", "number"), ("555", "x", "number"), ("+12015550123", " ", "reason"),
     ("+12015550123", "x" * 201, "reason"), ("+12015550199", "x", "number")],
)  # fmt: skip
def test_what_cannot_be_blocked(acme: Acme, number: str, words: str, field: str):
    before = acme.reasons
    with pytest.raises(InvalidParameters) as caught:
        acme.block(number, words)
    assert caught.value.details["field"] == field
    assert acme.reasons == before


@pytest.mark.parametrize("prefix", ["", "1201", "+", "+0123", "+1234567890123456", "+12%", "+1x"])
def test_what_is_no_prefix(acme: Acme, prefix: str):
    with pytest.raises(InvalidParameters):
        acme.block_prefix(prefix)


def test_a_file_leaves_alone_what_people_have_decided(acme: Acme):
    acme.block("+12015550123")
    acme.apply()
    acme.apply(FILE.replace('numbers = ["+1 201 555 0199"]\n', "").replace("+1 900", "+1 901"))
    assert acme.reasons == {"+12015550123": BY_PERSON, "+1901": FROM_FILE}


def test_what_came_from_a_file_comes_back_with_it(acme: Acme):
    gone = acme.unblock("number", "+12015550199")
    assert gone.reason == FROM_FILE
    assert acme.reasons == {"+1900": FROM_FILE}
    acme.apply()
    assert acme.reasons == {"+12015550199": FROM_FILE, "+1900": FROM_FILE}


def test_removed_and_put_back_as_it_was(acme: Acme):
    acme.block("+12015550123", "Threats")
    gone = acme.unblock("number", "+12015550123")
    for _ in range(2):
        acme.db.write_now(block_list.restore, acme.org, gone, by=SUE, now=acme.clock.now())
    (entry,) = acme.db.read_now(block_list.blockers_of, acme.org, "+12015550123")
    assert (entry.reason, entry.words, entry.by) == (BY_PERSON, "Threats", SUE.actor)
    with pytest.raises(NotFound):
        acme.unblock("prefix", "+12015550123")


def test_the_audit_log_tells_it_with_the_number_masked(acme: Acme):
    acme.clock.advance(1)
    acme.block("+12015550123", "Threats")
    acme.clock.advance(1)
    acme.unblock("number", "+12015550123")
    entries = acme.db.read_now(audit.newest, acme.org, limit=2)
    assert [(entry.action.value, entry.subject_key, entry.actor) for entry in entries] == [
        ("removed", "+1201*****23", SUE.actor),
        ("created", "+1201*****23", SUE.actor),
    ]
    assert "5550123" not in str(entries)


def test_searched_by_its_beginning_or_by_a_number_it_blocks(acme: Acme):
    acme.block("+12015550123")
    assert acme.listed() == ["+12015550123", "+12015550199", "+1900"]
    assert acme.listed("+1 201") == ["+12015550123", "+12015550199"]
    assert acme.listed("1 (201) 555-01") == ["+12015550123", "+12015550199"]
    assert acme.listed("+1 900 555 0123") == ["+1900"]
    assert acme.listed("900-555-0123") == ["+1900"]
    for nobody in ("+49", "%", "hello", "'"):
        assert acme.listed(nobody) == []


def test_page_by_page(acme: Acme):
    for line in range(7):
        acme.block(f"+1201555010{line}")
    found: list[str] = []
    while page := acme.listed(below=Blocked(scope_of(found[-1]), found[-1]) if found else None, limit=4):
        found += page
    assert found == sorted(found)
    assert len(found) == 9


def test_of_another_organization_nothing(acme: Acme, database: Database, clock: ManualClock, tmp_path: Path):
    other = Organization(database, clock, "globex").org
    assert database.read_now(block_list.blocked_page, other, search="", region="US", limit=10) == []
    with pytest.raises(NotFound):
        database.write_now(block_list.unblock, other, Blocked("prefix", "+1900"), by=SUE, now=clock.now())
    assert database.read_now(block_list.count_blocked, acme.org) == 2


def scope_of(pattern: str) -> str:
    return "number" if len(pattern) > 8 else "prefix"
