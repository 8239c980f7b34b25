"""The rules of the house that a reader can rely on, held against every source file."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "ringback"
TREES = {path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")}
"""Every source file by its name."""

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60

LONG_FILES = {
    "db/schema.py": "every table stands in one place, so that the whole schema can be read",
    "db/migrations/versions/0001_foundations.py": "a migration is a record: it is written once and never changed",
}
LONG_FUNCTIONS = {
    "db/migrations/versions/0001_foundations.py:_callbacks": "one table, as the migration made it",
    "db/migrations/versions/0008_messaging.py:_texts": "one table, as the migration made it",
}
FIND_THE_SEAM = "find the seam, or say why there is none; and strike an exception that is none any more"

NAMES_FOR_ANYTHING = re.compile(r"(.*/)?(utils?|helpers?|managers?|common|misc)(/.*|\.py)")

READS_CLOCK = re.compile(
    r"\btime\.(time|monotonic|perf_counter|localtime|gmtime)(_ns)?$|\bdatetime\.(now|utcnow|today)$|\bdate\.today$"
)
SQL = re.compile(
    r"\s*(SELECT\s|INSERT INTO\s|UPDATE \w+\s+SET\s|DELETE FROM\s|CREATE (TABLE|INDEX)\s|PRAGMA\s|BEGIN\b)"
)
WITH_SQL = re.compile(r"(.*/)?store(\.py|/.*)|db/.*|telephony/drivers/simulator/ledger\.py")
"""Stores, the database itself, and the simulated network's ledger, which is outside of our database (ADR 0007)."""

TENANT = re.compile(r"\b(OrgId|Callback|Line|Attempt|Claim|Stored|StoredText|Thread)\b")
"""The organization, or a value that holds it."""
PERSON = re.compile(r"\b(UserId|Session|TokenHash)\b")
"""A person, who belongs to no organization, or what only one person has."""
OF_ALL_ORGANIZATIONS = {
    "callbacks/store/idempotency.py:forget_answers": "tidies up for all",
    "dispatch/store.py:take_over": "a worker takes over the calls of all",
    "dispatch/store.py:take_woken": "a worker wakes the calls of all",
    "identity/store/limits.py:clear": "counts tries to sign in, before it is known who somebody is",
    "identity/store/limits.py:forget": "tidies up for all",
    "identity/store/limits.py:lock": "counts tries to sign in, before it is known who somebody is",
    "identity/store/limits.py:write": "counts tries to sign in, before it is known who somebody is",
    "identity/store/sessions.py:forget": "tidies up for all",
    "identity/store/invitations.py:forget": "tidies up for all",
    "messaging/store/outbox.py:take_over_lost": "a worker takes over the texts of all",
}


def test_files_are_short():
    long = {name for name in TREES if len((SOURCE / name).read_text("utf-8").splitlines()) > MOST_LINES}
    assert long == LONG_FILES.keys(), FIND_THE_SEAM


def test_functions_are_short():
    assert functions_where(lambda each: each.end_lineno - each.lineno >= MOST_LINES_OF_A_FUNCTION) == (
        LONG_FUNCTIONS.keys()
    ), FIND_THE_SEAM


def test_every_module_says_what_it_is_for():
    silent = {name for name, tree in TREES.items() if not ast.get_docstring(tree)}
    assert {name for name in silent if "migrations/" not in name} == set()


def test_no_file_has_a_name_for_anything():
    assert [name for name in TREES if NAMES_FOR_ANYTHING.fullmatch(name)] == []


def test_only_the_clock_reads_the_clock():
    readers = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and READS_CLOCK.search(ast.unparse(node))
    }
    assert readers == {"kernel/clock.py"}


def test_sql_stands_in_stores():
    holders = {name for name, tree in TREES.items() if any(SQL.match(text) for text in texts_in(tree))}
    assert "db/version.py" in holders  # so it finds what it looks for
    assert {name for name in holders if not WITH_SQL.fullmatch(name)} == set()


def test_what_has_a_transaction_does_not_wait():
    """A use case is a plain function: while it waits, its transaction holds others up."""
    assert functions_where(lambda each: isinstance(each, ast.AsyncFunctionDef) and "tx" in parameters(each)) == set()


def test_the_tenant_is_in_the_signature_of_whatever_writes():
    def writes_for_anybody(function: ast.FunctionDef) -> bool:
        writes = any(re.match(r"\s*(INSERT|UPDATE|DELETE)\s", text) for text in texts_in(function))
        told = " ".join(parameters(function).values())
        return writes and "tx" in parameters(function) and not TENANT.search(told) and not PERSON.search(told)

    assert functions_where(writes_for_anybody) == OF_ALL_ORGANIZATIONS.keys()


def functions_where(holds: Callable[[ast.FunctionDef], bool]) -> set[str]:
    """File and name of the functions for which it holds."""
    return {
        f"{name}:{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and holds(node)
    }


def parameters(function: ast.FunctionDef) -> dict[str, str]:
    """Parameters with their types."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {each.arg: ast.unparse(each.annotation) if each.annotation else "" for each in every}


def texts_in(tree: ast.AST) -> Iterator[str]:
    """The texts in it, and the first part of those that are put together."""
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
