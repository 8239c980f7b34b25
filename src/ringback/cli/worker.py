"""``ringback worker``."""

import asyncio

import click

from ringback import logs
from ringback.bootstrap import build
from ringback.cli.run import run_worker
from ringback.settings import read_settings


@click.command()
def worker() -> None:
    """Work callbacks without answering requests. Any number may run on one PostgreSQL database."""
    settings = read_settings()
    logs.set_up(settings)
    click.echo("Working callbacks.")
    asyncio.run(run_worker(lambda: build(settings, public_url="")))
