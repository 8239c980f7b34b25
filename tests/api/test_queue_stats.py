"""What a contact centre tells of its queues: who may, what is taken over, and what it does to the estimate."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from tests.api import wire
from tests.api.scheduler import ORGANIZATIONS, Scheduler, call_target_id, only, refusal
from tests.conftest import MONDAY_3_PM
from tests.running import Running, reconfigure

from ringback.kernel.clock import from_unix

FIGURES = {
    "calls_waiting": 4,
    "agents_staffed": 12,
    "agents_available": 0,
    "handle_time": 245.5,
    "oldest_wait": 95,
}
UNTOLD = dict.fromkeys(FIGURES)
PAGE = Path(__file__).parents[2] / "docs/how-to/push-queue-statistics.md"
STALE_AFTER = 120
"""Seconds; what a call target has unless told otherwise."""

UNAUTHORIZED = (401, "Unauthorized")
FORBIDDEN = (403, "Forbidden")
NOT_FOUND = (404, "NotFound")

Headers = dict[str, str]


class Centre:
    """A contact centre that reports on one of its call targets."""

    def __init__(self, scheduler: Scheduler, key: str) -> None:
        self.server = scheduler.server
        self.id = call_target_id(self.server, scheduler.id, key)
        self.path = f"/v1/call-targets/{self.id}/queue-stats"
        self.authorization = scheduler.authorization

    def push(self, **figures: Any) -> httpx.Response:
        return self.server.post(self.path, json=figures, headers=self.authorization)

    def stored(self) -> Mapping[str, Any] | None:
        """What is known of the queue."""
        return stored(self.server, self.id)


def stored(server: Running, target: str) -> Mapping[str, Any] | None:
    row = server.app.db.read_now(
        lambda tx: tx.one("SELECT * FROM queue_stats WHERE call_target_id = :id", id=target),
    )
    if row is None:
        return None
    return {name: row[name] for name in ("at", *FIGURES)}


@pytest.fixture
def billing(acme: Scheduler) -> Centre:
    """Acme's billing, on a server of the test's own."""
    return Centre(acme, "billing")


@pytest.fixture
def shared_billing(shared_acme: Scheduler) -> Centre:
    """Acme's billing on the shared server, of which nothing is to be known."""
    return Centre(shared_acme, "billing")


class TestTakingOver:
    def test_all_figures(self, billing: Centre) -> None:
        answer = only(billing.push(**FIGURES))
        assert answer == {"taken": True, "at": MONDAY_3_PM, "stale_at": MONDAY_3_PM + STALE_AFTER, **FIGURES}
        assert billing.stored() == {"at": from_unix(MONDAY_3_PM), **FIGURES}

    @pytest.mark.parametrize("name", FIGURES)
    def test_one_figure_alone(self, billing: Centre, name: str) -> None:
        answer = only(billing.push(**{name: FIGURES[name]}))
        assert {name: answer[name] for name in FIGURES} == {**UNTOLD, name: FIGURES[name]}
        assert billing.stored() == {"at": from_unix(MONDAY_3_PM), **UNTOLD, name: FIGURES[name]}

    def test_a_report_replaces_the_one_before_as_a_whole(self, billing: Centre) -> None:
        billing.push(**FIGURES)
        billing.server.clock.advance(1)
        assert only(billing.push(calls_waiting=7))["agents_staffed"] is None
        assert billing.stored() == {"at": from_unix(MONDAY_3_PM + 1), **UNTOLD, "calls_waiting": 7}

    def test_null_is_untold_and_unknown_keys_are_ignored(self, billing: Centre) -> None:
        answer = only(billing.push(calls_waiting=0, agents_staffed=None, at=None, agents_logged_in=3))
        assert (answer["calls_waiting"], answer["agents_staffed"]) == (0, None)

    def test_a_form(self, billing: Centre) -> None:
        form = {"calls_waiting": "4", "agents_staffed": "", "handle_time": "245.5", "at": str(MONDAY_3_PM - 5)}
        answer = only(billing.server.post(billing.path, data=form, headers=billing.authorization))
        assert answer == {
            "taken": True,
            "at": MONDAY_3_PM - 5,
            "stale_at": MONDAY_3_PM - 5 + STALE_AFTER,
            **UNTOLD,
            "calls_waiting": 4,
            "handle_time": 245.5,
        }

    def test_each_call_target_by_itself(self, billing: Centre, acme: Scheduler) -> None:
        desk = Centre(acme, "desk")
        billing.push(agents_staffed=3)
        desk.push(agents_staffed=8)
        assert [centre.stored()["agents_staffed"] for centre in (billing, desk)] == [3, 8]  # type: ignore[index]

    @pytest.mark.parametrize(
        "edge",
        [
            {"calls_waiting": 0, "agents_staffed": 0, "agents_available": 0, "handle_time": 1, "oldest_wait": 0},
            {"calls_waiting": 100_000, "agents_staffed": 100_000, "agents_available": 100_000},
            {"handle_time": 86_400, "oldest_wait": 86_400.0},
            {"agents_available": 5},
        ],
    )
    def test_the_least_and_the_most(self, billing: Centre, edge: dict[str, float]) -> None:
        assert only(billing.push(**edge)) | edge == only(billing.push(**edge))


