"""Callbacks: the list, newest first, and the same as CSV."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

import ringback.callbacks.service as callbacks
from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Kind, Search
from ringback.configuration.model import Configuration
from ringback.console.callback_words import kept_promise, plain, state_of
from ringback.console.entries import get
from ringback.console.forms import Problems
from ringback.console.page import Reader, download, page
from ringback.console.spreadsheet import MEDIA, Cell, csv_file
from ringback.console.telephone_numbers import number_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import DAY, SECOND, Instant, to_datetime
from ringback.kernel.errors import ContactRequired, InvalidContact
from ringback.kernel.localtime import resolve_zone, start_of_day
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId

HERE = "callbacks"
_A_PAGE = 50
_AT_ONCE = 1000
_MOST = 10_000
"""Callbacks in one CSV file."""
_DAYS = 7
"""How far back the list goes when no day is asked for."""
_FILTERS = ("state", "target", "number", "channel", "since", "until")
_LIVE = frozenset(State) - {State.FINISHED}

STATES = (
    ("", "Any"),
    ("live", "Live: any"),
    *((state.value, f"Live: {plain(state)}") for state in State if state is not State.FINISHED),
    ("finished", "Finished: any"),
    *((outcome.value, f"Finished: {plain(outcome)}") for outcome in Outcome),
)
"""What can be asked for, and its words."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, and which others there are: the ids beside which they begin."""

    callbacks: list[Callback]
    newer: CallbackId | None = None
    older: CallbackId | None = None


async def show(visit: Visit) -> Answer:
    """A page of the list."""
    configuration = await visit.desk.availability.configuration_of(visit.org)
    reader = Reader(resolve_zone(configuration.settings.time_zone))
    search, problems = read_search(visit, configuration, reader)
    listed, channels = await visit.desk.db.read(_read, visit.org, search, dict(visit.query))
    asked = {name: visit.query[name] for name in _FILTERS if visit.query.get(name)}

    def beside(**place: CallbackId | None) -> str:
        named = {name: where for name, where in place.items() if where is not None}
        return urlencode({**asked, **named}) if named else ""

    return page(
        visit,
        "callbacks.html",
        "Callbacks",
        here=HERE,
        status=400 if problems else 200,
        listed=listed,
        named=Named(configuration),
        whole=visit.may(Permission.HANDLE_CALLBACKS),
        number_of=number_of,
        state_of=state_of,
        kept_promise=lambda callback: kept_promise(callback, visit.now),
        states=STATES,
        targets=[("", "Any"), *((each.id, each.settings.name) for each in configuration.call_targets.values())],
        channels=[("", "Any"), *((each, each) for each in _with(channels, visit.query.get("channel", "")))],
        reader=reader,
        now=visit.now,
        typed=asked,
        problems=problems,
        query=urlencode(asked),
        newer=beside(newer=listed.newer),
        older=beside(older=listed.older),
        is_default=search.with_all_live,
        days=_DAYS,
    )


async def as_csv(visit: Visit) -> Answer:
    """What fits the filter, newest first, as a file."""
    configuration = await visit.desk.availability.configuration_of(visit.org)
    reader = Reader(resolve_zone(configuration.settings.time_zone))
    search, _ = read_search(visit, configuration, reader)
    found = await visit.desk.db.read(_read_all, visit.org, search)
    named = Named(configuration)
    content = await asyncio.to_thread(csv_file, _COLUMNS, ([*_cells(callback, named)] for callback in found))
    name = f"callbacks-{visit.member.organization_key}-{to_datetime(visit.now, reader.zone):%Y-%m-%d}.csv"
    return download(content, MEDIA, name)


class Named:
    """What things are called now, by their ids."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def target(self, callback: Callback) -> str:
        """The name of a callback's call target."""
        target = self._configuration.call_targets.get(callback.call_target_id)
        return target.settings.name if target else "removed"

    def widget(self, callback: Callback) -> str:
        """The name of the widget through which it was asked for."""
        widget = self._configuration.widgets.get(callback.widget_id)
        return widget.settings.name if widget else "removed"


