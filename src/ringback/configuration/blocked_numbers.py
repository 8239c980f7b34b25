"""The block list from the console: whom never to call, one number or prefix at a time.

An entry that came from a configuration file keeps its reason, and comes back with the next file that has it. One that a
customer asked for by a key stays what it is until a person takes it off.
"""

import re

import ringback.organizations.store as organizations
from ringback.audit.model import Action, Author, Facts
from ringback.configuration import store
from ringback.configuration.editing import lock, note
from ringback.configuration.store import BY_PERSON, FROM_FILE, Blocked, BlockedEntry
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant
from ringback.kernel.errors import ContactRequired, InvalidContact, InvalidParameters, NotFound
from ringback.kernel.phone import NumberKind, mask, national_prefixes, read_number
from ringback.kernel.tenancy import OrgId

__all__ = [
    "BY_PERSON",
    "FROM_FILE",
    "Blocked",
    "BlockedEntry",
    "block_number",
    "block_prefix",
    "blocked_page",
    "blockers_of",
    "count_blocked",
    "entry_of",
    "restore",
    "unblock",
]

LONGEST_REASON = 200

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_DECORATION = re.compile(r"[\s().-]")

count_blocked = store.count_blocked


def blocked_page(
    tx: Tx, org: OrgId, *, search: str, region: str, below: Blocked | None = None, limit: int
) -> list[BlockedEntry]:
    """The entries that begin with the digits searched for, in their order; of a whole number, those that block it.

    ``region`` says how a number without its country code is read.
    """
    if not search.strip():
        return store.blocked_entries(tx, org, below=below, limit=limit)
    digits = "".join(filter(str.isascii, filter(str.isdigit, search)))
    found = store.blocked_entries(tx, org, begins=f"+{digits}", below=below, limit=limit) if digits else []
    if below is None:
        known = {entry.blocked for entry in found}
        found = [*(entry for entry in _blockers(tx, org, search, region) if entry.blocked not in known), *found]
    return found


def blockers_of(tx: Tx, org: OrgId, number: str) -> list[BlockedEntry]:
    """The entries because of which a canonical number is not called; none when it is."""
    return _blockers(tx, org, number, "US")  # it names its country itself


def entry_of(tx: Tx, org: OrgId, blocked: Blocked) -> BlockedEntry:
    """One entry. Raises ``NotFound``."""
    for entry in store.blocked_entries(tx, org, begins=blocked.pattern, limit=2):
        if entry.blocked == blocked:
            return entry
    raise NotFound("This number is not on the block list.")


def block_number(tx: Tx, org: OrgId, typed: str, words: str, *, region: str, by: Author, now: Instant) -> BlockedEntry:
    """Put a number on the block list, with all its extensions.

    Raises ``InvalidParameters`` beside the field: ``number`` for what is none or is on the list, ``reason``.
    """
    try:
        number = read_number(typed, region)
    except ContactRequired:
        raise InvalidParameters("A number is needed.", field="number") from None
    except InvalidContact:
        raise InvalidParameters("This is not a phone number.", field="number") from None
    if number.kind is NumberKind.UNKNOWN and not typed.strip().startswith("+"):
        words_of_region = f"This is no number of {region}: begin with + and the country code."
        raise InvalidParameters(words_of_region, field="number")
    return _block(tx, org, Blocked("number", number.e164), words, by, now)


def block_prefix(tx: Tx, org: OrgId, typed: str, words: str, *, by: Author, now: Instant) -> BlockedEntry:
    """Put all numbers that begin so on the block list. Raises ``InvalidParameters``, as :func:`block_number` does."""
    prefix = _DECORATION.sub("", typed)
    if not _PREFIX.fullmatch(prefix):
        raise InvalidParameters("A prefix begins with + and the country code, like +1 900.", field="number")
    return _block(tx, org, Blocked("prefix", prefix), words, by, now)


def unblock(tx: Tx, org: OrgId, blocked: Blocked, *, by: Author, now: Instant) -> BlockedEntry:
    """Take an entry off the block list, whatever put it there; what it was. Raises ``NotFound``."""
    lock(tx, org)
    entry = entry_of(tx, org, blocked)
    store.unblock(tx, org, blocked, reason=entry.reason)
    note(tx, org, Action.REMOVED, _subject(blocked), _facts(entry), None, by, now)
    organizations.mark_changed(tx, org, now=now)
    return entry


def restore(tx: Tx, org: OrgId, entry: BlockedEntry, *, by: Author, now: Instant) -> None:
    """Put an entry back as it was, after all. Nothing happens if it is there."""
    lock(tx, org)
    blocked = entry.blocked
    if store.block(tx, org, blocked, reason=entry.reason, words=entry.words, by=entry.by, now=now):
        note(tx, org, Action.RESTORED, _subject(blocked), None, _facts(entry), by, now)
        organizations.mark_changed(tx, org, now=now)


def _block(tx: Tx, org: OrgId, blocked: Blocked, words: str, by: Author, now: Instant) -> BlockedEntry:
    words = " ".join(words.split())
    if not words:
        raise InvalidParameters("Say why, for your colleagues.", field="reason")
    if len(words) > LONGEST_REASON:
        raise InvalidParameters(f"A reason has at most {LONGEST_REASON} characters.", field="reason")
    lock(tx, org)
    if not store.block(tx, org, blocked, reason=BY_PERSON, words=words, by=by.actor, now=now):
        raise InvalidParameters("This is on the block list already.", field="number")
    entry = BlockedEntry(blocked, BY_PERSON, now, words, by.actor)
    note(tx, org, Action.CREATED, _subject(blocked), None, _facts(entry), by, now)
    organizations.mark_changed(tx, org, now=now)
    return entry


def _blockers(tx: Tx, org: OrgId, typed: str, region: str) -> list[BlockedEntry]:
    try:
        number = read_number(typed, region)
    except (ContactRequired, InvalidContact):
        return []
    return store.blocked_by_any(tx, org, number.e164, national_prefixes(number))


def _subject(blocked: Blocked) -> tuple[str, str]:
    return "blocked_numbers", blocked.pattern if blocked.scope == "prefix" else mask(blocked.pattern)


def _facts(entry: BlockedEntry) -> Facts:
    said = {"words": entry.words} if entry.words else {}
    return {"scope": entry.blocked.scope, "reason": entry.reason, **said}
