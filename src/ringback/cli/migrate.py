"""``ringback migrate``."""

import click

from ringback.db.migrate import migrate as run_migrations
from ringback.db.version import SCHEMA_VERSION
from ringback.settings import read_settings


@click.command()
def migrate() -> None:
    """Create the database or bring it up to this version. Safe to run again."""
    settings = read_settings()
    run_migrations(settings.database)
    click.echo(f"The database is at schema version {SCHEMA_VERSION}.")
