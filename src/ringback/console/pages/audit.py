"""Organization > Audit log: who changed what, when, from where; before and after; as a table and as CSV."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

import orjson

import ringback.audit.service as audit
from ringback.audit.model import Action, AuditEntry, Facts, Search
from ringback.console.differences import lines_between
from ringback.console.entries import get
from ringback.console.forms import Problems, Typed
from ringback.console.page import Reader, download, page
from ringback.console.pages.reading import reader_of
from ringback.console.spreadsheet import MEDIA, csv_file
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import to_datetime
from ringback.kernel.localtime import start_of_day
from ringback.kernel.tenancy import OrgId

HERE = "audit"
_A_PAGE = 50
_AT_ONCE = 1000
_MOST = 100_000
"""Entries in one CSV file."""
_COLUMNS = ("time", "who", "from", "action", "kind", "what", "before", "after")
_FILTERS = ("actor", "kind", "key", "action", "since", "until")


async def show(visit: Visit) -> Answer:
    """A page of the log, newest first."""
    reader = await visit.desk.db.read(reader_of, visit.org)
    search, problems = _search(visit.query, reader)
    older_than = visit.query.get("older") or None
    entries, kinds = await visit.desk.db.read(_read, visit.org, search, older_than)
    asked = {name: visit.query[name] for name in _FILTERS if visit.query.get(name)}
    more = urlencode({**asked, "older": entries[_A_PAGE - 1].id}) if len(entries) > _A_PAGE else ""
    return page(
        visit,
        "audit.html",
        "Audit log",
        here=HERE,
        status=400 if problems else 200,
        entries=entries[:_A_PAGE],
        lines_of=lambda entry: lines_between(entry.before, entry.after),
        kinds=[("", "Everything"), *((kind, _plain(kind)) for kind in kinds)],
        actions=[("", "Any"), *((each.value, each.value) for each in Action)],
        plain=_plain,
        reader=reader,
        typed=asked,
        problems=problems,
        query=urlencode(asked),
        older=more,
        is_first=older_than is None,
    )


async def as_csv(visit: Visit) -> Answer:
    """All that fits the filter, as a file."""
    reader = await visit.desk.db.read(reader_of, visit.org)
    search, _ = _search(visit.query, reader)
    entries = await visit.desk.db.read(_read_all, visit.org, search)
    name = f"audit-{visit.member.organization_key}-{to_datetime(visit.now, reader.zone):%Y-%m-%d}.csv"
    return download(csv_file(_COLUMNS, ([*_cells(entry)] for entry in entries)), MEDIA, name)


def _search(query: Typed, reader: Reader) -> tuple[Search, Problems]:
    problems: Problems = {}

    def day(name: str) -> date | None:
        text = query.get(name, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            problems[name] = "This is no date."
            return None

    since, until = day("since"), day("until")
    action = query.get("action", "")
    search = Search(
        actor=query.get("actor", ""),
        subject_kind=query.get("kind", ""),
        subject_key=query.get("key", ""),
        action=Action(action) if action in set(Action) else None,
        since=start_of_day(since, reader.zone) if since and since.year > 1 else None,
        until=start_of_day(until + timedelta(days=1), reader.zone) if until and until.year < 9999 else None,
    )
    return search, problems


def _read(tx: Tx, org: OrgId, search: Search, older_than: str | None) -> tuple[list[AuditEntry], list[str]]:
    entries = audit.search(tx, org, search, older_than=older_than, limit=_A_PAGE + 1)
    return entries, audit.subject_kinds(tx, org)


def _read_all(tx: Tx, org: OrgId, search: Search) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    older_than = None
    while len(entries) < _MOST:
        more = audit.search(tx, org, search, older_than=older_than, limit=_AT_ONCE)
        entries += more
        if len(more) < _AT_ONCE:
            break
        older_than = more[-1].id
    return entries


def _cells(entry: AuditEntry) -> Iterator[str]:
    yield to_datetime(entry.at).isoformat(timespec="milliseconds")
    yield from (entry.actor, entry.origin, entry.action.value, entry.subject_kind, entry.subject_key)
    yield from (_written(entry.before), _written(entry.after))


def _written(facts: Facts | None) -> str:
    return "" if facts is None else orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


ENTRIES = (
    get("/{org}/audit", show, Permission.READ_AUDIT_LOG),
    get("/{org}/audit.csv", as_csv, Permission.READ_AUDIT_LOG),
)
