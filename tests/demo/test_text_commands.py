"""What the commands say of text gateways and their secrets: ``ringback doctor`` and ``ringback reseal``."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.fakes.organizations import Organization
from tests.peers.twilio import ACCOUNT, TOKEN, TwilioPeer

from ringback.cli.main import main
from ringback.db.database import Database, open_database
from ringback.kernel.clock import SystemClock
from ringback.kernel.sealing import Sealer
from ringback.messaging.accounts import seal_secrets
from ringback.messaging.model import MessagingSettings
from ringback.messaging.service import kept_account
from ringback.messaging.store import accounts

OLD, NEW = "the key of before and of thirty-two characters", "the key from now on and of thirty-two characters"


class Desk:
    """An organization with a gateway, in a directory of its own."""

    def __init__(self, directory: Path, db: Database, url: str) -> None:
        self.directory, self.db = directory, db
        self.acme = Organization(db, SystemClock())
        self.acme.call_target()
        self.settings = MessagingSettings.model_validate(
            {"gateway": "twilio", "numbers": ["+12125550199"], "twilio": {"account_sid": ACCOUNT, "base_url": url}}
        )
        self.keep(TOKEN)

    def keep(self, token: str) -> None:
        sealed = seal_secrets(Sealer(OLD.encode()), auth_token=token)
        self.db.write_now(accounts.save, self.acme.org, self.settings, sealed, now=SystemClock().now())

    def run(self, *words: str, key: str = OLD, previous: str = "") -> Result:
        environment = {
            "RINGBACK_DATABASE": f"sqlite:///{self.directory / 'ringback.sqlite3'}",
            "RINGBACK_DATA": str(self.directory),
            "RINGBACK_SECRET_KEY": key,
            "RINGBACK_PREVIOUS_SECRET_KEYS": previous,
        }
        return CliRunner().invoke(main, list(words), env=environment)


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite_file: Path, peer: TwilioPeer) -> Iterator[Desk]:
    (tmp_path / "ringback.sqlite3").write_bytes(migrated_sqlite_file.read_bytes())
    db = open_database(f"sqlite:///{tmp_path / 'ringback.sqlite3'}")
    yield Desk(tmp_path, db, peer.url)
    db.close()


def test_the_doctor_asks_the_gateway(desk: Desk, peer: TwilioPeer) -> None:
    result = desk.run("doctor")
    assert result.exit_code == 0, result.output
    assert "the gateway of acme knows us" in result.output
    assert peer.texts == []


def test_the_doctor_says_what_to_do(desk: Desk) -> None:
    desk.keep("wrong")
    result = desk.run("doctor")
    assert result.exit_code == 1
    assert "The text gateway of acme does not work: Twilio refused with 401, error 20003: credentials." in result.output
    assert "Messaging > Text gateway" in result.output
    assert "wrong" not in result.output


def test_the_doctor_knows_that_a_secret_cannot_be_opened(desk: Desk) -> None:
    result = desk.run("doctor", key=NEW)
    assert result.exit_code == 1
    assert "RINGBACK_PREVIOUS_SECRET_KEYS" in result.output


def test_secrets_go_over_to_another_key(desk: Desk) -> None:
    result = desk.run("reseal", key=NEW, previous=OLD)
    assert result.output == "Sealed anew: the one-time codes of 0 people, the secrets of 1 text gateways.\n"
    assert desk.db.read_now(kept_account, desk.acme.org, Sealer(NEW.encode())).has_auth_token
    assert desk.run("reseal", key=NEW).output.endswith("the secrets of 0 text gateways.\n")
    assert desk.run("doctor", key=NEW).exit_code == 0


def test_without_the_key_of_before_nothing_is_changed(desk: Desk) -> None:
    result = desk.run("reseal", key=NEW)
    assert result.exit_code == 1
    assert desk.db.read_now(kept_account, desk.acme.org, Sealer(OLD.encode())).has_auth_token
