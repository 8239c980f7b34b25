"""``errors.md``: every error code."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

from docs.generate.markdown import code, document, prose, table

import ringback
from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.errors import STATUS
from ringback.kernel.errors import RingbackError

_INTRODUCTION = """\
Codes are stable and meant for programs; messages are meant for people and may change."""

_ANSWERS = """\
## Answers of the API

An error is `{"data": [{"status": "<code>", "message": "<sentence>"}]}` with this HTTP status. Where a code is answered
by one endpoint only, that endpoint is named. `TooManyRequests` and `ServiceUnavailable` carry `Retry-After` (seconds);
`Unauthorized` carries `WWW-Authenticate: Bearer`.

Cancel Callback Request answers HTTP 200 also when it could not cancel: see its
[statuses](scheduler-api.md#cancel-callback-request)."""

_INSIDE = """\
## Errors of the program

What commands print, with exit code 1, and what stands in logs. To a caller of the API all of these are
`ServiceUnavailable`: what is wrong inside is not told outside."""


def page() -> str:
    """The page."""
    return document(
        "Errors",
        _INTRODUCTION,
        _ANSWERS,
        table(("code", "HTTP", "when", "endpoint"), _answers()),
        _INSIDE,
        table(("code", "meaning"), [(code(error.code), prose(error.__doc__ or "")) for error in _inside()]),
    )


def every_error() -> list[type[RingbackError]]:
    """All errors that Ringback defines, wherever they stand."""
    for module in pkgutil.walk_packages(ringback.__path__, "ringback."):
        if ".migrations" not in module.name:  # these run when they are imported
            importlib.import_module(module.name)
    return sorted(set(_below(RingbackError)), key=lambda error: (error.__module__, error.code))


def _below(base: type[RingbackError]) -> Iterator[type[RingbackError]]:
    for error in base.__subclasses__():
        if error.__module__.startswith("ringback."):
            yield error
        yield from _below(error)


def _answers() -> list[tuple[str, str, str, str]]:
    """Every error that an endpoint's description lists, in the order of its HTTP status."""
    told: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for endpoint in EVERY_ENDPOINT:
        for case in endpoint.errors:
            told[case.http_status, case.status, case.when].append(endpoint.name)
    return [
        (code(status), str(http), when, names[0] if len(names) == 1 else "")
        for (http, status, when), names in sorted(told.items(), key=lambda case: case[0][0])
    ]


def _inside() -> list[type[RingbackError]]:
    return [error for error in every_error() if not any(answered in STATUS for answered in error.__mro__)]