class TestTime:
    def test_when_the_figures_were_true(self, billing: Centre) -> None:
        answer = only(billing.push(calls_waiting=1, at=MONDAY_3_PM - 30))
        assert (answer["at"], answer["stale_at"]) == (MONDAY_3_PM - 30, MONDAY_3_PM - 30 + STALE_AFTER)
        assert billing.stored()["at"] == from_unix(MONDAY_3_PM - 30)  # type: ignore[index]

    def test_a_clock_that_is_a_little_ahead_is_set_right(self, billing: Centre) -> None:
        assert only(billing.push(calls_waiting=1, at=MONDAY_3_PM + 60))["at"] == MONDAY_3_PM
        billing.server.clock.advance(1)
        assert only(billing.push(calls_waiting=2))["taken"] is True

    @pytest.mark.parametrize("at", [MONDAY_3_PM + 61, MONDAY_3_PM - STALE_AFTER, 1, 9_007_199_254])
    def test_neither_in_the_future_nor_long_ago(self, billing: Centre, at: int) -> None:
        assert refusal(billing.push(calls_waiting=1, at=at)) == (400, "InvalidParameters")
        assert billing.stored() is None
        assert only(billing.push(calls_waiting=1, at=MONDAY_3_PM - STALE_AFTER + 1))["taken"] is True

    def test_an_older_report_is_not_taken_and_answers_what_counts(self, billing: Centre) -> None:
        newer = only(billing.push(**FIGURES))
        kept = billing.stored()
        late = only(billing.push(calls_waiting=99, at=MONDAY_3_PM - 1))
        assert late == {**newer, "taken": False}
        assert billing.stored() == kept

    def test_of_two_in_the_same_second_the_later_counts(self, billing: Centre) -> None:
        assert only(billing.push(calls_waiting=1, at=MONDAY_3_PM))["taken"] is True
        assert only(billing.push(calls_waiting=2, at=MONDAY_3_PM))["taken"] is True
        assert billing.stored()["calls_waiting"] == 2  # type: ignore[index]

    def test_it_counts_as_long_as_the_call_target_says(self, billing: Centre) -> None:
        default = "estimate = { default_agents = 3, default_handle_time = 170 }"
        patient = "estimate = { default_agents = 3, default_handle_time = 170, stats_stale_after = 600 }"
        reconfigure(billing.server, ORGANIZATIONS / "acme.toml", (default, patient))
        answer = only(billing.push(calls_waiting=1, at=MONDAY_3_PM - 500))
        assert answer["stale_at"] == MONDAY_3_PM + 100


