"""The servers that are measured: Ringback as it is served, the floors, and the ordinary stack."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from bench import data
from bench.ordinary_stack.fill import fill as fill_ordinary_stack
from bench.processes import Server, free_port, python, serving
from bench.setting import SERVER_CORES, Setting

SECRET_KEY = "ringback-bench-secret-key-of-no-secrecy"
TOKEN = {"Authorization": f"Bearer {data.token(0)}"}
PENDING_IN_EACH_QUEUE = 12
"""In a small database; the same for everybody."""
SMALL = data.Filling(
    organizations=1, pending=PENDING_IN_EACH_QUEUE * data.WIDGETS, due=PENDING_IN_EACH_QUEUE * data.WIDGETS
)


@contextmanager
def ringback(
    setting: Setting,
    database: str,
    *,
    processes: int = 1,
    connections: int = 16,
    cores: str | None = SERVER_CORES,
    first_path: str = "/healthz",
    arguments: Sequence[str] = ("--no-workers",),
) -> Iterator[Sequence[Server]]:
    """``ringback serve``, once or several times on the same database, each on a port of its own."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_ringback(setting, database, connections // processes, cores, first_path, arguments))
            for _ in range(processes)
        ]


@contextmanager
def ready_bytes(setting: Setting, answer: Path) -> Iterator[Sequence[Server]]:
    """The floor of reading, sending that answer."""
    with _application(setting, "bench.floors.ready_bytes:app", {"BENCH_ANSWER": str(answer)}) as server:
        yield [server]


@contextmanager
def read_json(setting: Setting) -> Iterator[Sequence[Server]]:
    """The floor of writing."""
    with _application(setting, "bench.floors.read_json:app", {}) as server:
        yield [server]


@contextmanager
def bare_fastapi(setting: Setting) -> Iterator[Sequence[Server]]:
    """The floor of starting."""
    with _application(setting, "bench.floors.bare_fastapi:app", {}) as server:
        yield [server]


@contextmanager
def ordinary_stack(
    setting: Setting, database: str, *, processes: int = 1, connections: int, cores: str | None = SERVER_CORES
) -> Iterator[Sequence[Server]]:
    """The ordinary stack on a database of its own, once or several times."""
    environment = {"DATABASE_URL": database, "DATABASE_CONNECTIONS": str(connections // processes)}
    with ExitStack() as stack:
        yield [
            stack.enter_context(_application(setting, "bench.ordinary_stack.app:app", environment, cores))
            for _ in range(processes)
        ]


def sqlite_database(setting: Setting, name: str, filling: data.Filling) -> Path:
    """A database of Ringback's in a file, made when it is first asked for."""
    path = setting.scratch / f"{name}.sqlite3"
    if not path.exists():
        setting.say(f"  filling {name}: {filling.organizations:,} organizations, {filling.pending:,} pending")
        data.fill(f"sqlite:///{path}", filling, scratch=setting.scratch)
    return path


def small_sqlite_database(setting: Setting) -> Path:
    """One organization with a few callbacks pending."""
    return sqlite_database(setting, "small", SMALL)


def large_sqlite_database(setting: Setting, organizations: int) -> Path:
    """A million callbacks pending; each queue has as many people waiting as in the small database."""
    filling = data.Filling(organizations, pending=1_000_000, due=SMALL.due * organizations)
    return sqlite_database(setting, f"{organizations}-organizations", filling)


def small_ordinary_database(setting: Setting) -> Path:
    """The same in the tables of the ordinary stack."""
    path = setting.scratch / "ordinary.sqlite3"
    if not path.exists():
        fill_small_ordinary_database(f"sqlite:///{path}")
    return path


def fill_small_ordinary_database(url: str) -> None:
    """The same, in any database."""
    fill_ordinary_stack(
        create_engine(url, poolclass=NullPool),
        organization_id=data.organization_id(0),
        token=data.token(0),
        widget_ids=[data.widget_id(0, place) for place in range(data.WIDGETS)],
        pending=PENDING_IN_EACH_QUEUE,
    )


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    """A copy of an SQLite database, to be written to."""
    copied = path.with_name(f"copy-of-{path.name}")
    shutil.copyfile(path, copied)
    try:
        yield copied
    finally:
        for file in copied.parent.glob(f"{copied.name}*"):
            file.unlink()


def keep_answer(headers: Mapping[str, str], body: bytes, file: Path) -> Path:
    """Write an answer down for the floor to repeat; ``connection`` and the like are the server's own."""
    of_server = {"connection", "date", "server", "keep-alive"}
    told = [[name, value] for name, value in headers.items() if name not in of_server]
    file.write_text(json.dumps({"headers": told, "body": body.decode()}), encoding="utf-8")
    return file


@contextmanager
def _ringback(
    setting: Setting, database: str, connections: int, cores: str | None, first_path: str, arguments: Sequence[str]
) -> Iterator[Server]:
    port = free_port()
    command = python("-c", "from ringback.cli.main import main; main()", "serve", *arguments, "--port", str(port))
    settings = {
        "RINGBACK_DATABASE": database,
        "RINGBACK_DATABASE_CONNECTIONS": str(connections),
        "RINGBACK_DATA": str(setting.scratch / "ringback"),
        "RINGBACK_SECRET_KEY": SECRET_KEY,
    }
    log = setting.scratch / "ringback.log"
    with serving(
        command, port, environment=settings, log=log, cores=cores, first_path=first_path, headers=TOKEN
    ) as server:
        yield server


@contextmanager
def _application(
    setting: Setting, application: str, environment: Mapping[str, str], cores: str | None = SERVER_CORES
) -> Iterator[Server]:
    port = free_port()
    command = python("-m", "bench.floors.serve", application, str(port))
    log = setting.scratch / f"{application.split('.')[1]}.log"
    with serving(command, port, environment=environment, log=log, cores=cores) as server:
        yield server
