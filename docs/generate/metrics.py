"""``metrics.md``: what ``GET /metrics`` tells."""

from collections.abc import Iterator

from docs.generate.markdown import code, document, table
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.dispatch.model import RangeOutcome
from ringback.http.metrics import Dispatching, QueueReports, Requests, States

_INTRODUCTION = """\
`GET /metrics` answers in the text format of Prometheus. Each process counts its own; `ringback_callbacks` is read from
the database, and so is the same in every process: take its maximum, not its sum. A process that only works callbacks
(`ringback worker`) tells its own at `RINGBACK_WORKER_METRICS_PORT`. See [operate](../how-to/operate.md) for what to
watch."""

LABELS = {
    "route": "`widget_status_of_organization`, `callback_status`, `cancel_callback`, `widget_status`, "
    "`request_callback`, `push_queue_stats`, `page` (everything but the API), or `unknown`",
    "status": "the HTTP status",
    "cause": ", ".join(code(cause) for cause in Cause),
    "outcome": ", ".join(code(outcome) for outcome in Outcome),
    "state": ", ".join(code(state) for state in State if state is not State.FINISHED),
    "range": ", ".join(code(place) for place in RangeOutcome)
    + ": before, within or after it. One that ends within a minute ends at the minute",
    "source": "who tells how the agents' queue stands: `api` (pushed over HTTP) or `driver` (the voice driver)",
    "taken": "`yes` or `no`",
    "step": "the step's name: `follow`, `wake`, `reconcile`, `queue stats`, `release`, `forget answers`, `retention`, "
    "`count`; or a part of one: `dial`, `act`, `look up`",
}
"""What the labels' values are."""


def page() -> str:
    """The page."""
    rows = [
        (code(name), kind, ", ".join(map(code, labels)), meaning + _buckets(buckets))
        for name, kind, labels, meaning, buckets in every_metric()
    ]
    return document(
        "Metrics",
        _INTRODUCTION,
        table(("metric", "type", "labels", "meaning"), rows),
        "## Labels",
        table(("label", "values"), [(code(label), words) for label, words in LABELS.items()]),
        "`ringback_estimate_error_seconds` has values below zero, so it has no `_sum`.",
    )


def every_metric() -> Iterator[tuple[str, str, tuple[str, ...], str, tuple[float, ...]]]:
    """Name as it is scraped, type, labels, meaning, and the upper bounds of a histogram's buckets."""
    registry = CollectorRegistry()
    reports = QueueReports(registry)
    for holder in (Requests(registry), reports, Dispatching(registry, reports), States(registry)):
        for metric in vars(holder).values():
            if isinstance(metric, MetricWrapperBase):
                (described,) = metric.describe()
                name = f"{described.name}_total" if described.type == "counter" else described.name
                bounds = metric._kwargs.get("buckets", ())  # noqa: SLF001 - a metric does not tell otherwise
                yield name, described.type, tuple(metric._labelnames), described.documentation, tuple(bounds)  # noqa: SLF001


def _buckets(bounds: tuple[float, ...]) -> str:
    return f" Buckets up to {', '.join(f'{bound:g}' for bound in bounds)} seconds." if bounds else ""
