"""``ringback demo``: everything at once, with nothing set up before."""

import json
import os
import shutil
import tempfile
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
from ringback.demo.customers import DemoCustomers
from ringback.http.scheduler.contract import ENDPOINTS
from ringback.http.scheduler.endpoint import curl
from ringback.kernel import ids
from ringback.kernel.clock import SystemClock
from ringback.kernel.errors import ConfigurationInvalid
from ringback.settings import Settings, read_settings
from ringback.widgets.model import Widget, WidgetKind

EXAMPLE_NUMBER = "+12125550100"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="The port; 0 takes any free one."
)
@click.option("--data", type=click.Path(path_type=Path), help="Keep the data here. Absent: a temporary directory.")
@click.option(
    "--ready-file", type=click.Path(path_type=Path), help="Write a JSON file here once requests are answered."
)
def demo(host: str, port: int, data: Path | None, ready_file: Path | None) -> None:
    """A running Ringback with an example organization, simulated agents and other customers in line."""
    directory = data or Path(tempfile.mkdtemp(prefix="ringback-demo-"))
    try:
        _run(host, port, directory.resolve(), ready_file)
    finally:
        if data is None:
            shutil.rmtree(directory, ignore_errors=True)


def _run(host: str, port: int, directory: Path, ready_file: Path | None) -> None:
    settings = read_settings(
        host=host, port=port, data=directory, database=f"sqlite:///{directory / 'ringback.sqlite3'}", public_url=""
    )
    listening, url = listen(settings)
    click.echo(f"Setting up in {directory} ...")
    token = _token(directory)
    migrate(settings.database)
    configuration = _organization(settings, token)
    click.echo("Starting the server and the simulated contact centre ...")
    clock = SystemClock()

    async def build_app() -> App:
        app = build(settings, public_url=url, clock=clock, simulator=simulated_teams(configuration))
        customers = DemoCustomers(app.db, app.availability, clock, configuration.org)
        app.loop.add("demo customers", customers)
        while await customers():  # the queue stands before the first visitor comes
            pass
        return app

    def on_ready() -> None:
        if ready_file:
            _write_whole(ready_file, json.dumps(_ready(url, configuration, token), indent=2))
        click.echo(_greeting(url, configuration, token))

    run_server(settings, listening, build_app=build_app, with_workers=True, on_ready=on_ready)
    click.echo("Stopped.")


def _token(directory: Path) -> str:
    """The demo's API access token: made at the first start, the same at later ones with the same data."""
    path = directory / "demo.token"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, ids.new_token())
        return path.read_text().strip()
    except OSError as error:
        raise ConfigurationInvalid(f"The directory {directory} cannot be used: {error.strerror}.") from error


def _organization(settings: Settings, token: str) -> Configuration:
    now = SystemClock().now()
    db = open_checked(settings)
    try:
        applied = db.write_now(
            apply_file,
            demo_document(now),
            actor="demo",
            origin="ringback demo",
            secrets={TOKEN_SECRET: token},
            now=now,
        )
        if applied.org is None:  # only a preview has none
            raise ConfigurationInvalid("The demo's organization could not be created.")
        return db.read_now(configurations.load, applied.org)
    finally:
        db.close()


def _ready(url: str, configuration: Configuration, token: str) -> dict[str, Any]:
    """What a program needs to use the demo."""
    listed = [(widget, _entry(configuration, widget)) for widget in configuration.widgets.values()]
    return {
        "url": url,
        "organization_id": configuration.org,
        "token": token,
        "widgets": [entry for widget, entry in listed if widget.kind is WidgetKind.WIDGET],
        "conveys": [entry for widget, entry in listed if widget.kind is WidgetKind.CONVEY],
        "console": None,
        "pid": os.getpid(),
    }


def _entry(configuration: Configuration, widget: Widget) -> dict[str, str]:
    target = configuration.call_target_of(widget)
    return {"id": widget.id, "name": widget.settings.name, "call_target": target.settings.name}


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it, and nobody else can read it: it holds a token."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        raise ConfigurationInvalid(f"{path} cannot be written: {error.strerror}.") from error


def _greeting(url: str, configuration: Configuration, token: str) -> str:
    by_key = {widget.key: widget for widget in configuration.widgets.values()}
    endpoints = {endpoint.key: endpoint for endpoint in ENDPOINTS}
    convey = next(widget for widget in by_key.values() if widget.kind is WidgetKind.CONVEY)
    number = {"contact_number": EXAMPLE_NUMBER}

    def command(key: str, public_id: str, body: dict[str, str] | None = None) -> str:
        scope_is_widget = endpoints[key].path.startswith("/api/widget/")
        return curl(endpoints[key], url, public_id, token=None if scope_is_widget else token, body=body)

    steps = (
        ("Which queues can be chosen now?", command("organization_widget_status", configuration.org)),
        ("Ask for a callback from the busy one.", command("request_callback", by_key["billing"].id, number)),
        ("Where does it stand?", command("callback_status", configuration.org, number)),
        ("Cancel it.", command("cancel_callback", configuration.org, number)),
        (
            "Ask the quick one. In less than a minute the simulated contact centre calls; repeat 3 to watch.",
            command("request_callback", by_key["service"].id, number | {"channel": "sms"}),
        ),
    )
    lines = [
        "",
        click.style("Ringback is running.", bold=True),
        "",
        f"  Callback page, as a customer sees it   {url}/c/{convey.slug}",
        f"  API reference                          {url}/docs",
        f"  OpenAPI document, metrics              {url}/openapi.json  {url}/metrics",
        f"  Organization {configuration.settings.name}, its API token    {configuration.org}  {token}",
        "",
        "Try it in another terminal:",
    ]
    for place, (what, line) in enumerate(steps, 1):
        lines += ["", click.style(f"# {place}. {what}", dim=True), line]
    return "\n".join([*lines, "", "Stop with Ctrl-C.", ""])
