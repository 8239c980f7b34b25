"""``ringback demo``: everything at once, with nothing set up before."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

import ringback.identity.service as identity
import ringback.messaging.service as messaging
from ringback.audit.model import Author
from ringback.bootstrap import App, build, open_checked
from ringback.cli.run import listen, run_server
from ringback.configuration import service as configurations
from ringback.configuration.apply import apply_file
from ringback.configuration.model import Configuration
from ringback.db.migrate import migrate
from ringback.db.tx import Tx
from ringback.demo import TOKEN_SECRET, demo_document, lively, simulated_teams
from ringback.demo.customers import DemoCustomers
from ringback.demo.passers_by import PassersBy
from ringback.http.scheduler.contract import ENDPOINTS
from ringback.http.scheduler.endpoint import curl
from ringback.identity.model import Role
from ringback.identity.passwords import PasswordHash, generated_password, hash_password
from ringback.kernel import ids
from ringback.kernel.clock import Instant, SystemClock
from ringback.kernel.errors import ConfigurationInvalid
from ringback.kernel.sealing import Sealer
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import MessagingSettings
from ringback.messaging.service import NewSecrets
from ringback.settings import Settings, read_settings, sealer
from ringback.widgets.model import Widget, WidgetKind

EXAMPLE_NUMBER = "+12125550100"
EMAIL = "demo@acme.example"
"""Whom the demo signs in as."""

TEXT_NUMBER = "+12125550199"
"""Which the simulated telephones text."""

_SWELL = 3
"""By so many callbacks the busy queue grows and shrinks, so that its estimate moves."""


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
    password = _administrator(settings, directory, configuration)
    click.echo("Starting the server and the simulated contact centre ...")
    clock = SystemClock()

    async def build_app() -> App:
        simulator = lively(simulated_teams(configuration), configuration)
        app = build(settings, public_url=url, clock=clock, simulator=simulator)
        customers = DemoCustomers(app.db, app.availability, clock, configuration.org, swell=_SWELL)
        app.loop.add("demo customers", customers)
        app.loop.add("passers-by", PassersBy(app.db, app.availability, clock, configuration.org))
        while await customers():  # the queue stands before the first visitor comes
            pass
        return app

    def on_ready() -> None:
        if ready_file:
            _write_whole(ready_file, json.dumps(_ready(url, configuration, token, password), indent=2))
        click.echo(_greeting(url, configuration, token, password))

    run_server(settings, listening, build_app=build_app, with_workers=True, on_ready=on_ready)
    click.echo("Stopped.")


def _token(directory: Path) -> str:
    """The demo's API access token: made at the first start, the same at later ones with the same data."""
    return _kept(directory, "demo.token", ids.new_token)


def _administrator(settings: Settings, directory: Path, configuration: Configuration) -> str:
    """The password of the demo's administrator, who is made at the first start."""
    password = _kept(directory, "demo.password", generated_password)
    db = open_checked(settings)
    try:
        if db.read_now(identity.find_user, EMAIL) is None:
            password_hash = hash_password(password, email=EMAIL)
            db.write_now(_make_administrator, configuration.org, password_hash, SystemClock().now())
    finally:
        db.close()
    return password


def _make_administrator(tx: Tx, org: OrgId, password_hash: PasswordHash, now: Instant) -> None:
    user = identity.create_user(tx, email=EMAIL, name="Demo Administrator", password_hash=password_hash, now=now)
    identity.add_member(tx, org, user, Role.ADMINISTRATOR, actor="demo", origin="ringback demo", now=now)


def _kept(directory: Path, name: str, make: Callable[[], str]) -> str:
    """A secret in a file of the demo's data, made when it is not there yet."""
    path = directory / name
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_whole(path, make())
        return path.read_text().strip()
    except OSError as error:
        raise ConfigurationInvalid(f"The directory {directory} cannot be used: {error.strerror}.") from error


