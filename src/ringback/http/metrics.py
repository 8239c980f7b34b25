"""Prometheus metrics, named by its conventions: base units, ``_total`` for counters, the prefix ``ringback_``."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.dispatch.model import RangeOutcome

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_MISSED_BY_SECONDS = 120
"""A promise counts as missed when the call comes later than promised by more than this."""


class Requests:
    """Counts answers by route and status. A label's counter is looked up once: status requests come by the thousand."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "ringback_http_requests_total", "HTTP requests answered.", ("route", "status"), registry=registry
        )
        self._children: dict[tuple[str, int], Counter] = {}

    def count(self, route: str, status: int) -> None:
        """Count one answer."""
        child = self._children.get((route, status))
        if child is None:
            child = self._children[route, status] = self._total.labels(route, str(status))
        child.inc()


class QueueReports:
    """Counts what is told of the agents' queues, by who tells it: ``api`` or ``driver``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._total = Counter(
            "ringback_queue_stats_reports_total",
            "Reports of how an agents' queue stands. Not taken is one older than what is known.",
            ("source", "taken"),
            registry=registry,
        )

    def count(self, source: str, *, taken: bool) -> None:
        """Count one report."""
        self._total.labels(source, "yes" if taken else "no").inc()


class Dispatching:
    """What the dispatcher tells: implements the observer of ``dispatch/model.py``."""

    def __init__(self, registry: CollectorRegistry, queue_reports: QueueReports) -> None:
        self._queue_reports = queue_reports
        self._claimed = Counter(
            "ringback_callbacks_claimed_total", "Callbacks claimed for dialling.", registry=registry
        )
        self._dial_latency = Histogram(
            "ringback_dial_latency_seconds",
            "From the time a callback was due to its dial command.",
            registry=registry,
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
        )
        self._attempts = Counter(
            "ringback_attempts_ended_total", "Attempts ended, by cause.", ("cause",), registry=registry
        )
        self._finished = Counter(
            "ringback_callbacks_finished_total", "Callbacks finished, by outcome.", ("outcome",), registry=registry
        )
        self._estimate_error = Histogram(
            "ringback_estimate_error_seconds",
            "First dial command minus the time promised; above zero means later than promised.",
            registry=registry,
            buckets=(-1800, -600, -300, -120, -60, 0, 60, 120, 300, 600, 1800),
        )
        self._missed_promises = Counter(
            "ringback_promises_missed_total",
            f"First dial commands more than {_MISSED_BY_SECONDS} seconds later than promised.",
            registry=registry,
        )
        self._ranges = Counter(
            "ringback_promise_ranges_total",
            "First dial commands, by whether they came within the range told with the promise.",
            ("range",),
            registry=registry,
        )
        self._ignored_events = Counter(
            "ringback_voice_events_ignored_total", "Events that changed nothing.", registry=registry
        )
        self._failed_steps = Counter(
            "ringback_worker_step_failures_total", "Worker steps that failed.", ("step",), registry=registry
        )

    def claimed(self, count: int) -> None:
        """So many callbacks were claimed at once."""
        self._claimed.inc(count)

    def dialled(self, latency_seconds: float) -> None:
        """A dial command, so many seconds after its callback was due."""
        self._dial_latency.observe(latency_seconds)

    def launched(self, error_seconds: float, against_range: RangeOutcome | None = None) -> None:
        """The first attempt of an ASAP callback, so many seconds after the time promised."""
        self._estimate_error.observe(error_seconds)
        if error_seconds > _MISSED_BY_SECONDS:
            self._missed_promises.inc()
        if against_range is not None:
            self._ranges.labels(against_range.value).inc()

    def attempt_ended(self, cause: Cause) -> None:
        """An attempt is over."""
        self._attempts.labels(cause.value).inc()

    def callback_finished(self, outcome: Outcome) -> None:
        """A callback was ended by the dispatcher."""
        self._finished.labels(outcome.value).inc()

    def queue_reported(self, *, taken: bool) -> None:
        """The voice driver told how an agents' queue stands."""
        self._queue_reports.count("driver", taken=taken)

    def event_ignored(self) -> None:
        """An event of the voice driver that changed nothing."""
        self._ignored_events.inc()

    def step_failed(self, step: str) -> None:
        """A worker's step raised an error."""
        self._failed_steps.labels(step).inc()


class States:
    """The number of callbacks in each state, set when metrics are read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.callbacks = Gauge("ringback_callbacks", "Callbacks now in each state.", ("state",), registry=registry)


def render(registry: CollectorRegistry) -> bytes:
    """The text that Prometheus scrapes."""
    return generate_latest(registry)
