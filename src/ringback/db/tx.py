"""What a use case sees of the database: an open transaction, and SQL written once for both engines.

The SQL is the subset that SQLite and PostgreSQL share, with ``:named`` parameters. ``FOR UPDATE [SKIP LOCKED]`` is
written where PostgreSQL needs it and means nothing to SQLite, which has one writer.

Two habits keep it quick on PostgreSQL: write the words of a partial index's condition as literals (a prepared
statement cannot match a parameter with them), and touch rows in a fixed order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Protocol

from ringback.kernel.errors import RingbackError
from ringback.kernel.tenancy import OrgId


class Row(Protocol):
    """One row: ``row["name"]``, ``dict(row)``, and ``a, b = row`` in the order of the SELECT.

    Values are ``str``, ``int``, ``float``, ``bytes`` and ``None``; a truth value comes as 0 or 1.
    """

    def __getitem__(self, name: str, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> list[str]: ...


class Change(StrEnum):
    """What a transaction changed, for those who keep something of it in memory."""

    CONFIGURATION = "configuration"
    CALLBACKS = "callbacks"
    TEXTS = "texts"


Changes = frozenset[tuple[OrgId, Change]]

Listener = Callable[[Changes | None], None]
"""Told after a commit what has changed; ``None`` means that anything may have (another process wrote)."""


class Tx(Protocol):
    """An open transaction.

    Once a statement has failed the transaction has failed: nothing more can be run in it, and it is rolled back even
    when the use case swallows the error. So expect a conflict with ``ON CONFLICT``, not with ``except``.

    Raises of every method: :class:`ConstraintViolated`; ``InvalidParameters`` for a value that no database can hold (a
    NUL character, half a surrogate pair, an integer beyond 64 bits); a ``DatabaseUnavailable`` of some kind.
    """

    def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        """All rows."""

    def run(self, sql: str, /, **params: Any) -> int:
        """Run a statement and return how many rows it changed."""

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        """Run a statement once for each set of parameters."""

    def changed(self, org: OrgId, what: Change, /) -> None:
        """Note a change: listeners here and in other processes are told of it after the commit, and only then."""


class ConstraintViolated(RingbackError):
    """A row would break a rule of the schema. ``kind`` says which kind of rule."""

    code = "ConstraintViolated"

    def __init__(self, message: str, kind: Literal["unique", "check", "not_null", "foreign_key"]) -> None:
        super().__init__(message)
        self.kind = kind
