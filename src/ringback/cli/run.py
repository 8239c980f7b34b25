"""Running an application until it is told to stop: by SIGTERM or SIGINT, cleanly, within seconds."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
import uvloop
from prometheus_client import start_http_server

from ringback import logs
from ringback.bootstrap import App
from ringback.kernel.errors import ConfigurationInvalid
from ringback.settings import Settings

_DRAIN_SECONDS = 3
"""How long requests under way may take when the server stops."""


def listen(settings: Settings) -> tuple[socket.socket, str]:
    """A listening socket and the address of this server. Raises ``ConfigurationInvalid`` when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise ConfigurationInvalid(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
            "Choose another with --port, or --port 0 for any free one."
        ) from error
    port = listening.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return listening, f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{port}"


def run_server(
    settings: Settings,
    listening: socket.socket,
    *,
    build_app: Callable[[], Awaitable[App]],
    with_workers: bool,
    on_ready: Callable[[], None],
) -> None:
    """Serve on ``listening`` until told to stop; ``on_ready`` is called once requests are answered."""
    logs.set_up(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(listening, build_app, on_ready, with_workers=with_workers))


async def run_worker(build_app: Callable[[], App]) -> None:
    """Work callbacks until told to stop."""
    app = build_app()
    _serve_metrics(app)
    stopped = asyncio.Event()
    _on_stop_signals(stopped.set)
    working = asyncio.create_task(_work(app))
    await stopped.wait()
    await _stop(app, working)


def _serve_metrics(app: App) -> None:
    port = app.settings.worker_metrics_port
    if not port:
        return
    try:
        start_http_server(port, app.settings.host, app.registry)
    except OSError as error:
        raise ConfigurationInvalid(
            f"Cannot serve metrics on port {port} ({error.strerror}): choose another RINGBACK_WORKER_METRICS_PORT."
        ) from error


def web_server(app: App) -> uvicorn.Server:
    """The web server for an application, which leaves the process's signals to whoever runs it."""
    config = uvicorn.Config(
        app.http,
        lifespan="off",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    return _Server(config)


async def _serve(
    listening: socket.socket,
    build_app: Callable[[], Awaitable[App]],
    on_ready: Callable[[], None],
    *,
    with_workers: bool,
) -> None:
    app = await build_app()
    server = web_server(app)
    working = asyncio.create_task(_work(app)) if with_workers else None
    _on_stop_signals(lambda: _begin_stop(app, server))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - it offers no event
        await asyncio.sleep(0.01)
    if server.started:
        on_ready()
    await serving
    await _stop(app, working)


def _begin_stop(app: App, server: uvicorn.Server) -> None:
    server.should_exit = True
    app.live.end()  # these answers would not end by themselves


class _Server(uvicorn.Server):
    """Uvicorn's server without its signal handling, which would end the process before everything is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _on_stop_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _work(app: App) -> None:
    await asyncio.gather(app.loop.run(), app.texting.run())


async def _stop(app: App, working: asyncio.Task[None] | None) -> None:
    if working:
        app.loop.stop()
        app.texting.stop()
        await working
    await app.close()
