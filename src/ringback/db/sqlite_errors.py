"""SQLite's errors in Ringback's vocabulary: which, and what to do."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

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

_PRIMARY = 0xFF  # the rest of a result code tells finer kinds apart

_RULES: dict[int, Literal["unique", "check", "not_null", "foreign_key"]] = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "unique",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "unique",
    sqlite3.SQLITE_CONSTRAINT_ROWID: "unique",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "not_null",
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: "foreign_key",
}

_LOCKED = (
    "The database {path} is locked: another program has been writing to it for too long. "
    "Find it (`fuser {path}`) and end it, or try again."
)
_READ_ONLY = "The database {path} cannot be written: give this user the right to write the file and its directory."
_DAMAGED = "The file {path} is damaged or not a database: restore it from a backup."
_FAILING = "The database {path} cannot be used ({said}): see the system's log."
_UNFIT = "A value cannot be stored: it is too long or of the wrong type."

_KNOWN: dict[int, tuple[type[RingbackError], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseLocked, _LOCKED),
    sqlite3.SQLITE_LOCKED: (DatabaseLocked, _LOCKED),
    sqlite3.SQLITE_FULL: (DatabaseFull, "The database {path} cannot grow: make room on its disk."),
    sqlite3.SQLITE_READONLY: (DatabaseReadOnly, _READ_ONLY),
    sqlite3.SQLITE_PERM: (DatabaseReadOnly, _READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: (
        DatabaseMissing,
        "The database {path} cannot be opened: see that it is a file which this user may read and write.",
    ),
    sqlite3.SQLITE_CORRUPT: (DatabaseUnavailable, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (DatabaseUnavailable, _DAMAGED),
    sqlite3.SQLITE_IOERR: (DatabaseUnavailable, _FAILING),
    sqlite3.SQLITE_NOMEM: (DatabaseUnavailable, _FAILING),
    sqlite3.SQLITE_PROTOCOL: (DatabaseUnavailable, _FAILING),
    sqlite3.SQLITE_TOOBIG: (InvalidParameters, _UNFIT),
    sqlite3.SQLITE_MISMATCH: (InvalidParameters, _UNFIT),
}


def explained(error: Exception, path: Path) -> Exception:
    """The error as Ringback names it; itself when it is a mistake in the program (a misspelt statement)."""
    if isinstance(error, (OverflowError, UnicodeEncodeError)):
        return InvalidParameters("A value cannot be stored: a number is too large or a text is not valid Unicode.")
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code & _PRIMARY == sqlite3.SQLITE_CONSTRAINT:
        return ConstraintViolated(str(error), _RULES.get(code, "check"))
    if code == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return DatabaseSchemaMismatch(f"The database {path} has {error}: run `ringback migrate`.")
    if code & _PRIMARY in _KNOWN:
        kind, message = _KNOWN[code & _PRIMARY]
        return kind(message.format(path=path, said=error))
    return error


def refuse_nul(params: Mapping[str, Any]) -> None:
    """Refuse texts with a NUL character, which PostgreSQL cannot hold and SQLite would."""
    for value in params.values():
        if isinstance(value, str) and "\0" in value:
            raise InvalidParameters("A value cannot be stored: a text holds a NUL character.")