def _organization(settings: Settings, token: str) -> Configuration:
    """The example organization: made at the first start, and afterwards as it was left."""
    now = SystemClock().now()
    document = demo_document(now)
    db = open_checked(settings)
    try:
        kept = db.read_now(identity.find_organization, document.document.organization.key)
        org = kept.org if kept else None
        if org is None:
            secrets = {TOKEN_SECRET: token}
            org = db.write_now(apply_file, document, actor="demo", origin="ringback demo", secrets=secrets, now=now).org
            if org is not None:
                db.write_now(_let_text, org, sealer(settings), now)
        if org is None:  # only a preview has none
            raise ConfigurationInvalid("The demo's organization could not be created.")
        return db.read_now(configurations.load, org)
    finally:
        db.close()


def _let_text(tx: Tx, org: OrgId, sealer: Sealer, now: Instant) -> None:
    """Let customers text the organization by the simulator, at any hour."""
    texts = MessagingSettings(numbers=(TEXT_NUMBER,), quiet_hours=None)
    by = Author("demo", "ringback demo")
    messaging.change_account(
        tx, org, texts, NewSecrets(), sealer=sealer, seen=messaging.NO_ACCOUNT.version, by=by, now=now
    )


def _ready(url: str, configuration: Configuration, token: str, password: str) -> dict[str, Any]:
    """What a program needs to use the demo."""
    listed = [(widget, _entry(configuration, widget)) for widget in configuration.widgets.values()]
    return {
        "url": url,
        "organization_id": configuration.org,
        "token": token,
        "widgets": [entry for widget, entry in listed if widget.kind is WidgetKind.WIDGET],
        "conveys": [entry for widget, entry in listed if widget.kind is WidgetKind.CONVEY],
        "console": {"url": f"{url}/console", "email": EMAIL, "password": password},
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


def _greeting(url: str, configuration: Configuration, token: str, password: str) -> str:
    """What to look at and what to try; of widgets that somebody has removed in the console, nothing."""
    widgets = configuration.widgets.values()
    pages = [f"{url}/c/{widget.slug}" for widget in widgets if widget.kind is WidgetKind.CONVEY]
    access = f"Organization {configuration.settings.name}, its API token"
    lines = [
        "",
        click.style("Ringback is running.", bold=True),
        "",
        f"  Console, for administrators            {url}/console",
        f"    sign in with                         {EMAIL}  {password}",
        f"  A telephone to text @callme from       {url}/console/{configuration.org}/messaging/phone",
        *(f"  Callback page, as a customer sees it   {page}" for page in pages[:1]),
        f"  API reference                          {url}/docs",
        f"  OpenAPI document, metrics              {url}/openapi.json  {url}/metrics",
        f"  {access:<38} {configuration.org}  {token}",
        "",
        "Try it in another terminal:",
    ]
    for place, (what, line) in enumerate(_steps(url, configuration, token), 1):
        lines += ["", click.style(f"# {place}. {what}", dim=True), line]
    return "\n".join([*lines, "", "Stop with Ctrl-C.", ""])


def _steps(url: str, configuration: Configuration, token: str) -> Iterator[tuple[str, str]]:
    """What to try, each with a command to be pasted."""
    ids = {widget.key: widget.id for widget in configuration.widgets.values()}
    endpoints = {endpoint.key: endpoint for endpoint in ENDPOINTS}
    number = {"contact_number": EXAMPLE_NUMBER}

    def command(key: str, public_id: str, body: dict[str, str] | None = None) -> str:
        scope_is_widget = endpoints[key].path.startswith("/api/widget/")
        return curl(endpoints[key], url, public_id, token=None if scope_is_widget else token, body=body)

    yield "Which queues can be chosen now?", command("organization_widget_status", configuration.org)
    if busy := ids.get("billing"):
        yield "Ask for a callback from the busy one.", command("request_callback", busy, number)
        yield "Where does it stand?", command("callback_status", configuration.org, number)
        yield "Cancel it.", command("cancel_callback", configuration.org, number)
    if quick := ids.get("service"):
        what = "Ask the quick one. In less than a minute the simulated contact centre calls; repeat 3 to watch."
        yield what, command("request_callback", quick, number | {"channel": "sms"})