def read_search(visit: Visit, configuration: Configuration, reader: Reader) -> tuple[Search, Problems]:
    """What the address asks for, and what of it makes no sense: that is passed over."""
    query, problems = visit.query, Problems()

    def day(name: str) -> date | None:
        text = query.get(name, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            problems[name] = "This is no date."
            return None

    since, until = day("since"), day("until")
    number = _number(visit, configuration, problems)
    states, outcome = _state(query.get("state", ""))
    search = Search(
        states=states,
        outcome=outcome,
        call_target_id=CallTargetId(query["target"]) if query.get("target") else None,
        number=number,
        channel=query.get("channel", ""),
        since=start_of_day(since, reader.zone) if since and since.year > 1 else None,
        until=start_of_day(until + timedelta(days=1), reader.zone) if until and until.year < 9999 else None,
    )
    if since or until or number:
        return search, problems
    return replace(search, since=Instant(visit.now - _DAYS * DAY), with_all_live=True), problems


def _state(asked: str) -> tuple[frozenset[State], Outcome | None]:
    if asked == "live":
        return _LIVE, None
    if asked in set(State):
        return frozenset({State(asked)}), None
    return frozenset(), Outcome(asked) if asked in set(Outcome) else None


def _number(visit: Visit, configuration: Configuration, problems: Problems) -> str:
    text = visit.query.get("number", "")
    if not text.strip():
        return ""
    if not visit.may(Permission.HANDLE_CALLBACKS):
        problems["number"] = "Your role does not allow looking for numbers."
        return ""
    if text.startswith(" "):
        text = f"+{text.strip()}"  # a plus sign of an address written by hand
    try:
        return read_number(text, configuration.settings.numbers.region).key
    except (ContactRequired, InvalidContact):
        problems["number"] = "This is not a phone number."
        return ""


def _with(channels: list[str], asked: str) -> list[str]:
    return channels if not asked or asked in channels else [*channels, asked]


def _read(tx: Tx, org: OrgId, search: Search, query: dict[str, str]) -> tuple[Listed, list[str]]:
    return _listed(tx, org, search, query.get("older", ""), query.get("newer", "")), callbacks.channels(tx, org)


def _listed(tx: Tx, org: OrgId, search: Search, older: str, newer: str) -> Listed:
    if newer:
        found = callbacks.search_newer(tx, org, search, newer_than=CallbackId(newer), limit=_A_PAGE + 1)
        if len(found) > _A_PAGE:
            shown = found[1:]
            return Listed(shown, newer=shown[0].id, older=shown[-1].id)
        older = ""  # there are no more: the first page, whole
    found = callbacks.search(tx, org, search, older_than=CallbackId(older) if older else None, limit=_A_PAGE + 1)
    shown = found[:_A_PAGE]
    return Listed(
        shown,
        newer=shown[0].id if older and shown else None,
        older=shown[-1].id if len(found) > _A_PAGE else None,
    )


def _read_all(tx: Tx, org: OrgId, search: Search) -> list[Callback]:
    found: list[Callback] = []
    older_than = None
    while len(found) < _MOST:
        more = callbacks.search(tx, org, search, older_than=older_than, limit=_AT_ONCE)
        found += more
        if len(more) < _AT_ONCE:
            break
        older_than = more[-1].id
    return found


_COLUMNS = (
    "id", "number", "name", "call_target", "widget", "channel", "type", "state", "outcome", "asked_at", "promised_at",
    "launched_at", "late_seconds", "finished_at", "attempts",
)  # fmt: skip


def _cells(callback: Callback, named: Named) -> Iterator[Cell]:
    is_erased = callback.erased_at is not None
    yield callback.id
    yield "" if is_erased else callback.contact_number
    yield callback.contact_name or ""
    yield from (named.target(callback), named.widget(callback), callback.channel)
    yield Kind(callback.kind).value
    yield from (callback.state.value, callback.outcome.value if callback.outcome else "")
    yield from (_time(callback.created_at), _time(callback.promised_at), _time(callback.launched_at))
    promised, launched = callback.promised_at, callback.launched_at
    yield (launched - promised) // SECOND if launched is not None and promised is not None else ""
    yield from (_time(callback.finished_at), callback.attempts)


def _time(at: Instant | None) -> str:
    return "" if at is None else to_datetime(at).isoformat(timespec="seconds")


ENTRIES = (
    get("/{org}/callbacks", show),
    get("/{org}/callbacks.csv", as_csv, Permission.HANDLE_CALLBACKS),
)
