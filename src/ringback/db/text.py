"""SQL is written once; these two functions turn it into each engine's own. Both remember what they have turned."""

import re
from functools import lru_cache

_REMEMBERED = 2048
_SKIPPED = r"'(?:[^']|'')*' | \"[^\"]*\" | --[^\n]* | /\*.*?\*/"
_ROW_LOCK = re.compile(
    rf"({_SKIPPED}) | \s+FOR\s+(?:NO\s+KEY\s+)?UPDATE\b (?:\s+OF\s+\w+)? (?:\s+SKIP\s+LOCKED|\s+NOWAIT)?",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_PARAMETER = re.compile(rf"({_SKIPPED} | ::) | :([A-Za-z_]\w*)", re.VERBOSE | re.DOTALL)


@lru_cache(_REMEMBERED)
def for_sqlite(sql: str) -> str:
    """The text without row locks: SQLite has one writer, and what it reads stays as it is until it commits."""
    return _ROW_LOCK.sub(lambda found: found[1] or "", sql)


@lru_cache(_REMEMBERED)
def for_postgresql(sql: str) -> str:
    """The text with psycopg's parameters: ``:name`` becomes ``%(name)s``, and every other ``%`` is doubled."""
    return _PARAMETER.sub(lambda found: f"%({found[2]})s" if found[2] else found[0], sql.replace("%", "%%"))
