"""The pages beside the API: health, metrics, the API's documentation and the pages for customers."""

from collections.abc import Callable, Sequence

import orjson
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, Router

from ringback import __version__
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.http import metrics, openapi, reference
from ringback.kernel.errors import DatabaseUnavailable

CountStates = Callable[[Tx], dict[str, int]]


def pages(
    *,
    db: Database,
    registry: CollectorRegistry,
    states: metrics.States,
    count_states: CountStates,
    public_url: str,
    customer_pages: Sequence[BaseRoute],
) -> Router:
    """All pages as one application. What goes wrong in one is raised: ``HttpApp`` answers it as everywhere."""
    description = orjson.dumps(openapi.document(__version__, public_url))

    async def healthz(_: Request) -> Response:
        return _json({"status": "ok", "version": __version__})

    async def readyz(_: Request) -> Response:
        try:
            await db.read(count_states)
        except DatabaseUnavailable as error:
            return _json({"status": "unavailable", "reason": error.code}, status=503)
        return _json({"status": "ok"})

    async def metrics_text(_: Request) -> Response:
        for state, number in (await db.read(count_states)).items():
            states.callbacks.labels(state).set(number)
        return Response(metrics.render(registry), headers={"content-type": metrics.CONTENT_TYPE.decode()})

    async def openapi_document(_: Request) -> Response:
        return Response(description, media_type="application/json", headers={"access-control-allow-origin": "*"})

    async def docs(_: Request) -> Response:
        return Response(reference.page(public_url), media_type="text/html")

    async def front_door(_: Request) -> Response:
        return RedirectResponse("/docs")

    return Router(
        routes=[
            Route("/", front_door),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics_text),
            Route("/openapi.json", openapi_document),
            Route("/docs", docs),
            *customer_pages,
        ]
    )


def _json(body: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(body), status_code=status, media_type="application/json", headers={"cache-control": "no-store"}
    )
