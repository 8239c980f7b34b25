"""The other commands as processes: what they do, and what they say when something is in the way."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest
from click.testing import CliRunner
from tests.process import run, started

from ringback import __version__
from ringback.cli.main import main
from ringback.db.version import SCHEMA_VERSION

ORGANIZATION = """
[organization]
key = "acme"
name = "Acme"
numbers = { region = "US" }

[call_targets.billing]
name = "Billing"

[widgets.billing]
name = "billing"
call_target = "billing"
"""


@pytest.fixture
def database(tmp_path: Path, migrated_sqlite_file: Path) -> Path:
    """A migrated database file in the test's directory, where the settings' default looks for it."""
    path = tmp_path / "ringback.sqlite3"
    path.write_bytes(migrated_sqlite_file.read_bytes())
    return path


@pytest.fixture
def organization(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(ORGANIZATION)
    return path


def refused(*arguments: str, directory: Path, **settings: str) -> str:
    """What a command says that cannot do its work; it says it in words, on standard error, and ends with 1."""
    ended = run(*arguments, directory=directory, **settings)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_version(tmp_path: Path) -> None:
    ended = run("version", directory=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert __version__ in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_command(tmp_path: Path) -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for command in ("apply", "demo", "doctor", "forecast", "migrate", "serve", "simulate", "user", "version", "worker"):
        assert re.search(rf"^  {command} +\S", listed, re.MULTILINE)
        assert run(command, "-h", directory=tmp_path).returncode == 0
    assert CliRunner().invoke(main, ["unheard-of"]).exit_code == 2


def test_migrate_creates_and_may_be_run_again(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run("migrate", directory=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert SCHEMA_VERSION in ended.stdout
    assert (tmp_path / "ringback.sqlite3").exists()


class TestDoctor:
    def test_everything_in_order(self, tmp_path: Path, database: Path, organization: Path) -> None:
        assert run("apply", str(organization), directory=tmp_path).returncode == 0
        ended = run("doctor", directory=tmp_path)
        assert ended.returncode == 0, ended.stdout
        assert "Everything is in order." in ended.stdout
        assert "acme (1 call targets)" in ended.stdout
        assert "FAIL" not in ended.stdout

    def test_no_organization_yet(self, tmp_path: Path, database: Path) -> None:
        assert "ringback apply" in self.complaint(tmp_path)

    def test_no_database(self, tmp_path: Path) -> None:
        assert "ringback migrate" in self.complaint(tmp_path)
        assert not (tmp_path / "ringback.sqlite3").exists()  # looking does not make one

    def test_counts_that_do_not_match(self, tmp_path: Path, database: Path, organization: Path) -> None:
        run("apply", str(organization), directory=tmp_path)
        change(
            database,
            "INSERT INTO call_target_load (org_id, call_target_id, shard, pending_asap) SELECT org_id, id, 0, 3 FROM call_targets",
        )
        assert "do not match" in self.complaint(tmp_path)

    def test_another_schema(self, tmp_path: Path, database: Path) -> None:
        change(database, "UPDATE alembic_version SET version_num = '0000'")
        assert "older" in self.complaint(tmp_path)

    def test_a_directory_that_cannot_be_written(self, tmp_path: Path, database: Path) -> None:
        assert "/proc/nothing" in self.complaint(tmp_path, data="/proc/nothing")

    @staticmethod
    def complaint(directory: Path, **settings: str) -> str:
        ended = run("doctor", directory=directory, **settings)
        assert ended.returncode == 1, ended.stdout
        assert "Traceback" not in ended.stdout + ended.stderr
        return "\n".join(line for line in ended.stdout.splitlines() if line.startswith("FAIL"))


class TestServeRefuses:
    """With the settings' defaults: ``ringback.sqlite3`` in the present directory."""

    def test_a_missing_database(self, tmp_path: Path) -> None:
        said = refused("serve", "--port", "0", directory=tmp_path)
        assert "ringback.sqlite3" in said
        assert "ringback migrate" in said
        assert not (tmp_path / "ringback.sqlite3").exists()

    def test_an_empty_database(self, tmp_path: Path) -> None:
        (tmp_path / "ringback.sqlite3").touch()
        assert "ringback migrate" in refused("serve", "--port", "0", directory=tmp_path)

    @pytest.mark.parametrize(
        ("version", "words"), [("0000", ("older", "ringback migrate")), ("9999", ("newer", "upgrade Ringback"))]
    )
    def test_another_schema(self, tmp_path: Path, database: Path, version: str, words: tuple[str, ...]) -> None:
        change(database, f"UPDATE alembic_version SET version_num = '{version}'")
        for command in (("serve", "--port", "0"), ("worker",)):
            said = refused(*command, directory=tmp_path)
            assert all(word in said for word in (version, SCHEMA_VERSION, *words))

    def test_what_is_no_database(self, tmp_path: Path, database: Path) -> None:
        database.write_bytes(b"something else altogether " * 1000)
        said = refused("serve", "--port", "0", directory=tmp_path)
        assert "damaged or not a database" in said

    def test_a_directory_as_database(self, tmp_path: Path) -> None:
        (tmp_path / "ringback.sqlite3").mkdir()
        assert "ringback.sqlite3" in refused("serve", "--port", "0", directory=tmp_path)

    def test_an_address_of_no_known_kind(self, tmp_path: Path) -> None:
        for address in ("mysql://localhost/x", "sqlite:", "nonsense", "sqlite://relative.db"):
            assert refused("serve", "--port", "0", directory=tmp_path, database=address)

    def test_a_postgresql_that_is_not_there(self, tmp_path: Path) -> None:
        address = f"postgresql://nobody:hidden@/ringback?host={tmp_path}"
        said = refused("serve", "--port", "0", directory=tmp_path, database=address, secret_key="k" * 40)
        assert "hidden" not in said

    def test_postgresql_without_a_key_of_its_own(self, tmp_path: Path) -> None:
        said = refused("serve", "--port", "0", directory=tmp_path, database="postgresql://x@/y")
        assert "RINGBACK_SECRET_KEY" in said

    def test_a_port_that_is_taken(self, tmp_path: Path, database: Path) -> None:
        with started("serve", "--port", "0", directory=tmp_path) as serving:
            port = serving.url().rpartition(":")[2]
            assert f"Cannot listen on 127.0.0.1:{port}" in refused("serve", "--port", port, directory=tmp_path)

    def test_a_host_that_is_not_ours(self, tmp_path: Path, database: Path) -> None:
        assert "Cannot listen on" in refused("serve", "--host", "192.0.2.1", directory=tmp_path)
        assert "Cannot listen on" in refused("serve", "--host", "no.such.host.invalid", directory=tmp_path)


