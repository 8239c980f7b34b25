"""Lists of callbacks, newest first. Ids grow with time: they are the order, the pages and the time asked for."""

from collections.abc import Iterator
from typing import Any

from ringback.callbacks.lifecycle import Outcome, State
from ringback.callbacks.model import Callback, Search
from ringback.callbacks.store.rows import COLUMNS, callback_of
from ringback.db.tx import Tx
from ringback.kernel import ids
from ringback.kernel.clock import Instant
from ringback.kernel.tenancy import CallbackId, OrgId

_LIVE = frozenset(State) - {State.FINISHED}
_CHANNELS_OF = 2000
"""The newest callbacks, whose channels are offered to choose from."""


def search(tx: Tx, org: OrgId, wanted: Search, *, older_than: CallbackId | None = None, limit: int) -> list[Callback]:
    """Callbacks that fit, newest first, below an id if one is given."""
    found: list[Callback] = []
    for stretch in _stretches(wanted):
        if len(found) < limit:
            found += _read(tx, org, wanted, stretch, ("id <", older_than, "DESC"), limit - len(found))
    return found


def search_newer(tx: Tx, org: OrgId, wanted: Search, *, newer_than: CallbackId, limit: int) -> list[Callback]:
    """Callbacks that fit and were asked for next after that one; newest first all the same."""
    found: list[Callback] = []
    for stretch in reversed([*_stretches(wanted)]):
        if len(found) < limit:
            found += _read(tx, org, wanted, stretch, ("id >", newer_than, "ASC"), limit - len(found))
    return found[::-1]


def channels(tx: Tx, org: OrgId) -> list[str]:
    """Through which channels callbacks have been asked for of late."""
    rows = tx.all(
        """
        SELECT DISTINCT channel FROM (
            SELECT channel FROM callbacks WHERE org_id = :org ORDER BY id DESC LIMIT :newest
        ) AS newest ORDER BY channel
        """,
        org=org,
        newest=_CHANNELS_OF,
    )
    return [row["channel"] for row in rows]


def of_number(tx: Tx, org: OrgId, number: str, *, limit: int) -> list[Callback]:
    """All callbacks of a number, ended or not, oldest first."""
    rows = tx.all(
        f"""
        SELECT {COLUMNS} FROM callbacks WHERE org_id = :org AND contact_number = :number
        ORDER BY created_at, id LIMIT :limit
        """,
        org=org,
        number=number,
        limit=limit,
    )
    return [callback_of(row) for row in rows]


def first_id_of(instant: Instant) -> str:
    """The least id that anything made from then on can have."""
    return ids.new_id(instant)[:10] if instant > 0 else ""


_Stretch = tuple[list[str], dict[str, Any]]
"""Conditions and their values."""


def _stretches(wanted: Search) -> Iterator[_Stretch]:
    """The time asked for; then, before it, those that have not ended. One statement could not use an index for both."""
    conditions, values = [], {}
    if wanted.since is not None:
        conditions.append("id >= :since")
        values["since"] = first_id_of(wanted.since)
    if wanted.until is not None:
        conditions.append("id < :until")
        values["until"] = first_id_of(wanted.until)
    yield conditions, values
    if wanted.with_all_live and wanted.since is not None:
        yield ["id < :since", "outcome IS NULL"], {"since": values["since"]}


def _read(
    tx: Tx, org: OrgId, wanted: Search, stretch: _Stretch, page: tuple[str, CallbackId | None, str], limit: int
) -> list[Callback]:
    beyond, edge, direction = page
    conditions, values = ["org_id = :org", *stretch[0], *_asked(wanted)], dict(stretch[1])
    if edge is not None:
        conditions.append(f"{beyond} :edge")
        values["edge"] = edge
    given = {
        "target": wanted.call_target_id,
        "number": wanted.number or None,
        "channel": wanted.channel or None,
        "outcome": wanted.outcome.value if wanted.outcome else None,
    }
    # SQLite counts nothing beforehand: without the concatenation it would rather walk everything in the order asked for
    # than sort the few callbacks of a number.
    order = "id || ''" if wanted.number else "id"
    rows = tx.all(
        f"SELECT {COLUMNS} FROM callbacks WHERE {' AND '.join(conditions)} ORDER BY {order} {direction} LIMIT :limit",
        org=org,
        limit=limit,
        **values,
        **{name: value for name, value in given.items() if value is not None},
    )
    return [callback_of(row) for row in rows]


def _asked(wanted: Search) -> Iterator[str]:
    """The conditions, those that select least by an index; a concatenation keeps SQLite from using another one.

    Most callbacks end in success, so that a call target selects less than that; of every other outcome, and of those
    that have not ended, there are fewer than of a call target.
    """
    of_outcome = wanted.outcome is not None or (bool(wanted.states) and wanted.states <= _LIVE)
    by_outcome = of_outcome and wanted.outcome is not Outcome.SUCCESS
    if wanted.number:
        yield "contact_number = :number"
    if wanted.call_target_id is not None:
        yield "call_target_id || '' = :target" if by_outcome or wanted.number else "call_target_id = :target"
    if wanted.channel:
        yield "channel = :channel"
    if wanted.outcome is not None:
        is_index_of_target = not by_outcome and wanted.call_target_id is not None
        yield "outcome || '' = :outcome" if is_index_of_target or wanted.number else "outcome = :outcome"
    if wanted.states:
        if wanted.states <= _LIVE:
            yield "outcome IS NULL"
        if wanted.states == {State.FINISHED}:
            yield "outcome IS NOT NULL"
        elif wanted.states != _LIVE:
            listed = ", ".join(f"'{state.value}'" for state in sorted(wanted.states))
            yield f"state IN ({listed})"
