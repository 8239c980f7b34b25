"""Connections to PostgreSQL that speak Ringback's types, and PostgreSQL's errors in Ringback's vocabulary."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.types.numeric import Int8Dumper

from ringback.db.tx import ConstraintViolated
from ringback.kernel.errors import (
    DatabaseFull,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseReadOnly,
    DatabaseSchemaMismatch,
    DatabaseUnavailable,
    InvalidParameters,
    RingbackError,
)

T = TypeVar("T")

Connection = psycopg.Connection["NamedRow"]

_CONNECT_SECONDS = 10
_LOCK_SECONDS = 10
_PREPARE_AFTER = 1
"""A statement is prepared when it is run for the second time: there are few, and they come again and again."""


class NamedRow(tuple[Any, ...]):
    """A row that behaves as SQLite's does: by name, and in order."""

    __slots__ = ()
    places: dict[str, int]

    def __getitem__(self, name: Any, /) -> Any:
        return tuple.__getitem__(self, self.places[name] if isinstance(name, str) else name)

    def keys(self) -> list[str]:
        return list(self.places)


def connect(url: str) -> Connection:
    """A new connection in autocommit: BEGIN and COMMIT are written out.

    Raises:
        DatabaseMissing: it cannot be reached, or it refuses the user.
    """
    connection = _reach(
        lambda: psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=_PREPARE_AFTER,
            row_factory=_named_rows,
            context=_SPEECH,
            connect_timeout=_CONNECT_SECONDS,
            application_name="ringback",
        )
    )
    _reach(lambda: connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'"))
    return connection


def connect_plainly(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A new connection as psycopg makes it, for the migrations. Raises as :func:`connect` does."""
    return _reach(lambda: psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, application_name="ringback migrate"))


def _reach(attempt: Callable[[], T]) -> T:
    try:
        return attempt()
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        raise DatabaseMissing(
            f"The PostgreSQL database cannot be reached ({said}). See that the server runs and that host, port, user, "
            "password and database in its address are right."
        ) from error


_RULES: dict[type[psycopg.Error], Literal["unique", "check", "not_null", "foreign_key"]] = {
    errors.UniqueViolation: "unique",
    errors.ExclusionViolation: "unique",
    errors.CheckViolation: "check",
    errors.NotNullViolation: "not_null",
    errors.ForeignKeyViolation: "foreign_key",
}

_KNOWN: tuple[tuple[tuple[type[Exception], ...], type[RingbackError], str], ...] = (
    ((psycopg.DataError, UnicodeEncodeError), InvalidParameters, "A value cannot be stored: {said}."),
    ((errors.UndefinedTable,), DatabaseSchemaMismatch, "In the database, {said}: run `ringback migrate`."),
    (
        (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege),
        DatabaseReadOnly,
        "The database refuses this ({said}): see that the server is not a standby, and which rights its user has.",
    ),
    (
        (errors.LockNotAvailable,),
        DatabaseLocked,
        f"Another transaction has held a lock for {_LOCK_SECONDS} seconds: find it in pg_locks, or try again.",
    ),
    ((errors.DiskFull,), DatabaseFull, "The database cannot grow ({said}): make room on the server's disk."),
    (
        (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError),
        DatabaseUnavailable,
        "The database cannot be used now: {said}.",
    ),
)


def explained(error: Exception) -> Exception:
    """The error as Ringback names it; itself when it is a mistake in the program (a misspelt statement)."""
    # Only the first line of what PostgreSQL says: the details quote the row, which may hold a telephone number.
    said = str(error).partition("\n")[0].rstrip(".")
    if isinstance(error, psycopg.Error) and type(error) in _RULES:
        return ConstraintViolated(said, _RULES[type(error)])
    for kinds, known, message in _KNOWN:
        if isinstance(error, kinds):
            return known(message.format(said=said))
    return error


def _named_rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], NamedRow]:
    return _row_type(tuple(column.name for column in cursor.description or ()))


@lru_cache(1024)
def _row_type(names: tuple[str, ...]) -> type[NamedRow]:
    return type("NamedRow", (NamedRow,), {"__slots__": (), "places": {name: place for place, name in enumerate(names)}})


class _TruthDumper(Dumper):
    """A truth value goes in as 0 or 1, as the schema keeps it."""

    oid = Int8Dumper.oid

    def dump(self, obj: bool) -> Buffer:
        return b"1" if obj else b"0"


class _TruthLoader(Loader):
    """And comes out so, as from SQLite."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _NumberLoader(Loader):
    """A sum or a mean comes as int or float, as from SQLite, not as Decimal."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


class _Speech:
    """What psycopg takes for a context: Ringback's adapters, over psycopg's own."""

    connection = None

    def __init__(self) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        # Every int is a BIGINT: one prepared statement for all sizes, and no index missed for a NUMERIC.
        self.adapters.register_dumper(int, Int8Dumper)
        self.adapters.register_dumper(bool, _TruthDumper)
        self.adapters.register_loader("bool", _TruthLoader)
        self.adapters.register_loader("numeric", _NumberLoader)


_SPEECH = _Speech()
