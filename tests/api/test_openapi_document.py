"""The server against its own OpenAPI document: requests made up from it, valid ones and others, and every answer held
against it.

What is made up is the same in every run, so that a failure here is one for everybody.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from tests.api.conftest import SECRETS, on_a_copy
from tests.api.scheduler import Scheduler, call_target_id
from tests.running import Running

from ringback import __version__
from ringback.http import openapi
from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.scheduler.endpoint import Endpoint, Scope

NO_SCHEMA_SAYS = ("contact_number", "time_zone", "appointment_time")
"""What no schema can say: which of them are real."""
NUMBERS = st.integers(0, 9999).map(lambda line: f"+1201555{line:04}")

_NOT_ALWAYS = {
    # 400 for a number, a zone or a time that is well-formed and still refused; asked by itself below
    "positive_data_acceptance",
    # there are no links between operations in the document
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
    # a token is asked for by policies, not by the document: tests of access control
    "ignored_auth",
}
EVERY_CHECK = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in _NOT_ALWAYS]

BOUNDED = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
EACH = pytest.mark.parametrize("key", [*(endpoint.key for endpoint in EVERY_ENDPOINT), "healthz", "readyz", "metrics"])


def operation(key: str, **ids: str) -> Any:
    """An operation of the document; with ``ids``, the document of these alone, so that nothing is lost on a 404."""
    document = openapi.document(__version__)
    for path in list(document["paths"]):
        found = document["paths"].pop(path)
        for operation in found.values():
            operation["parameters"] = [it for it in operation.get("parameters", ()) if it["name"] not in ids]
        document["paths"][path.format(**ids) if ids else path] = found
    return schemathesis.openapi.from_dict(document).find_operation_by_id(key)


def check(case: Case, server: Running, headers: dict[str, str]) -> int:
    answer = case.call_and_validate(base_url=server.url, headers=headers, checks=EVERY_CHECK)
    return answer.status_code


@pytest.fixture(scope="module")
def acme(configured_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    """Acme on a server of this module's own: what is made up here is registered."""
    with on_a_copy(configured_sqlite_file, tmp_path_factory.mktemp("openapi")) as server:
        yield Scheduler(server, "acme", SECRETS["ACME_TOKEN"])


@pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=lambda endpoint: endpoint.key)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_requests_about_what_is_there(endpoint: Endpoint, mode: GenerationMode, acme: Scheduler) -> None:
    answered = set()
    target = endpoint.scope is Scope.CALL_TARGET
    own = call_target_id(acme.server, "acme", "billing") if target else "acme"

    @BOUNDED
    @given(operation(endpoint.key, id=own, wid="billing").as_strategy(generation_mode=mode))
    def holds(case: Case) -> None:
        answered.add(check(case, acme.server, acme.authorization))

    holds()
    assert answered & ({200, 400} if mode is GenerationMode.POSITIVE else {400})
    assert 404 not in answered


def test_valid_requests_for_a_callback_are_accepted(acme: Scheduler) -> None:
    asked = operation("request_callback", id="acme", wid="billing").as_strategy(generation_mode=GenerationMode.POSITIVE)
    answered = set()

    @BOUNDED
    @given(asked, NUMBERS)
    def holds(case: Case, number: str) -> None:
        assume(case.media_type == "application/json")  # in a form, opt_ins are a text with a grammar of its own
        case.body = {name: value for name, value in case.body.items() if name not in NO_SCHEMA_SAYS}
        case.body = json.loads(json.dumps(case.body), parse_float=_whole)
        case.body["contact_number"] = number
        case.query, case.headers = {}, {}
        answer = case.call_and_validate(base_url=acme.server.url, checks=EVERY_CHECK)
        word = answer.json()["data"][0]["status"]
        assert word in {"Requested", "DuplicateRequest"}, (case.body, answer.text)
        answered.add(word)

    holds()
    assert "Requested" in answered


def _whole(text: str) -> float:
    """To JSON Schema 5.0 is a whole number, to the endpoints it is not."""
    return int(float(text)) if float(text).is_integer() else float(text)


@EACH
def test_with_any_ids_and_no_token(key: str, acme: Scheduler) -> None:
    @BOUNDED
    @given(operation(key).as_strategy())
    def holds(case: Case) -> None:
        check(case, acme.server, {})

    holds()