class TestEstimate:
    """Acme's billing: three agents unless told otherwise."""

    @staticmethod
    def ewt(acme: Scheduler) -> int:
        return int(only(acme.widget("billing"))["ewt"])

    def test_it_follows_the_figures_at_once(self, billing: Centre, acme: Scheduler) -> None:
        waits = []
        for agents in (1, 5, 50):
            billing.push(calls_waiting=20, agents_staffed=agents, agents_available=0, handle_time=300)
            waits.append(self.ewt(acme))
        one, five, fifty = waits
        assert one > 1800
        assert one > 3 * five
        assert five > 3 * fifty
        assert fifty < 300

    def test_free_agents_mean_no_wait(self, billing: Centre, acme: Scheduler) -> None:
        billing.push(calls_waiting=0, agents_staffed=50, agents_available=10, handle_time=300)
        assert self.ewt(acme) < 60

    def test_a_report_that_is_not_taken_changes_nothing(self, billing: Centre, acme: Scheduler) -> None:
        billing.push(calls_waiting=20, agents_staffed=1, handle_time=300)
        told = self.ewt(acme)
        billing.push(calls_waiting=0, agents_staffed=50, agents_available=50, handle_time=300, at=MONDAY_3_PM - 1)
        assert self.ewt(acme) == told

    def test_when_figures_are_stale_it_is_as_if_nothing_had_been_told(self, billing: Centre, acme: Scheduler) -> None:
        untold = self.ewt(acme)
        stale_at = only(billing.push(calls_waiting=20, agents_staffed=1, handle_time=300))["stale_at"]
        assert self.ewt(acme) > untold + 1800
        billing.server.clock.turn_to(from_unix(stale_at - 1))
        assert self.ewt(acme) > untold + 1800
        billing.server.clock.turn_to(from_unix(stale_at + 1))
        assert self.ewt(acme) == untold
        billing.push(calls_waiting=20, agents_staffed=1, handle_time=300)
        assert self.ewt(acme) > untold + 1800


