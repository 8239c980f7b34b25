"""``ringback doctor``."""

import asyncio
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

import ringback.callbacks.service as callbacks
import ringback.messaging.service as messaging
from ringback.bootstrap import open_checked
from ringback.configuration import service as configurations
from ringback.db.database import Database
from ringback.db.migrate import pending
from ringback.kernel.clock import SystemClock, to_datetime
from ringback.kernel.errors import ConfigurationInvalid, RingbackError
from ringback.kernel.tenancy import OrgId
from ringback.settings import Settings, read_settings, sealer, secret_key

_EARLIEST_SENSIBLE = datetime(2026, 1, 1, tzinfo=UTC)

_GATEWAY_SECONDS = 15

Check = Callable[[Settings], str]
"""Says what was found to be right, or raises a ``RingbackError`` that says what to do."""


@click.command()
def doctor() -> None:
    """Check settings, database, clock and zones, and say what to do. Exit code 1 when something is wrong."""
    settings = read_settings()
    click.echo("ok    settings   read")
    failed = False
    for name, check in _CHECKS.items():
        try:
            click.echo(f"ok    {name:<10} {check(settings)}")
        except RingbackError as error:
            failed = True
            click.secho(f"FAIL  {name:<10} {error.message}", fg="red")
    if failed:
        sys.exit(1)
    click.echo("Everything is in order.")


def _database(settings: Settings) -> str:
    db = open_checked(settings)
    db.close()
    if behind := pending(settings.database):
        raise ConfigurationInvalid(f"Migrations are waiting ({', '.join(behind)}): run `ringback migrate`.")
    return f"{db.engine}, reachable, schema up to date"


def _writing(settings: Settings) -> str:
    db = open_checked(settings)
    try:
        db.write_now(callbacks.forget_answers, now=SystemClock().now())
    finally:
        db.close()
    return "the database can be written"


def _organizations(settings: Settings) -> str:
    db = open_checked(settings)
    try:
        found = list(_loaded(db))
    finally:
        db.close()
    if not found:
        raise ConfigurationInvalid("There is no organization yet: run `ringback apply ORGANIZATION.toml`.")
    return ", ".join(found)


def _loaded(db: Database) -> Iterator[str]:
    for org in db.read_now(configurations.list_ids):
        configuration = db.read_now(configurations.load, org)
        for target in configuration.call_targets.values():
            kept = db.read_now(callbacks.load_of, org, target.id)
            counted = db.read_now(callbacks.recount, org, target.id)
            if kept != counted:
                raise ConfigurationInvalid(
                    f"The counts of call target {target.key} of {configuration.key} do not match its callbacks "
                    f"({kept} against {counted}). Please report this."
                )
        yield f"{configuration.key} ({len(configuration.call_targets)} call targets)"


def _texts(settings: Settings) -> str:
    db = open_checked(settings)
    try:
        asked = [configuration for org in db.read_now(configurations.list_ids) if (configuration := _texting(db, org))]
        for org, key in asked:
            try:
                asyncio.run(_ask_gateway(db, org, settings))
            except RingbackError as error:
                raise ConfigurationInvalid(
                    f"The text gateway of {key} does not work: {error.message} "
                    "Set it up again in the console, Messaging > Text gateway."
                ) from error
    finally:
        db.close()
    return ", ".join(f"the gateway of {key} knows us" for _, key in asked) if asked else "nobody sends any"


def _texting(db: Database, org: OrgId) -> tuple[OrgId, str] | None:
    return (org, db.read_now(configurations.load, org).key) if db.read_now(messaging.sends_texts, org) else None


async def _ask_gateway(db: Database, org: OrgId, settings: Settings) -> None:
    async with asyncio.timeout(_GATEWAY_SECONDS):
        await messaging.check_gateway(db, org, sealer(settings))


def _clock(_: Settings) -> str:
    now = to_datetime(SystemClock().now())
    if now < _EARLIEST_SENSIBLE:
        raise ConfigurationInvalid(f"The clock says {now:%Y-%m-%d}: set it, best by NTP.")
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"


def _zones(_: Settings) -> str:
    zones = zoneinfo.available_timezones()
    if "America/New_York" not in zones:
        raise ConfigurationInvalid("Time zone data is missing: install the Python package tzdata.")
    return f"{len(zones)} time zones"


def _secrets(settings: Settings) -> str:
    secret_key(settings)
    return "a secret key is there"


def _data(settings: Settings) -> str:
    probe = settings.data / ".doctor"
    try:
        Path(settings.data).mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ConfigurationInvalid(
            f"The data directory {settings.data} cannot be written: {error.strerror}."
        ) from error
    return f"{settings.data.resolve()} can be written"


_CHECKS: dict[str, Check] = {
    "clock": _clock,
    "zones": _zones,
    "data": _data,
    "secrets": _secrets,
    "database": _database,
    "writing": _writing,
    "contents": _organizations,
    "texts": _texts,
}
