"""``ringback user``: who is let in, and what is said when something is in the way."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.process import run

import ringback.identity.service as identity
from ringback.cli.main import main
from ringback.db.database import Database, open_database
from ringback.identity.model import Role
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import RingbackError
from ringback.kernel.sealing import Sealer

ORGANIZATION = """
[organization]
key = "KEY"
name = "Acme"
numbers = { region = "US" }
"""
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def directory(tmp_path: Path, migrated_sqlite_file: Path) -> Path:
    """With a database in it, and one organization in that."""
    (tmp_path / "ringback.sqlite3").write_bytes(migrated_sqlite_file.read_bytes())
    organization(tmp_path, "acme")
    return tmp_path


def organization(directory: Path, key: str) -> None:
    file = directory / f"{key}.toml"
    file.write_text(ORGANIZATION.replace("KEY", key))
    assert invoke("apply", str(file), directory=directory).exit_code == 0


def invoke(*arguments: str, directory: Path) -> Result:
    address = f"sqlite:///{directory / 'ringback.sqlite3'}"
    return CliRunner().invoke(main, arguments, env={"RINGBACK_DATABASE": address}, catch_exceptions=False)


def done(*arguments: str, directory: Path) -> str:
    """What ``ringback user`` says when it does its work."""
    ended = invoke("user", *arguments, directory=directory)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended.stdout


def refused(*arguments: str, directory: Path) -> str:
    """What it says when it cannot."""
    ended = invoke("user", *arguments, directory=directory)
    assert (ended.exit_code, ended.stdout) == (1, "")
    return ended.stderr


def sign_in(directory: Path, email: str, password: str) -> identity.SignedIn:
    db = database(directory)
    try:
        now = SystemClock().now()
        challenge = db.write_now(identity.begin_sign_in, email, counted_on="192.0.2.1", now=now)
        return db.write_now(
            identity.sign_in,
            identity.prove(challenge, password),
            code=None,
            sealer=Sealer(b""),
            counted_on="192.0.2.1",
            address="192.0.2.1",
            agent="",
            now=now,
        )
    finally:
        db.close()


def database(directory: Path) -> Database:
    return open_database(f"sqlite:///{directory / 'ringback.sqlite3'}")


def password_in(said: str) -> str:
    shown = re.search(r"once.*?:\s+(\S+)$", said, re.MULTILINE)
    assert shown, said
    return shown[1]


def test_the_first_administrator_is_made_and_signs_in(directory: Path) -> None:
    assert "ringback user add" in done("list", directory=directory)
    said = done("add", "Ann@Example.com", "--role", "administrator", "--name", "Ann Smith", directory=directory)
    assert f"{ANN} is an administrator of Acme now" in said
    session = sign_in(directory, ANN, password_in(said)).session
    assert session.membership is not None
    assert (session.user.name, session.membership.role) == ("Ann Smith", Role.ADMINISTRATOR)
    assert re.search(r"ann@example\.com +Ann Smith +administrator of acme", done("list", directory=directory))


def test_as_a_process_of_its_own(directory: Path) -> None:
    ended = run("user", "add", ANN, "--role", "administrator", directory=directory)
    assert (ended.returncode, ended.stderr) == (0, "")
    sign_in(directory, ANN, password_in(ended.stdout))
    ended = run("user", "remove", ANN, directory=directory)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "last administrator of Acme" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_was_done_is_in_the_audit_log(directory: Path) -> None:
    password = password_in(done("add", ANN, "--role", "administrator", directory=directory))
    new = password_in(done("password", ANN, directory=directory))
    with closing(sqlite3.connect(directory / "ringback.sqlite3")) as connection:
        rows = connection.execute("SELECT * FROM audit_log WHERE subject_kind = 'user' ORDER BY id").fetchall()
    assert ["ringback user add" in row for row in rows] == [True, False]
    assert ["ringback user password" in row for row in rows] == [False, True]
    assert not any(secret in str(row) for row in rows for secret in (password, new, "$argon2"))


def test_a_new_password_replaces_the_old_one_and_signs_out(directory: Path) -> None:
    old = password_in(done("add", ANN, "--role", "administrator", directory=directory))
    token = sign_in(directory, ANN, old).token
    said = done("password", ANN, directory=directory)
    assert "signed out everywhere" in said
    db = database(directory)
    assert db.read_now(identity.session_of, token, SystemClock().now()) is None
    db.close()
    sign_in(directory, ANN, password_in(said))
    with pytest.raises(RingbackError):
        sign_in(directory, ANN, old)


def test_roles_and_removing(directory: Path) -> None:
    done("add", ANN, "--role", "administrator", directory=directory)
    done("add", BOB, "--role", "viewer", directory=directory)
    assert "last administrator" in refused("role", ANN, "manager", directory=directory)
    assert "last administrator" in refused("remove", ANN, directory=directory)
    assert "is an administrator of Acme" in done("role", BOB, "administrator", directory=directory)
    assert f"{ANN} is removed." in done("remove", ANN, directory=directory)
    assert ANN not in done("list", directory=directory)
    assert "ringback user list" in refused("remove", ANN, directory=directory)


def test_somebody_disabled_is_enabled_again(directory: Path) -> None:
    done("add", ANN, "--role", "administrator", directory=directory)
    password = password_in(done("add", BOB, "--role", "viewer", directory=directory))
    assert "ringback user enable" in done("disable", BOB, directory=directory)
    assert re.search(rf"{BOB}.*disabled", done("list", directory=directory))
    with pytest.raises(RingbackError):
        sign_in(directory, BOB, password)
    done("enable", BOB, directory=directory)
    sign_in(directory, BOB, password)


def test_several_organizations(directory: Path) -> None:
    organization(directory, "globex")
    assert "--organization: acme, globex" in refused("add", ANN, "--role", "viewer", directory=directory)
    there = ("--organization", "globex")
    done("add", ANN, "--role", "administrator", *there, directory=directory)
    assert "with the password that they have" in done(
        "add", ANN, "--role", "viewer", "--organization", "acme", directory=directory
    )
    assert "member of this organization already" in refused("add", ANN, "--role", "viewer", *there, directory=directory)
    assert "There are: acme, globex." in refused("role", ANN, "viewer", "--organization", "hooli", directory=directory)
    said = done("remove", ANN, "--organization", "acme", directory=directory)
    assert "still administrator of globex" in said


def test_nothing_is_done_by_half(directory: Path) -> None:
    """A user who cannot be made a member is not made at all."""
    refused("add", ANN, "--role", "viewer", "--organization", "hooli", directory=directory)
    assert ANN not in done("list", directory=directory)


@pytest.mark.parametrize("command", ["password", "remove", "disable", "enable"])
def test_a_stranger(directory: Path, command: str) -> None:
    assert "There is no user" in refused(command, BOB, directory=directory)


def test_what_is_wrong_is_told(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert "name@example.com" in refused("add", "nonsense", "--role", "viewer", directory=directory)
    assert invoke("user", "add", ANN, directory=directory).exit_code == 2
    assert invoke("user", "add", ANN, "--role", "king", directory=directory).exit_code == 2
    assert "ringback migrate" in refused("list", directory=tmp_path_factory.mktemp("empty"))


def test_without_an_organization_there_is_no_administrator(tmp_path: Path, migrated_sqlite_file: Path) -> None:
    (tmp_path / "ringback.sqlite3").write_bytes(migrated_sqlite_file.read_bytes())
    assert "ringback apply" in refused("add", ANN, "--role", "administrator", directory=tmp_path)