class TestWhoMay:
    """Only the organization's own policy opens this, and only by a token."""

    @pytest.fixture(autouse=True)
    def nothing_is_taken_over(self, shared_billing: Centre) -> Any:
        yield
        assert shared_billing.stored() is None

    def test_a_stranger_learns_nothing(self, shared_billing: Centre, secrets: dict[str, str]) -> None:
        server = shared_billing.server
        ids = [shared_billing.id, call_target_id(server, "globex", "support"), "never-was", "billing"]
        for headers in ({}, {"X-Api-Token": "wrong"}, {"Authorization": "Bearer " + "x" * 10_000}):
            answers = [server.post(f"/v1/call-targets/{id_}/queue-stats", json=FIGURES, headers=headers) for id_ in ids]
            assert {refusal(answer) for answer in answers} == {UNAUTHORIZED}
            assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
            assert len({answer.content for answer in answers}) == 1

    @pytest.mark.parametrize("secret", ["ACME_REVOKED_TOKEN", "ACME_EXPIRING_TOKEN"])
    def test_a_token_that_is_over(
        self, start: Any, shared_billing: Centre, secrets: dict[str, str], secret: str
    ) -> None:
        server = start()
        centre = Centre(Scheduler(server, "acme", secrets[secret]), "billing")
        server.clock.turn_to(from_unix(MONDAY_3_PM + 3600))
        assert refusal(centre.push(**FIGURES)) == UNAUTHORIZED
        assert centre.stored() is None

    def test_a_neighbours_call_target_looks_like_one_that_never_was(
        self, shared_billing: Centre, secrets: dict[str, str]
    ) -> None:
        server, globex = shared_billing.server, {"X-Api-Token": secrets["GLOBEX_TOKEN"]}
        theirs = server.post(shared_billing.path, json=FIGURES, headers=globex)
        never = server.post("/v1/call-targets/never-was/queue-stats", json=FIGURES, headers=globex)
        assert refusal(theirs) == refusal(never) == NOT_FOUND
        assert theirs.content == never.content
        assert set(theirs.headers) == set(never.headers)

    @pytest.mark.parametrize(
        ("organization", "secret"),
        [
            ("hooli", "HOOLI_TOKEN"),  # closed
            ("initech", "INITECH_TOKEN"),  # public
        ],
    )
    def test_without_a_policy_nobody_may(
        self, shared_server: Running, secrets: dict[str, str], organization: str, secret: str
    ) -> None:
        target = call_target_id(shared_server, organization, "support")
        path = f"/v1/call-targets/{target}/queue-stats"
        assert refusal(shared_server.post(path, json=FIGURES)) == UNAUTHORIZED
        of_a_widget = {"X-Api-Token": secrets[secret]}
        assert refusal(shared_server.post(path, json=FIGURES, headers=of_a_widget)) == FORBIDDEN
        assert stored(shared_server, target) is None

    def test_a_token_of_another_policy(self, acme: Scheduler, billing: Centre, secrets: dict[str, str]) -> None:
        another = '[policies.integrations]\nname = "Integrations"\n'
        move = f'[policies.moved]\nname = "Moved"\n\n{another}'
        reconfigure(
            billing.server,
            ORGANIZATIONS / "acme.toml",
            (another, move),
            ('policy = "integrations"', 'policy = "moved"'),
        )
        assert (
            refusal(billing.push(**FIGURES)) == FORBIDDEN
        )  # the organization's policy has neither networks nor tokens
        assert billing.stored() is None

    @pytest.mark.parametrize(
        ("rule", "with_token", "without"),
        [
            ('networks = ["127.0.0.1"]', 200, UNAUTHORIZED),
            ('networks = ["127.0.0.1"]\nmatch = "any"', 200, UNAUTHORIZED),
            ('networks = ["192.0.2.0/24"]\nmatch = "any"', 200, UNAUTHORIZED),
            ('networks = ["192.0.2.0/24"]', FORBIDDEN, UNAUTHORIZED),
        ],
    )
    def test_networks_apply_and_are_never_enough(
        self, billing: Centre, rule: str, with_token: int | tuple[int, str], without: tuple[int, str]
    ) -> None:
        name = 'name = "Integrations"\n'
        reconfigure(billing.server, ORGANIZATIONS / "acme.toml", (name, f"{name}{rule}\n"))
        for headers in ({}, {"X-Api-Token": "wrong"}):
            assert refusal(billing.server.post(billing.path, json=FIGURES, headers=headers)) == without
        assert billing.stored() is None
        answer = billing.push(**FIGURES)
        assert answer.status_code == with_token if with_token == 200 else refusal(answer) == with_token

    def test_an_address_does_not_stand_in_for_a_token_that_is_over(
        self, billing: Centre, secrets: dict[str, str]
    ) -> None:
        name = 'name = "Integrations"\n'
        here = f'{name}networks = ["127.0.0.1"]\nmatch = "any"\n'
        reconfigure(billing.server, ORGANIZATIONS / "acme.toml", (name, here))
        headers = {"X-Api-Token": secrets["ACME_REVOKED_TOKEN"]}
        assert billing.server.get("/api/organization/acme/widget_status", headers=headers).status_code == 200
        assert refusal(billing.server.post(billing.path, json=FIGURES, headers=headers)) == UNAUTHORIZED

    @pytest.mark.parametrize("name", ["token", "access_token", "X-Api-Token", "Authorization"])
    def test_never_in_the_query_nor_in_the_body(
        self, shared_billing: Centre, shared_acme: Scheduler, name: str
    ) -> None:
        server = shared_billing.server
        assert refusal(server.post(shared_billing.path, params={name: shared_acme.token}, json=FIGURES)) == UNAUTHORIZED
        body = {**FIGURES, name: shared_acme.token}
        assert refusal(server.post(shared_billing.path, json=body)) == UNAUTHORIZED

    def test_no_web_page(self, shared_billing: Centre) -> None:
        headers = {**shared_billing.authorization, "Origin": "https://shop.example"}
        answer = shared_billing.server.post(shared_billing.path, json={}, headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert refusal(shared_billing.server.ask("OPTIONS", shared_billing.path)) == (405, "MethodNotAllowed")


def test_a_call_target_that_was_removed(acme: Scheduler) -> None:
    centre = Centre(acme, "allowing")
    reconfigure(
        acme.server,
        ORGANIZATIONS / "acme.toml",
        ('[call_targets.allowing]\nname = "Allowing"\nduplicate_rule = "allow"\n', ""),
        ('[widgets.allowing]\nid = "allowing"\nname = "allowing"\ncall_target = "allowing"\n', ""),
    )
    assert refusal(centre.push(**FIGURES)) == NOT_FOUND


def test_the_day_of_the_tokens_use_is_noted(billing: Centre) -> None:
    billing.push(**FIGURES)
    billing.server.app.db.write_now(lambda tx: None)  # one writer: what was to be written before has been
    noted = "SELECT name, last_used_on FROM access_tokens WHERE org_id = 'acme' AND last_used_on IS NOT NULL"
    rows = billing.server.app.db.read_now(lambda tx: tx.all(noted))
    assert [(row["name"], row["last_used_on"]) for row in rows] == [("first", "2026-03-02")]


def test_each_call_target_has_its_limit(billing: Centre, acme: Scheduler) -> None:
    wide = "queue_stats_per_call_target = { requests = 100000, seconds = 60 }"
    narrow = "queue_stats_per_call_target = { requests = 2, seconds = 60 }"
    reconfigure(billing.server, ORGANIZATIONS / "acme.toml", (wide, narrow))
    assert [billing.push(calls_waiting=count).status_code for count in range(2)] == [200, 200]
    refused = billing.push(calls_waiting=9)
    assert refusal(refused) == (429, "TooManyRequests")
    assert refused.headers["retry-after"] == "30"
    assert billing.stored()["calls_waiting"] == 1  # type: ignore[index]
    assert Centre(acme, "desk").push(calls_waiting=1).status_code == 200
    billing.server.clock.advance(30)
    assert billing.push(calls_waiting=9).status_code == 200


def test_a_push_every_second_is_within_the_limit(globex: Scheduler) -> None:
    support = Centre(globex, "support")
    for _ in range(130):
        assert support.push(calls_waiting=1).status_code == 200
        globex.server.clock.advance(1)


def test_without_the_database(billing: Centre) -> None:
    billing.server.app.db.close()
    answer = billing.push(**FIGURES)
    assert refusal(answer) == (503, "ServiceUnavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_reports_are_counted(billing: Centre) -> None:
    billing.push(calls_waiting=1)
    billing.push(calls_waiting=2)
    billing.push(calls_waiting=3, at=MONDAY_3_PM - 1)
    billing.push(calls_waiting="many")
    told = billing.server.get("/metrics").text
    assert 'ringback_queue_stats_reports_total{source="api",taken="yes"} 2.0' in told
    assert 'ringback_queue_stats_reports_total{source="api",taken="no"} 1.0' in told
    assert 'ringback_http_requests_total{route="push_queue_stats",status="400"} 1.0' in told
    assert 'source="driver"' not in told
    billing.server.pass_time(1)  # the simulated network tells its own
    assert 'ringback_queue_stats_reports_total{source="driver",taken="yes"}' in billing.server.get("/metrics").text


def test_what_the_how_to_shows_can_be_pasted(billing: Centre, acme: Scheduler) -> None:
    blocks = re.findall(r"^```(bash|json)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    known = {"URL": billing.server.url, "CALL_TARGET": billing.id, "RINGBACK_TOKEN": str(acme.token)}
    told = []
    for language, text in blocks:
        if language == "bash":
            shell = ["/bin/sh", "-c", text.replace("curl ", "curl -sS ", 1)]
            told.append(subprocess.run(shell, env=known, capture_output=True, text=True, check=True, timeout=20).stdout)
    pushed, as_a_form, counted = told
    ((_, shown),) = (block for block in blocks if block[0] == "json")
    assert json.loads(pushed) == json.loads(shown)
    assert json.loads(as_a_form)["data"][0]["taken"] is True
    assert 'taken="yes"} 2.0' in counted


class TestBadInput:
    """An error of the contract each time, and nothing changed."""

    @pytest.fixture(autouse=True)
    def nothing_is_taken_over(self, shared_billing: Centre) -> Any:
        yield
        assert shared_billing.stored() is None

    @pytest.mark.parametrize(
        ("body", "at_fault"),
        [
            ({}, "at least one"),
            ({"at": MONDAY_3_PM}, "at least one"),
            (UNTOLD, "at least one"),
            ({"waiting": 3}, "at least one"),
            *(
                ({name: value}, name)
                for name in ("calls_waiting", "agents_staffed", "agents_available")
                for value in (-1, 100_001, 2**63, 1.5, 3.0, True, "3", "", [], {}, [3])
            ),
            *(
                ({name: value}, name)
                for name in ("handle_time", "oldest_wait")
                for value in (-1, -0.5, 86_400.5, 2**63, False, "245", [], {})
            ),
            ({"handle_time": 0}, "handle_time"),
            ({"agents_staffed": 3, "agents_available": 4}, "agents_available"),
            ({"agents_staffed": 0, "agents_available": 1}, "agents_available"),
            *(
                ({"calls_waiting": 1, "at": value}, "at")
                for value in (0, -1, 1.5, True, "now", str(MONDAY_3_PM), MONDAY_3_PM * 1000, 2**63, [], {})
            ),
        ],
        ids=str,
    )
    def test_values(self, shared_billing: Centre, body: dict[str, Any], at_fault: str) -> None:
        answer = shared_billing.push(**body)
        assert refusal(answer) == (400, "InvalidParameters")
        assert answer.json()["data"][0]["message"].lower().startswith(at_fault)

    def test_one_bad_value_spoils_the_report(self, shared_billing: Centre) -> None:
        assert refusal(shared_billing.push(**{**FIGURES, "oldest_wait": -1})) == (400, "InvalidParameters")

    @pytest.mark.parametrize(
        ("body", "word"),
        [
            (b"", "InvalidParameters"),
            (b"   ", "InvalidParameters"),
            (b"[]", "InvalidParameters"),
            (b"5", "InvalidParameters"),
            (b"null", "InvalidParameters"),
            (b'"calls_waiting"', "InvalidParameters"),
            (b'{"calls_waiting": 1e400}', "InvalidRequest"),
            (b'{"handle_time": 1e308}', "InvalidParameters"),
            (b'{"handle_time": NaN}', "InvalidRequest"),
            (b'{"handle_time": -Infinity}', "InvalidRequest"),
            (b'{"calls_waiting": ' + b"1" * 400 + b"}", "InvalidRequest"),
            (b'{"calls_waiting": 1, "calls_waiting": -1}', "InvalidParameters"),
            (b'{"calls_waiting": 1', "InvalidRequest"),
            (b'{"calls_waiting": 1} trailing', "InvalidRequest"),
            (b"\xff\xfe", "InvalidRequest"),
            (b"[" * 60_000, "InvalidRequest"),
            (b"calls_waiting=1", "InvalidRequest"),
            (b"\x00" * 100, "InvalidRequest"),
        ],
        ids=lambda value: repr(value[:24]),
    )
    def test_bodies(self, shared_billing: Centre, body: bytes, word: str) -> None:
        token = f"Authorization: {shared_billing.authorization['Authorization']}"
        heard = wire.send(shared_billing.server.port, wire.post(shared_billing.path, body, token))
        assert (heard.status, json.loads(heard.body)["data"][0]["status"]) == (400, word)

    @pytest.mark.parametrize(
        "form",
        [
            "",
            "calls_waiting=",
            "calls_waiting=many",
            "calls_waiting=1.5",
            "calls_waiting=-1",
            "calls_waiting=0x10",
            "calls_waiting=１",
            "calls_waiting=" + "9" * 30,
            "handle_time=4m05s",
            "handle_time=245,5",
            "handle_time=1e3",
            "handle_time=nan",
            "agents_staffed=1&agents_available=2",
            "calls_waiting=1&at=now",
        ],
    )
    def test_forms(self, shared_billing: Centre, form: str) -> None:
        headers = {**shared_billing.authorization, "Content-Type": "application/x-www-form-urlencoded"}
        answer = shared_billing.server.post(shared_billing.path, content=form.encode(), headers=headers)
        assert refusal(answer) == (400, "InvalidParameters")

    def test_a_content_type_that_is_neither(self, shared_billing: Centre) -> None:
        headers = {**shared_billing.authorization, "Content-Type": "text/xml"}
        answer = shared_billing.server.post(shared_billing.path, content=b"<calls/>", headers=headers)
        assert refusal(answer) == (400, "InvalidRequest")

    def test_a_large_body_is_not_even_read_for_strangers(self, shared_billing: Centre) -> None:
        body = b" " * (64 * 1024 + 1)
        post = shared_billing.server.post
        assert refusal(post(shared_billing.path, content=body, headers=shared_billing.authorization)) == (
            413,
            "InvalidRequest",
        )
        assert refusal(post(shared_billing.path, content=body)) == UNAUTHORIZED
