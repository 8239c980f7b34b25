"""The ledger of the simulated network: an SQLite file of its own, apart from Ringback's database.

Every change is on disk (``synchronous=FULL``) before anybody is told of it, so that killing our process changes nothing
about the calls. Several processes may open the same file; a transaction here is alone while it lasts.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from time import sleep
from typing import Any

from ringback.kernel.clock import Instant
from ringback.kernel.errors import DatabaseSchemaMismatch, DatabaseUnavailable
from ringback.kernel.tenancy import AttemptId, CallTargetId
from ringback.telephony.drivers.simulator.course import Phase, SimulatedCall
from ringback.telephony.port import Cause, EventKind, Party, VoiceEvent

_VERSION = 1
_BUSY_SECONDS = 10.0
_WAL_TRIES = 100
_WAL_PAUSE_SECONDS = 0.02

_SCHEMA = (
    """
    CREATE TABLE calls (
        attempt_id TEXT PRIMARY KEY NOT NULL,
        callback_id TEXT NOT NULL,
        call_target TEXT NOT NULL,
        number TEXT NOT NULL,
        first_party TEXT NOT NULL CHECK (first_party IN ('customer', 'agent')),
        verdict TEXT NOT NULL,
        ring INTEGER NOT NULL,
        patience INTEGER NOT NULL,
        talk INTEGER NOT NULL,
        hangs_up TEXT NOT NULL,
        phase TEXT NOT NULL CHECK (phase IN ('ringing', 'waiting', 'leaving', 'talking', 'ended')),
        since INTEGER NOT NULL,
        next_at INTEGER,
        originated_at INTEGER NOT NULL,
        has_agent INTEGER NOT NULL CHECK (has_agent IN (0, 1)),
        answered_at INTEGER,
        connected_at INTEGER,
        ended_at INTEGER,
        cause TEXT,
        ended_by TEXT,
        CHECK ((phase = 'ended') = (next_at IS NULL)),
        CHECK ((phase = 'ended') = (ended_at IS NOT NULL)),
        CHECK ((ended_at IS NULL) = (cause IS NULL)),
        CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
        CHECK (has_agent = 0 OR ended_at IS NULL)
    )
    """,
    # Ended calls are in none of the partial indexes: they may pile up for years.
    "CREATE INDEX calls_next ON calls (next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX calls_waiting ON calls (call_target, since) WHERE phase = 'waiting'",
    "CREATE INDEX calls_with_agent ON calls (call_target) WHERE has_agent = 1",
    "CREATE INDEX calls_since ON calls (since)",
    """
    CREATE TABLE events (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        attempt_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        cause TEXT,
        party TEXT
    )
    """,
    "CREATE TABLE teams (call_target TEXT PRIMARY KEY NOT NULL, agents INTEGER NOT NULL)",
    f"PRAGMA user_version = {_VERSION}",
)

_COLUMNS = ", ".join(field.name for field in fields(SimulatedCall))
_VALUES = ", ".join(f":{field.name}" for field in fields(SimulatedCall))
_INSERT = f"INSERT INTO calls ({_COLUMNS}) VALUES ({_VALUES}) ON CONFLICT (attempt_id) DO NOTHING"  # noqa: S608 - own names
_UPDATE = """
    UPDATE calls
       SET phase = :phase, since = :since, next_at = :next_at, has_agent = :has_agent, answered_at = :answered_at,
           connected_at = :connected_at, ended_at = :ended_at, cause = :cause, ended_by = :ended_by
     WHERE attempt_id = :attempt_id
"""


def read_calls(path: Path) -> list[SimulatedCall]:
    """Every call that the ledger at ``path`` holds, in the order in which they were made. Changes nothing.

    Raises ``DatabaseUnavailable`` where there is no ledger.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [_call(row) for row in connection.execute("SELECT * FROM calls ORDER BY originated_at, rowid")]
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

    def add(self, call: SimulatedCall) -> bool:
        """Enter a new call; false, and nothing entered, if its attempt id is known."""
        return self._connection.execute(_INSERT, asdict(call)).rowcount == 1

    def save(self, call: SimulatedCall) -> None:
        """Write down where a known call stands now."""
        self._connection.execute(_UPDATE, asdict(call))

    def find(self, attempt_id: AttemptId) -> SimulatedCall | None:
        """The call of an attempt."""
        return self._one_call("SELECT * FROM calls WHERE attempt_id = ?", attempt_id)

    def next_due(self, now: Instant) -> SimulatedCall | None:
        """The call whose phase ends first, if that is by ``now``."""
        return self._one_call("SELECT * FROM calls WHERE next_at <= ? ORDER BY next_at, rowid LIMIT 1", now)

    def first_waiting(self, call_target: CallTargetId) -> SimulatedCall | None:
        """The call that has waited longest for an agent of the call target."""
        return self._one_call(
            "SELECT * FROM calls WHERE call_target = ? AND phase = 'waiting' ORDER BY since, rowid LIMIT 1", call_target
        )

    def next_at(self) -> Instant | None:
        """When the next phase of any call ends."""
        at: Instant | None = self._value("SELECT min(next_at) FROM calls WHERE next_at IS NOT NULL")
        return at

    def last_step_at(self) -> Instant | None:
        """When something last happened to any call."""
        at: Instant | None = self._value("SELECT max(since) FROM calls")
        return at

    def agents(self, call_target: CallTargetId) -> int | None:
        """How many agents the call target has; ``None`` before its first call."""
        agents: int | None = self._value("SELECT agents FROM teams WHERE call_target = ?", call_target)
        return agents

    def busy_agents(self, call_target: CallTargetId) -> int:
        """How many of them are on a call."""
        busy: int = self._value("SELECT count(*) FROM calls WHERE call_target = ? AND has_agent = 1", call_target)
        return busy

    def staff(self, call_target: CallTargetId, agents: int) -> None:
        """Note how many agents the call target has from now on."""
        self._connection.execute(
            "INSERT INTO teams (call_target, agents) VALUES (?, ?)"
            " ON CONFLICT (call_target) DO UPDATE SET agents = excluded.agents",
            (call_target, agents),
        )

    def tell(self, event: VoiceEvent) -> None:
        """Keep an event until it is acknowledged."""
        self._connection.execute(
            "INSERT INTO events (event_id, attempt_id, at, kind, cause, party)"
            " VALUES (:event_id, :attempt_id, :at, :kind, :cause, :party)",
            asdict(event),
        )

    def events(self, limit: int) -> list[VoiceEvent]:
        """The oldest ``limit`` events not acknowledged, in the order in which they happened."""
        rows = self._connection.execute("SELECT * FROM events ORDER BY sequence LIMIT ?", (limit,))
        return [_event(row) for row in rows]

    def acknowledge(self, events: Sequence[VoiceEvent]) -> None:
        """Forget these events."""
        self._connection.executemany("DELETE FROM events WHERE event_id = ?", [(event.event_id,) for event in events])

    def first_event_at(self) -> Instant | None:
        """When the oldest event not acknowledged happened."""
        at: Instant | None = self._value("SELECT at FROM events ORDER BY sequence LIMIT 1")
        return at

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

    def _one_call(self, sql: str, parameter: Any) -> SimulatedCall | None:
        row = self._connection.execute(sql, (parameter,)).fetchone()
        return None if row is None else _call(row)

    def _value(self, sql: str, *parameters: Any) -> Any:
        row = self._connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]


def _call(row: sqlite3.Row) -> SimulatedCall:
    values = dict(row)
    return SimulatedCall(
        **values
        | {
            "first_party": Party(row["first_party"]),
            "verdict": Cause(row["verdict"]),
            "hangs_up": Party(row["hangs_up"]),
            "phase": Phase(row["phase"]),
            "has_agent": bool(row["has_agent"]),
            "cause": row["cause"] and Cause(row["cause"]),
            "ended_by": row["ended_by"] and Party(row["ended_by"]),
        }
    )


def _event(row: sqlite3.Row) -> VoiceEvent:
    return VoiceEvent(
        event_id=row["event_id"],
        attempt_id=row["attempt_id"],
        at=row["at"],
        kind=EventKind(row["kind"]),
        cause=row["cause"] and Cause(row["cause"]),
        party=row["party"] and Party(row["party"]),
    )


def _unavailable(path: Path, error: sqlite3.Error) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"the simulated network's ledger {path} cannot be used: {error}")
