"""Where a database is: ``sqlite:///relative.db``, ``sqlite:////absolute/path.db`` or ``postgresql://...``."""

from pathlib import Path

from ringback.kernel.errors import ConfigurationInvalid

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address, or None for a PostgreSQL one.

    Raises:
        ConfigurationInvalid: it is neither.
    """
    if url.startswith(_SQLITE) and url != _SQLITE and ":memory:" not in url:
        return Path(url.removeprefix(_SQLITE))
    if url.startswith(_POSTGRESQL):
        return None
    # Not the address itself in the message: it may hold a password.
    raise ConfigurationInvalid(
        "The database address must be sqlite:///relative.db, sqlite:////absolute/path.db "
        "or postgresql://user:password@host/database."
    )