def test_settings_that_are_wrong_are_all_named(tmp_path: Path) -> None:
    said = refused(
        "serve",
        directory=tmp_path,
        port="eighty",
        log_format="xml",
        trusted_proxies="10.0.0.0/33",
        lease_seconds="1",
        secret_key="short",
        public_url="ftp://example.com",
    )
    for name in ("PORT", "LOG_FORMAT", "TRUSTED_PROXIES", "LEASE_SECONDS", "SECRET_KEY", "PUBLIC_URL"):
        assert f"RINGBACK_{name}" in said
    assert "short" not in said.replace("too short", "")  # a secret is never shown


def test_a_settings_file(tmp_path: Path, database: Path) -> None:
    file = tmp_path / "settings.toml"
    assert str(file) in refused("doctor", directory=tmp_path, settings=str(file))
    file.write_text("port = ")
    assert str(file) in refused("doctor", directory=tmp_path, settings=str(file))
    file.write_text('prot = 8080\nlog_format = "xml"')
    said = refused("doctor", directory=tmp_path, settings=str(file))
    assert "PROT" in said
    assert "LOG_FORMAT" in said


class TestApply:
    def test_it_creates_and_the_second_time_does_nothing(
        self, tmp_path: Path, database: Path, organization: Path
    ) -> None:
        dry = run("apply", str(organization), "--dry-run", directory=tmp_path)
        assert (dry.returncode, "Nothing was changed" in dry.stdout) == (0, True)
        first = run("apply", str(organization), directory=tmp_path)
        assert (first.returncode, "Applied" in first.stdout) == (0, True)
        second = run("apply", str(organization), directory=tmp_path)
        assert (second.returncode, "Nothing to do" in second.stdout) == (0, True)

    def test_a_file_that_is_not_there(self, tmp_path: Path, database: Path) -> None:
        assert "no-such.toml" in refused("apply", "no-such.toml", directory=tmp_path)
        assert str(tmp_path) in refused("apply", str(tmp_path), directory=tmp_path)

    def test_all_that_is_wrong_at_once(self, tmp_path: Path, database: Path, organization: Path) -> None:
        organization.write_text(
            ORGANIZATION.replace('call_target = "billing"', 'call_target = "biling"').replace(
                'name = "Acme"', 'name = "Acme"\ntime_zone = "Mars/Olympus"\nretention_days = "x"'
            )
        )
        said = refused("apply", str(organization), directory=tmp_path)
        for hint in ("time_zone", "retention_days", "biling"):
            assert hint in said
        assert rows(database, "SELECT count(*) FROM organizations") == [(0,)]

    def test_no_database(self, tmp_path: Path, organization: Path) -> None:
        assert "ringback migrate" in refused("apply", str(organization), directory=tmp_path)

    def test_a_locked_database(self, tmp_path: Path, database: Path, organization: Path) -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            said = refused("apply", str(organization), directory=tmp_path)
        assert "locked" in said
        assert str(database.name) in said


def test_while_another_program_holds_the_database(tmp_path: Path, database: Path, organization: Path) -> None:
    run("apply", str(organization), directory=tmp_path)
    ((widget,),) = rows(database, "SELECT id FROM widgets")
    with started("serve", "--port", "0", directory=tmp_path) as serving:
        address = f"{serving.url()}/api/widget/{widget}"
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            refused = httpx.post(f"{address}/request_callback", json={"contact_number": "+12015550123"}, timeout=30)
            assert httpx.get(address).status_code == 200  # reading goes on
        accepted = httpx.post(f"{address}/request_callback", json={"contact_number": "+12015550123"}, timeout=30)
        assert serving.stop()[0] == 0
    assert (refused.status_code, refused.json()["data"][0]["status"]) == (503, "ServiceUnavailable")
    assert accepted.status_code == 200
    assert "is locked" in serving.errors


def test_logs_are_lines_of_json(tmp_path: Path, database: Path, organization: Path) -> None:
    run("apply", str(organization), directory=tmp_path)
    ((widget,),) = rows(database, "SELECT id FROM widgets")
    with started("serve", "--port", "0", directory=tmp_path, log_format="json", log_level="debug") as serving:
        answer = httpx.post(
            f"{serving.url()}/api/widget/{widget}/request_callback", json={"contact_number": "+12015550000"}
        )
        assert serving.stop()[0] == 0
        lines = [json.loads(line) for line in serving.errors.splitlines()]
    assert "2015550000" not in serving.errors
    (requested,) = [line for line in lines if line["event"] == "callback requested"]
    assert requested["request_id"] == answer.headers["x-request-id"]
    assert requested["number"] == "+1201*****00"
    assert requested["level"] == "info"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", requested["timestamp"])


def change(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(sql)
        connection.commit()


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()
