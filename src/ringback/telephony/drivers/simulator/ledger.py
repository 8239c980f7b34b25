"""The ledger of the simulated network: an SQLite file of its own, apart from Ringback's database.

Every change is on disk (``synchronous=FULL``) before anybody is told of it, so that killing our process changes nothing
about the calls. Several processes may open the same file; a transaction here is alone while it lasts.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from time import sleep
from typing import Any

from ringback.kernel.clock import Instant
from ringback.kernel.errors import DatabaseSchemaMismatch, DatabaseUnavailable
from ringback.kernel.tenancy import CallTargetId
from ringback.telephony.drivers.simulator.line import InboundEvent, Line, Side
from ringback.telephony.drivers.simulator.rows import (
    event_of,
    inbound_event_of,
    line_of,
    row_of_line,
    team_of,
)
from ringback.telephony.drivers.simulator.team import Team
from ringback.telephony.port import LegId, VoiceEvent

_VERSION = 2
_BUSY_SECONDS = 10.0
_WAL_TRIES = 100
_WAL_PAUSE_SECONDS = 0.02

_SCHEMA = (
    """
    CREATE TABLE lines (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        leg TEXT NOT NULL UNIQUE,
        side TEXT NOT NULL CHECK (side IN ('customer', 'agent', 'inbound')),
        call_target TEXT NOT NULL,
        ending TEXT NOT NULL CHECK (length(ending) <= 4),
        place INTEGER NOT NULL,
        ringing_at INTEGER NOT NULL,
        fate TEXT NOT NULL,
        phase TEXT NOT NULL CHECK (phase IN (
            'ringing', 'queued', 'silent', 'listening', 'asked', 'holding', 'talking', 'wrapping up', 'over'
        )),
        since INTEGER NOT NULL,
        next_at INTEGER,
        until INTEGER,
        accepts_at INTEGER,
        gives_up_at INTEGER,
        has_agent INTEGER NOT NULL CHECK (has_agent IN (0, 1)),
        held INTEGER NOT NULL CHECK (held IN (0, 1)),
        partner TEXT,
        prompt TEXT,
        key TEXT,
        asked INTEGER NOT NULL,
        heard TEXT NOT NULL,
        answered_at INTEGER,
        machine INTEGER NOT NULL CHECK (machine IN (0, 1)),
        accepted_at INTEGER,
        bridged_at INTEGER,
        ended_at INTEGER,
        cause TEXT,
        ended_by TEXT,
        CHECK (phase <> 'over' OR next_at IS NULL),
        CHECK ((phase IN ('over', 'wrapping up')) = (ended_at IS NOT NULL)),
        CHECK ((ended_at IS NULL) = (cause IS NULL)),
        CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
        CHECK ((partner IS NOT NULL) <= (phase = 'talking')),
        CHECK (has_agent = 0 OR side <> 'customer')
    )
    """,
    # Lines that are over are in the last of the partial indexes only, until they are forgotten.
    "CREATE INDEX lines_next ON lines (next_at, number) WHERE next_at IS NOT NULL",
    "CREATE INDEX lines_queued ON lines (call_target, place, number) WHERE phase = 'queued'",
    "CREATE INDEX lines_with_agent ON lines (call_target) WHERE has_agent = 1",
    "CREATE INDEX lines_since ON lines (since)",
    "CREATE INDEX lines_over ON lines (ended_at) WHERE phase = 'over'",
    """
    CREATE TABLE events (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        leg TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        command TEXT,
        key TEXT,
        cause TEXT,
        party TEXT
    )
    """,
    "CREATE INDEX events_leg ON events (leg)",
    """
    CREATE TABLE inbound_events (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        caller TEXT NOT NULL,
        call_target TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE teams (
        call_target TEXT PRIMARY KEY NOT NULL,
        agents INTEGER NOT NULL,
        changes_at INTEGER,
        arrives_at INTEGER,
        drawn INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        handle_time REAL NOT NULL
    )
    """,
    f"PRAGMA user_version = {_VERSION}",
)

_COLUMNS = ", ".join(Line._fields)
_VALUES = ", ".join(f":{name}" for name in Line._fields)
_INSERT = f"INSERT INTO lines ({_COLUMNS}, next_at) VALUES ({_VALUES}, :next_at) ON CONFLICT (leg) DO NOTHING"  # noqa: S608 - own names
_UPDATE = """
    UPDATE lines
       SET phase = :phase, since = :since, next_at = :next_at, until = :until, accepts_at = :accepts_at,
           gives_up_at = :gives_up_at, has_agent = :has_agent, held = :held, partner = :partner, prompt = :prompt,
           key = :key, asked = :asked, heard = :heard, answered_at = :answered_at, machine = :machine,
           accepted_at = :accepted_at, bridged_at = :bridged_at, ended_at = :ended_at, cause = :cause,
           ended_by = :ended_by
     WHERE leg = :leg
"""
_PRUNE = """
    DELETE FROM lines
     WHERE phase = 'over' AND ended_at < :before AND leg NOT IN (SELECT leg FROM events)
"""


def read_legs(path: Path) -> list[Line]:
    """Every leg of ours that the ledger at ``path`` holds, in the order in which they were rung. Changes nothing.

    Raises ``DatabaseUnavailable`` where there is no ledger.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT * FROM lines WHERE side <> ? ORDER BY number", (Side.INBOUND,))
            return [line_of(row) for row in rows]
    except sqlite3.Error as error:
        raise _unavailable(path, error) from error


class Ledger:
    """An open ledger. Not for two threads at once; its methods raise ``sqlite3.Error`` when the file fails."""

    def __init__(self, path: Path) -> None:
        """Open the ledger at ``path``, making it if need be.

        Raises ``DatabaseUnavailable`` if that cannot be, ``DatabaseSchemaMismatch`` if it is of another version.
        """
        try:
            self._connection = sqlite3.connect(
                str(path), isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _unavailable(path, error) from error
        try:
            self._prepare(path)
        except sqlite3.Error as error:
            self._connection.close()
            raise _unavailable(path, error) from error
        except DatabaseSchemaMismatch:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside, and nobody else writes meanwhile."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def add(self, line: Line) -> bool:
        """Enter a new line; false, and nothing entered, if its leg is known."""
        return self._connection.execute(_INSERT, row_of_line(line)).rowcount == 1

    def save(self, line: Line) -> None:
        """Write down where a known line stands now."""
        self._connection.execute(_UPDATE, row_of_line(line))

    def find(self, leg: LegId) -> Line | None:
        """The line of a leg."""
        return self._one_line("SELECT * FROM lines WHERE leg = ?", leg)

    def next_at(self) -> Instant | None:
        """When something happens next on any line or to any team."""
        of_lines = self._value("SELECT min(next_at) FROM lines WHERE next_at IS NOT NULL")
        return min((at for at in (of_lines, self._next_of_teams()) if at is not None), default=None)

    def next_due(self, now: Instant) -> Line | Team | None:
        """To which line or team something happens first, if that is by ``now``; at one instant, to teams first."""
        at = self.next_at()
        if at is None or at > now:
            return None
        row = self._one("SELECT * FROM teams WHERE changes_at = ? OR arrives_at = ? ORDER BY call_target", at, at)
        if row is not None:
            return team_of(row)
        return self._one_line("SELECT * FROM lines WHERE next_at = ? ORDER BY number LIMIT 1", at)

    def last_step_at(self) -> Instant | None:
        """When something last happened on any line."""
        at: Instant | None = self._value("SELECT max(since) FROM lines")
        return at

    def first_queued(self, call_target: CallTargetId) -> Line | None:
        """The line that an agent takes next: whose place is the earliest, and of equal ones the one entered first."""
        return self._one_line(
            "SELECT * FROM lines WHERE call_target = ? AND phase = 'queued' ORDER BY place, number LIMIT 1", call_target
        )

    def busy_agents(self, call_target: CallTargetId) -> int:
        """How many lines occupy an agent."""
        busy: int = self._value("SELECT count(*) FROM lines WHERE call_target = ? AND has_agent = 1", call_target)
        return busy

    def holding(self, call_target: CallTargetId) -> tuple[int, Instant | None]:
        """How many inbound callers wait in the queue, and since when the first of them."""
        row = self._one(
            "SELECT count(*), min(place) FROM lines WHERE call_target = ? AND phase = 'queued' AND side = 'inbound'",
            call_target,
        )
        assert row is not None, "counting always answers"
        return row[0], row[1]

    def team(self, call_target: CallTargetId) -> Team | None:
        """The team of a call target, once it was met."""
        row = self._one("SELECT * FROM teams WHERE call_target = ?", call_target)
        return None if row is None else team_of(row)

    def save_team(self, team: Team) -> None:
        """Write down how a team stands now."""
        self._connection.execute(
            "INSERT INTO teams (call_target, agents, changes_at, arrives_at, drawn, calls, handle_time)"
            " VALUES (:call_target, :agents, :changes_at, :arrives_at, :drawn, :calls, :handle_time)"
            " ON CONFLICT (call_target) DO UPDATE SET agents = excluded.agents, changes_at = excluded.changes_at,"
            " arrives_at = excluded.arrives_at, drawn = excluded.drawn, calls = excluded.calls,"
            " handle_time = excluded.handle_time",
            asdict(team),
        )

    def tell(self, event: VoiceEvent) -> None:
        """Keep an event until it is acknowledged."""
        self._connection.execute(
            "INSERT INTO events (event_id, leg, at, kind, command, key, cause, party)"
            " VALUES (:event_id, :leg, :at, :kind, :command, :key, :cause, :party)",
            asdict(event),
        )

    def events(self, limit: int) -> list[VoiceEvent]:
        """The oldest ``limit`` events not acknowledged, in the order in which they happened."""
        rows = self._connection.execute("SELECT * FROM events ORDER BY sequence LIMIT ?", (limit,))
        return [event_of(row) for row in rows]

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Forget these events."""
        self._connection.executemany("DELETE FROM events WHERE event_id = ?", [(event.event_id,) for event in events])

    def first_event_at(self) -> Instant | None:
        """When the oldest event not acknowledged happened."""
        at: Instant | None = self._value("SELECT at FROM events ORDER BY sequence LIMIT 1")
        return at

    def tell_inbound(self, event: InboundEvent) -> None:
        """Keep what became of an inbound caller until it is asked for."""
        self._connection.execute(
            "INSERT INTO inbound_events (caller, call_target, at, kind) VALUES (:caller, :call_target, :at, :kind)",
            asdict(event),
        )

    def take_inbound(self) -> list[InboundEvent]:
        """Hand out what became of inbound callers, and forget it."""
        rows = self._connection.execute("SELECT * FROM inbound_events ORDER BY sequence").fetchall()
        self._connection.execute("DELETE FROM inbound_events")
        return [inbound_event_of(row) for row in rows]

    def prune(self, before: Instant) -> None:
        """Forget lines that ended before an instant and of which all has been acknowledged, and old inbound events."""
        self._connection.execute(_PRUNE, {"before": before})
        self._connection.execute("DELETE FROM inbound_events WHERE at < ?", (before,))

    def _prepare(self, path: Path) -> None:
        self._connection.row_factory = sqlite3.Row
        self._use_wal()
        self._connection.execute("PRAGMA synchronous = FULL")
        with self.transaction():
            version = self._value("PRAGMA user_version")
            if version == 0:
                for statement in _SCHEMA:
                    self._connection.execute(statement)
            elif version != _VERSION:
                raise DatabaseSchemaMismatch(
                    f"the simulated network's ledger {path} was made by another version of Ringback"
                    f" (format {version}, this one uses {_VERSION}); move it away to start a new one"
                )

    def _use_wal(self) -> None:
        # SQLite does not wait for others where it changes the journal, as it does everywhere else: so we do. It
        # matters only while several processes open a new ledger in the same instant.
        for _ in range(_WAL_TRIES):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                sleep(_WAL_PAUSE_SECONDS)
            else:
                return
        self._connection.execute("PRAGMA journal_mode = WAL")

    def _next_of_teams(self) -> Instant | None:
        row = self._one("SELECT min(changes_at), min(arrives_at) FROM teams")
        assert row is not None, "the least of nothing is NULL"
        at: Instant | None = min((at for at in row if at is not None), default=None)
        return at

    def _one_line(self, sql: str, *parameters: Any) -> Line | None:
        row = self._one(sql, *parameters)
        return None if row is None else line_of(row)

    def _one(self, sql: str, *parameters: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def _value(self, sql: str, *parameters: Any) -> Any:
        row = self._one(sql, *parameters)
        return None if row is None else row[0]


def _unavailable(path: Path, error: sqlite3.Error) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"the simulated network's ledger {path} cannot be used: {error}")
