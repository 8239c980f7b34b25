"""``ringback apply``."""

import os
from pathlib import Path

import click

from ringback.bootstrap import open_checked
from ringback.cli.actor import actor
from ringback.configuration import service as configurations
from ringback.configuration.apply import Applied, apply_file, preview
from ringback.configuration.difference import Difference, Sign
from ringback.configuration.file import ConfigurationFile, read_file
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.kernel.clock import SystemClock
from ringback.settings import Settings, read_settings

_COLOURS = {Sign.MORE: "green", Sign.OTHER: "yellow", Sign.LESS: "red"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--database", help="The database. Absent: the one that RINGBACK_DATABASE names.")
def apply(file: Path, dry_run: bool, database: str | None) -> None:
    """Create or update an organization from a TOML FILE.

    What the file has is created or changed, what it has not is removed. Applied twice, it changes nothing the second
    time. Tokens that name a `secret_env` take their secret from that environment variable; the secrets of others are
    made, and shown this once.

    Exit codes: 0 applied, or nothing to do; 1 the file is not valid, cannot be applied, or the database cannot be used,
    and nothing was changed; 2 the command itself was wrong.
    """
    configuration_file = read_file(file)
    db = open_checked(_settings(database))
    try:
        if dry_run:
            _show_preview(db.read_now(preview, configuration_file, secrets=os.environ))
        else:
            _apply(db, configuration_file, file)
    finally:
        db.close()


def _settings(database: str | None) -> Settings:
    return read_settings(database=database) if database else read_settings()


def _show_preview(applied: Applied) -> None:
    _show_warnings(applied)
    if not applied.difference:
        click.echo("Nothing would change.")
        return
    click.echo("This would change:")
    _show_difference(applied.difference)
    click.echo("Nothing was changed: this was a dry run.")


def _apply(db: Database, configuration_file: ConfigurationFile, file: Path) -> None:
    applied = db.write_now(
        apply_file,
        configuration_file,
        actor=actor(),
        origin=f"ringback apply {file.name}",
        secrets=os.environ,
        now=SystemClock().now(),
    )
    _show_warnings(applied)
    if applied.org is None:  # only a preview has none
        return
    configuration = db.read_now(configurations.load, applied.org)
    if applied.difference:
        _show_difference(applied.difference)
        click.echo(f"\nApplied: {configuration.settings.name} is at version {configuration.version}.")
    else:
        click.echo(f"Nothing to do: {configuration.settings.name} is as the file says.")
    _show_ids(configuration)
    _show_tokens(applied)
    click.echo("\nNext: `ringback serve` answers requests; a server that is running has taken this over already.")


def _show_warnings(applied: Applied) -> None:
    for warning in applied.warnings:
        click.secho(f"Note: {warning}.", fg="yellow", err=True)


def _show_difference(difference: Difference) -> None:
    for line in difference.lines():
        click.secho(f"  {line.sign} {line.text}", fg=_COLOURS[line.sign])


def _show_ids(configuration: Configuration) -> None:
    rows: list[tuple[str, str, str]] = [("organization", configuration.key, configuration.org)]
    rows += [(widget.kind.value, widget.key, widget.id) for widget in configuration.widgets.values()]
    rows += [("call target", target.key, target.id) for target in configuration.call_targets.values()]
    width = max(len(key) for _, key, _ in rows)
    click.echo("\nPublic ids:")
    for kind, key, public_id in rows:
        click.echo(f"  {kind:<12}  {key:<{width}}  {public_id}")


def _show_tokens(applied: Applied) -> None:
    if not applied.issued:
        return
    click.echo("\nNew tokens. Keep them now: they are shown this once and stored nowhere.")
    for token in applied.issued:
        click.echo(f"  {token.policy}/{token.name}  ", nl=False)
        click.secho(token.secret, bold=True)
