"""What those see who run the server: health, metrics, logs, and what callers get while the database is away."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from prometheus_client.parser import text_string_to_metric_families
from tests.api.scheduler import Scheduler, only, refusal
from tests.running import Running

NUMBER = "+12015550000"
"""Answers the simulated telephone and talks."""
UNREACHABLE = "+12015550005"
"""Is out of service, for the simulated network."""


def test_health(server: Running) -> None:
    assert server.get("/healthz").json()["status"] == "ok"
    assert server.get("/readyz").json() == {"status": "ok"}
    for path in ("/healthz", "/readyz"):
        assert server.get(path).headers["cache-control"] == "no-store"


def test_without_its_database_it_is_alive_and_not_ready(acme: Scheduler, server: Running) -> None:
    server.app.db.close()
    assert server.get("/healthz").status_code == 200
    unready = server.get("/readyz")
    assert (unready.status_code, unready.json()["status"]) == (503, "unavailable")
    answers = [acme.widgets(), acme.status(NUMBER), acme.cancel(NUMBER), acme.request("billing", NUMBER)]
    answers += [acme.widget("billing"), server.get("/metrics")]
    for answer in answers:
        assert refusal(answer) == (503, "ServiceUnavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "sqlite" not in answer.text.lower()


def test_status_is_answered_from_memory(acme: Scheduler, server: Running) -> None:
    before = only(acme.widget("billing"))
    server.app.db.close()
    assert only(acme.widget("billing")) == before


def test_the_api_reference_loads_nothing_from_elsewhere(server: Running) -> None:
    page = server.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']([^"']+)""", page.text)
    assert [address for address in loaded if address.startswith(("http:", "https:", "//"))] == []
    for path in re.findall(r"/api/[a-z]+/:[a-z]+(?:/[a-z_]+)?", page.text):
        assert path.startswith("/api/")
    assert "request_callback" in page.text


def test_the_openapi_document(server: Running) -> None:
    document = server.get("/openapi.json")
    assert document.headers["access-control-allow-origin"] == "*"
    assert document.json()["openapi"].startswith("3.1")
    assert document.json()["servers"] == [{"url": server.url}]


def samples(server: Running) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What Prometheus would read: values by name and labels."""
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class TestMetrics:
    def test_requests_by_route_and_status(self, acme: Scheduler, server: Running) -> None:
        for _ in range(3):
            acme.widget("billing")
        acme.widget("never-was")
        acme.request("billing", "nonsense")
        acme.widgets()
        server.get("/api/widget/billing/unknown")
        server.ask("DELETE", "/api/widget/billing")
        counted = {
            tuple(value for _, value in labels): count
            for (name, labels), count in samples(server).items()
            if name == "ringback_http_requests_total"
        }
        assert counted == {
            ("widget_status", "200"): 3,
            ("widget_status", "404"): 1,
            ("widget_status", "405"): 1,
            ("request_callback", "400"): 1,
            ("widget_status_of_organization", "200"): 1,
            ("unknown", "404"): 1,
        }

    def test_callbacks_by_state_and_outcome(self, acme: Scheduler, server: Running) -> None:
        def callbacks(state: str) -> float:
            return samples(server)["ringback_callbacks", (("state", state),)]

        slot = only(acme.widget("sales"))["scheduled_timeslots"][0]
        acme.requested("sales", "+12015550188", appointment_time=slot)
        acme.requested("billing", NUMBER)
        acme.requested("billing", UNREACHABLE)
        assert callbacks("pending") == 3
        server.pass_time(1)
        assert (callbacks("pending"), callbacks("dialing")) == (1, 2)
        for _ in range(60):
            server.pass_time(5)
        after = samples(server)
        assert (callbacks("pending"), callbacks("dialing"), callbacks("talking")) == (1, 0, 0)
        assert after["ringback_callbacks_finished_total", (("outcome", "success"),)] == 1
        assert after["ringback_callbacks_finished_total", (("outcome", "unavailable"),)] == 1
        assert after["ringback_attempts_ended_total", (("cause", "answered"),)] == 1
        assert after["ringback_attempts_ended_total", (("cause", "invalid_number"),)] == 1
        assert after["ringback_callbacks_claimed_total", ()] == 2
        assert after["ringback_dial_latency_seconds_count", ()] == 2
        assert after["ringback_dial_latency_seconds_sum", ()] == 2  # both waited for the clock's one second
        assert after["ringback_estimate_error_seconds_count", ()] == 2

    def test_promises_and_their_ranges(self, acme: Scheduler, server: Running) -> None:
        acme.requested("billing", NUMBER)
        server.pass_time(1)
        assert samples(server)["ringback_promise_ranges_total", (("range", "held"),)] == 1
        assert samples(server)["ringback_promises_missed_total", ()] == 0
        acme.requested("express", "+12015550188")
        server.pass_time(3600)
        assert samples(server)["ringback_promise_ranges_total", (("range", "late"),)] == 1
        assert samples(server)["ringback_promises_missed_total", ()] == 1

    def test_nobodys_number_is_in_them(self, acme: Scheduler, server: Running) -> None:
        acme.requested("billing", NUMBER)
        server.pass_time(1)
        assert "201555" not in server.get("/metrics").text


class TestLogs:
    """What is said, not how it is written: that is seen where the command line is tested."""

    def test_events_carry_the_id_that_the_caller_was_told(self, acme: Scheduler) -> None:
        with logged() as lines:
            told = acme.request("billing", NUMBER).headers["x-request-id"]
            canceled = acme.cancel(NUMBER).headers["x-request-id"]
        by_event = {line["event"]: line for line in lines}
        assert by_event["callback requested"]["request_id"] == told
        assert by_event["callback requested"]["org"] == "acme"
        assert by_event["cancel asked"]["request_id"] == canceled

    def test_what_failed_is_found_by_the_id_that_the_caller_was_told(self, acme: Scheduler, server: Running) -> None:
        server.app.db.close()
        with logged() as lines:
            answers = [acme.status(NUMBER), acme.widget("billing"), acme.widgets(), server.get("/metrics")]
        failures = [line["request_id"] for line in lines if line["log_level"] == "error"]
        assert failures == [answer.headers["x-request-id"] for answer in answers]

    def test_no_number_and_nothing_private_is_in_them(self, acme: Scheduler, server: Running) -> None:
        with logged() as lines:
            for number in (NUMBER, UNREACHABLE, "(201) 555-0188", "+1 201 555 0177 x12", "+1 900 555 0123", "nonsense"):
                acme.request("billing", number, name="Ada Lovelace", user_data={"account": "4711-4711"})
                acme.status(number)
            acme.cancel("(201) 555-0188")
            for _ in range(30):
                server.pass_time(10)
            server.app.db.close()
            acme.status(NUMBER)
        text = str(lines)
        assert "+1201*****00" in text
        assert re.search(r"201\D{0,3}555\D{0,2}\d{4}", text) is None
        for private in ("5550000", "5550188", "Ada", "4711-4711", acme.token, "9005550123"):
            assert private not in text


@contextmanager
def logged() -> Iterator[list[Any]]:
    """What is logged meanwhile."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines
