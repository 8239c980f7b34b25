"""Organization > Blocked numbers: whom never to call, why, since when and by whom."""

import json
from http import HTTPStatus
from urllib.parse import urlencode

import ringback.callbacks.service as callbacks
from ringback.configuration import blocked_numbers
from ringback.configuration import service as configurations
from ringback.configuration.blocked_numbers import (
    BY_PERSON,
    FROM_FILE,
    LONGEST_REASON,
    Blocked,
    BlockedEntry,
    block_number,
    block_prefix,
    restore,
    unblock,
)
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import Notice, Reader, Undo, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.telephone_numbers import last_digits, number_words
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.sealing import SealBroken
from ringback.kernel.tenancy import CallbackId, OrgId

HERE = "blocked-numbers"
_A_PAGE = 100
_SEALED = "blocked number"

_REASONS = {
    FROM_FILE: "from a configuration file",
    "never_call": "the customer asked never to be called",
}


async def show(visit: Visit) -> Answer:
    """The list, in the order of the numbers."""
    search = visit.query.get("search", "") if visit.may(Permission.HANDLE_CALLBACKS) else ""
    below = _opened(visit, visit.query.get("after", ""))
    entries, count, reader = await visit.desk.db.read(_read, visit.org, search, below.blocked if below else None)
    shown = entries[:_A_PAGE]
    more = {"search": search, "after": _sealed(visit, shown[-1])} if len(entries) > _A_PAGE else {}
    return page(
        visit,
        "blocked_numbers.html",
        "Blocked numbers",
        here=HERE,
        entries=shown,
        count=count,
        name_of=lambda entry: _name(entry.blocked, whole=visit.may(Permission.HANDLE_CALLBACKS)),
        why=_why,
        sealed=lambda entry: _sealed(visit, entry),
        reader=reader,
        typed={"search": search},
        more=urlencode(more),
        is_first=below is None,
        may_edit=visit.may(Permission.HANDLE_CALLBACKS),
    )


async def new(visit: Visit) -> Answer:
    """The form; with a number, or that of a callback, if one is named."""
    named = visit.query.get("callback", "")
    number = visit.query.get("number", "")
    if named:
        callback = await visit.desk.db.read(callbacks.get, visit.org, CallbackId(named))
        number = "" if callback.erased_at is not None else number_words(callback.contact_number.partition(";")[0])
    return _form(visit, {"scope": "number", "number": number, "callback": named}, {})


async def add(visit: Visit) -> Answer:
    """Put it on the list."""
    form = visit.form
    number, reason, by, now = form.get("number", ""), form.get("reason", ""), visit.by, visit.now
    try:
        if form.get("scope") == "prefix":
            entry = await visit.desk.db.write(block_prefix, visit.org, number, reason, by=by, now=now)
        else:
            region = (await visit.desk.db.read(configurations.settings_of, visit.org)).numbers.region
            entry = await visit.desk.db.write(block_number, visit.org, number, reason, region=region, by=by, now=now)
    except InvalidParameters as error:
        return _form(visit, form, problem_of(error))
    undo = Undo(visit.at(f"{HERE}/remove"), {"entry": _sealed(visit, entry)})
    notice = Notice(f"{_name(entry.blocked, whole=True)} is not called any more.", undo)
    callback_id = form.get("callback", "")
    return see_other(visit, visit.at(f"callbacks/{callback_id}" if callback_id.isalnum() else HERE), notice=notice)


async def ask_remove(visit: Visit) -> Answer:
    """What taking it off the list would mean."""
    entry = await _entry(visit, visit.query.get("entry", ""))
    return page(
        visit,
        "blocked_number_remove.html",
        "Take it off the block list?",
        here=HERE,
        entry=entry,
        name=_name(entry.blocked, whole=True),
        is_prefix=entry.blocked.scope == "prefix",
        from_file=entry.reason == FROM_FILE,
        by_customer=entry.reason not in {FROM_FILE, BY_PERSON},
        sealed=_sealed(visit, entry),
    )


async def remove(visit: Visit) -> Answer:
    """Take it off the list."""
    entry = await _entry(visit, visit.form.get("entry", ""))
    gone = await visit.desk.db.write(unblock, visit.org, entry.blocked, by=visit.by, now=visit.now)
    undo = Undo(visit.at(f"{HERE}/restore"), {"entry": _sealed(visit, gone)})
    words = f"{_name(gone.blocked, whole=True)} may be called again."
    if gone.reason == FROM_FILE:
        words += " It comes back when a configuration file that lists it is applied."
    return see_other(visit, visit.at(HERE), notice=Notice(words, undo))


async def put_back(visit: Visit) -> Answer:
    """Put it back on the list, as it was."""
    entry = _opened(visit, visit.form.get("entry", ""))
    if entry is None:
        raise NotFound("There is no such entry.")
    await visit.desk.db.write(restore, visit.org, entry, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(HERE), notice=f"{_name(entry.blocked, whole=True)} is on the list again.")


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the list."""
    return see_other(visit, visit.at(HERE))


def _read(tx: Tx, org: OrgId, search: str, below: Blocked | None) -> tuple[list[BlockedEntry], int, Reader]:
    region = configurations.settings_of(tx, org).numbers.region
    entries = blocked_numbers.blocked_page(tx, org, search=search, region=region, below=below, limit=_A_PAGE + 1)
    return entries, blocked_numbers.count_blocked(tx, org), reader_of(tx, org)


async def _entry(visit: Visit, sealed: str) -> BlockedEntry:
    """The entry as it is now. Raises ``NotFound``."""
    entry = _opened(visit, sealed)
    if entry is None:
        raise NotFound("There is no such entry.")
    return await visit.desk.db.read(blocked_numbers.entry_of, visit.org, entry.blocked)


def _form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    return page(
        visit,
        "blocked_number_new.html",
        "Block a number",
        here=HERE,
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        typed=typed,
        problems=problems,
        longest=LONGEST_REASON,
    )


def _name(blocked: Blocked, *, whole: bool) -> str:
    if blocked.scope == "prefix":
        return f"{blocked.pattern} …"
    return number_words(blocked.pattern) if whole else last_digits(blocked.pattern)


def _why(entry: BlockedEntry) -> str:
    return entry.words or _REASONS.get(entry.reason, entry.reason.replace("_", " "))


def _sealed(visit: Visit, entry: BlockedEntry) -> str:
    """An entry as a link or a form carries it: no address of a page has a number in it."""
    facts = (visit.org, entry.blocked.scope, entry.blocked.pattern, entry.reason, entry.since, entry.words, entry.by)
    return visit.desk.sealer.seal(json.dumps(facts, ensure_ascii=False), _SEALED)


def _opened(visit: Visit, sealed: str) -> BlockedEntry | None:
    """The entry that a link or form of this organization carries; None for anything else."""
    try:
        org, scope, pattern, reason, since, words, by = json.loads(visit.desk.sealer.open(sealed, _SEALED))
    except SealBroken:
        return None
    return BlockedEntry(Blocked(scope, pattern), reason, since, words, by) if org == visit.org else None


_HANDLE = Permission.HANDLE_CALLBACKS

ENTRIES = (
    get("/{org}/blocked-numbers", show),
    get("/{org}/blocked-numbers/new", new, _HANDLE),
    post("/{org}/blocked-numbers/new", add, _HANDLE),
    get("/{org}/blocked-numbers/remove", ask_remove, _HANDLE),
    post("/{org}/blocked-numbers/remove", remove, _HANDLE),
    get("/{org}/blocked-numbers/restore", back, _HANDLE),
    post("/{org}/blocked-numbers/restore", put_back, _HANDLE),
)
