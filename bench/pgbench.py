"""The floor of writing on PostgreSQL: ``pgbench`` running the very statements of Ringback's use case.

The use case is run once with an open transaction that writes down its statements; they become a script in which what
differs between requests (the number, the id, the time, the shard) is a variable.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import data
from ringback.callbacks.model import Wish
from ringback.callbacks.service import request_callback
from ringback.configuration.service import load
from ringback.db.database import open_database
from ringback.db.tx import Change, Row, Tx
from ringback.kernel.clock import SystemClock
from ringback.kernel.phone import NumberRules, parse_number
from ringback.kernel.tenancy import OrgId, WidgetId

_NUMBER = "+12125550123"
_PARAMETER = re.compile(r"(?<!:):([A-Za-z_]\w*)")
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)

_PREPARATION = r"""
\set i :i + 1
\set number 12122000000 + :client_id * 400000 + :i
\set id 1000000000000000000 + :i * 256 + :client_id
\set now 1800000000000000 + :i
\set shard random(0, 7)
\set place random(0, 3)
"""
_VARYING = {
    "number": ":number",
    "guard": ":number",
    "id": ":id",
    "shard": ":shard",
    "now": ":now",
    "target": "('target' || CAST(:place AS TEXT))",
    "widget": f"('w' || CAST(:place AS TEXT) || '-{data.organization_id(0)}')",
}


@dataclass
class Recorded:
    """A transaction that writes down what is run in it."""

    tx: Tx
    statements: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def one(self, sql: str, /, **params: Any) -> Row | None:
        self.statements.append((sql, params))
        return self.tx.one(sql, **params)

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        self.statements.append((sql, params))
        return self.tx.all(sql, **params)

    def run(self, sql: str, /, **params: Any) -> int:
        self.statements.append((sql, params))
        return self.tx.run(sql, **params)

    def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]], /) -> None:
        self.statements.extend((sql, row) for row in rows)
        self.tx.run_many(sql, rows)

    def changed(self, org: OrgId, what: Change, /) -> None:
        self.tx.changed(org, what)


def script_of_request(url: str, file: Path) -> Path:
    """Write the script of one accepted request, as it is run on the database at ``url``; a request is made there."""
    db = open_database(url, connections=1)
    try:
        statements = db.write_now(_record)
    finally:
        db.close()
    lines = [_PREPARATION, "BEGIN ISOLATION LEVEL READ COMMITTED;"]
    lines += [f"{_with_values(sql, params)};" for sql, params in statements]
    file.write_text("\n".join([*lines, "COMMIT;", ""]), encoding="utf-8")
    return file


def run(program: Path, url: str, script: Path, *, clients: int, seconds: float) -> float:
    """Transactions in a second of so many connections, with prepared statements."""
    done = subprocess.run(
        [
            *(program, "--no-vacuum", "--protocol=prepared", "--define=i=0", f"--file={script}"),
            *(f"--client={clients}", f"--jobs={min(2, clients)}", f"--time={round(seconds)}", url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    tps, failed = _TPS.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode or tps is None or failed is None or failed[1] != "0":
        raise RuntimeError(f"pgbench failed: {done.stdout}{done.stderr}")
    return float(tps[1])


def _record(tx: Tx) -> list[tuple[str, Mapping[str, Any]]]:
    recorded = Recorded(tx)
    configuration = load(tx, OrgId(data.organization_id(0)))
    wish = Wish(parse_number(_NUMBER, NumberRules()), channel="sms", name="Jo Doe")
    request_callback(
        recorded,
        configuration,
        WidgetId(data.widget_id(0, 0)),
        wish,
        render=lambda _: "",
        now=SystemClock().now(),
    )
    return recorded.statements


def _with_values(sql: str, params: Mapping[str, Any]) -> str:
    return _PARAMETER.sub(lambda found: _written(found[1], params), sql)


def _written(name: str, params: Mapping[str, Any]) -> str:
    """A parameter as the script has it."""
    value = params[name]
    if name in _VARYING:
        return _VARYING[name]
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int, float)):
        return str(int(value) if isinstance(value, bool) else value)
    # A colon inside a text would be taken for a variable.
    return " || CHR(58) || ".join(f"'{part}'" for part in str(value).replace("'", "''").split(":")).join("()")
