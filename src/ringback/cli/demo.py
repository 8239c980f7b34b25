"""``ringback demo``: everything at once, with nothing set up before."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ringback.bootstrap import App, build, open_checked
from ringback.cli.run import listen, run_server
from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.model import Configuration
from ringback.db.migrate import migrate
from ringback.demo import TOKEN_SECRET, demo_document, simulated_teams
from ringback.demo.customers import BUSY_QUEUE, DemoCustomers
from ringback.http.scheduler.contract import ENDPOINTS, curl
from ringback.kernel import ids
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import ConfigurationInvalid
from ringback.kernel.tenancy import OrgId
from ringback.settings import Settings, read_settings
from ringback.widgets.model import Widget, WidgetKind

EXAMPLE_NUMBER = "+12125550100"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="The port; 0 takes any free one."
)
@click.option("--data", type=click.Path(path_type=Path), help="Keep the data here. Absent: a temporary directory.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write a JSON file here once requests are answered.")
def demo(host: str, port: int, data: Path | None, ready_file: Path | None) -> None:
    """A running Ringback with an example organization, simulated agents and other customers in line."""
    directory = data or Path(tempfile.mkdtemp(prefix="ringback-demo-"))
    try:
        _run(host, port, directory.resolve(), ready_file)
    finally:
        if data is None:
            shutil.rmtree(directory, ignore_errors=True)


def _run(host: str, port: int, directory: Path, ready_file: Path | None) -> None:
    settings = _settings(host, port, directory)
    listening, url = listen(settings)
    click.echo("Setting up the database ...")
    migrate(settings.database)
    token = _token(directory)
    org, configuration = _organization(settings, token)
    click.echo("Starting the server and the simulated contact centre ...")
    clock = SystemClock()

    def build_app() -> App:
        app = build(
            settings, public_url=url, clock=clock, simulator=simulated_teams(configuration)
        )
        app.loop.add("demo customers", DemoCustomers(app.db, app.availability, clock, org))
        return app

    def on_ready() -> None:
        if ready_file:
            _write_atomically(ready_file, _ready(url, configuration, token))
        _greet(url, configuration, token)

    run_server(settings, listening, build_app=build_app, with_workers=True, on_ready=on_ready)
    click.echo("Stopped.")
