"""``ringback version``."""

import platform

import click

from ringback import __version__


@click.command()
def version() -> None:
    """Print the version."""
    click.echo(f"ringback {__version__} (Python {platform.python_version()})")
