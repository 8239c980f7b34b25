"""``ringback serve``."""

import click

from ringback.bootstrap import App, build
from ringback.cli.run import listen, run_server
from ringback.settings import read_settings


@click.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; 0 takes any free one.")
@click.option("--no-workers", is_flag=True, help="Only answer requests; `ringback worker` works the callbacks.")
def serve(host: str | None, port: int | None, *, no_workers: bool) -> None:
    """Answer requests and work callbacks."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = read_settings(**given)
    socket, url = listen(settings)

    async def build_app() -> App:
        return build(settings, public_url=url)

    run_server(
        settings,
        socket,
        build_app=build_app,
        with_workers=not no_workers,
        on_ready=lambda: click.echo(f"Listening on {url}"),
    )
