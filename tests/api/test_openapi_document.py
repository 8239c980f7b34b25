"""The server against its own OpenAPI document: requests made up from it, valid ones and others, and every answer held
against it.

What is made up is the same in every run, so that a failure here is one for everybody.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from tests.api.scheduler import Scheduler
from tests.running import Running

from ringback import __version__
from ringback.http import openapi
from ringback.http.scheduler.contract import ENDPOINTS
from ringback.http.scheduler.endpoint import Endpoint

NUMBERS = st.integers(0, 9999).map(lambda line: f"+1201555{line:04}")
"""What no schema can say: numbers that may be called."""

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
EACH = pytest.mark.parametrize("key", [*(endpoint.key for endpoint in ENDPOINTS), "healthz", "readyz", "metrics"])


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


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.key)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_requests_about_what_is_there(endpoint: Endpoint, mode: GenerationMode, shared_acme: Scheduler) -> None:
    answered = set()

    @BOUNDED
    @given(operation(endpoint.key, id="acme", wid="billing").as_strategy(generation_mode=mode))
    def holds(case: Case) -> None:
        answered.add(check(case, shared_acme.server, shared_acme.authorization))

    holds()
    assert answered & ({200, 400} if mode is GenerationMode.POSITIVE else {400})
    assert 404 not in answered


@EACH
def test_with_any_ids_and_no_token(key: str, shared_acme: Scheduler) -> None:
    @BOUNDED
    @given(operation(key).as_strategy())
    def holds(case: Case) -> None:
        check(case, shared_acme.server, {})

    holds()
