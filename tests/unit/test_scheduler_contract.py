import json
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.callbacks.lifecycle import State
from ringback.callbacks.model import CancelStatus, Kind
from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.errors import STATUS
from ringback.http.scheduler.contract import ENDPOINTS, curl, url
from ringback.http.scheduler.endpoint import type_words
from ringback.offers.model import WidgetState
from ringback.widgets.model import WidgetKind

BY_KEY = {endpoint.key: endpoint for endpoint in EVERY_ENDPOINT}
every_endpoint = pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=lambda endpoint: endpoint.key)


def field(key, name, within=None):
    fields = BY_KEY[key].answer_fields
    if within:
        fields = next(field for field in fields if field.name == within).fields
    return next(field for field in fields if field.name == name)


def words(*place):
    return {word.value for word in field(*place).words}


def run_in_shell(command, token="t0ken"):
    """The arguments that a POSIX shell hands to curl."""
    script = 'curl() { for word in "$@"; do printf \'%s\\0\' "$word"; done; }\n' + command
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, env={"RINGBACK_TOKEN": token})
    assert shell.stderr == b""
    return shell.stdout.decode().split("\0")[:-1]


def test_the_five_endpoints_are_those_of_the_contract():
    assert {(endpoint.name, endpoint.method, endpoint.path) for endpoint in ENDPOINTS} == {
        ("Widget Status", "GET", "/api/organization/:id/widget_status"),
        ("Callback Status", "POST", "/api/organization/:id/callback_status"),
        ("Cancel Callback Request", "POST", "/api/organization/:id/cancel_callback"),
        ("Retrieve Widget Status", "GET", "/api/widget/:wid"),
        ("Request Callback", "POST", "/api/widget/:wid/request_callback"),
    }


def test_what_ringback_adds_to_it_stands_apart():
    (added,) = set(BY_KEY) - {endpoint.key for endpoint in ENDPOINTS}
    assert (BY_KEY[added].method, BY_KEY[added].path) == ("POST", "/v1/call-targets/:id/queue-stats")
    assert set(BY_KEY[added].one_of) <= {parameter.name for parameter in BY_KEY[added].body_parameters}


def test_words_are_those_of_the_domain():
    states = {state.value for state in State if state is not State.FINISHED}
    assert words("widget_status", "widget_state") == {state.value for state in WidgetState}
    assert words("organization_widget_status", "widget_state") == {state.value for state in WidgetState}
    assert words("organization_widget_status", "kind") == {kind.value for kind in WidgetKind}
    assert words("callback_status", "status") == states
    assert words("callback_status", "type") == {kind.value for kind in Kind}
    assert words("cancel_callback", "status") == {status.value for status in CancelStatus}
    assert words("cancel_callback", "status", "candidates") == states


def test_errors_are_told_with_the_status_that_they_are_answered_with():
    answered = {(error.code, status) for error, status in STATUS.items()}
    told = {(case.status, case.http_status) for endpoint in ENDPOINTS for case in endpoint.errors}
    assert answered <= told
    assert told - answered == {("InvalidRequest", 413), ("MethodNotAllowed", 405), ("ServiceUnavailable", 503)}


def test_request_callback_tells_every_refusal():
    assert {case.status for case in BY_KEY["request_callback"].errors if case.http_status == 400} == {
        "ContactRequired",
        "InvalidContact",
        "InvalidTimeZone",
        "InvalidRequest",
        "InvalidParameters",
        "RequestRefusedDueToOperationMode",
        "DuplicateRequest",
        "AppointmentTimeInThePast",
        "AppointmentTimeFull",
        "AppointmentTimeInvalid",
    }


@every_endpoint
def test_examples_hold_the_fields_that_are_told_in_their_order(endpoint):
    for entry in endpoint.example_answer["data"]:
        told = [field.name for field in endpoint.answer_fields]
        assert set(entry) <= set(told)
        assert {field.name for field in endpoint.answer_fields if field.always} <= set(entry)
    assert set(endpoint.example_body or {}) <= {parameter.name for parameter in endpoint.body_parameters}
    assert (endpoint.example_body is not None) == (endpoint.method == "POST")


@every_endpoint
def test_everything_is_told_in_sentences(endpoint):
    parameters = (*endpoint.query_parameters, *endpoint.header_parameters, *endpoint.body_parameters)
    sentences = [
        endpoint.definition,
        *(parameter.definition for parameter in parameters),
        *(field.definition for field in endpoint.answer_fields),
        *(word.meaning for field in endpoint.answer_fields for word in field.words),
        *(case.when for case in endpoint.errors),
    ]
    for sentence in sentences:
        assert sentence[0].isupper() or sentence[0] in "`0123456789"
        assert sentence.endswith(".")
        assert sentence.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["integer", "string"]}, "integer or string"),
        ({"type": "array", "items": {"type": "integer"}}, "array of integers"),
        ({"type": "array"}, "array of objects"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "string or integer"),
        ({"anyOf": [{"type": "string"}, {"type": "string", "enum": ["none"]}]}, "string"),
    ],
)
def test_types_in_words(schema, told):
    assert type_words(schema) == told


def test_url_names_the_subject():
    widget_status = BY_KEY["organization_widget_status"]
    assert url(widget_status, "http://[::1]:8080", "a_b-1") == "http://[::1]:8080/api/organization/a_b-1/widget_status"
    assert url(BY_KEY["widget_status"], "https://h", "x/../y") == "https://h/api/widget/x%2F..%2Fy"
    asked = url(widget_status, "https://h", "x", {"time_zone": "Etc/GMT+5", "include": "all"})
    assert parse_qs(urlsplit(asked).query) == {"time_zone": ["Etc/GMT+5"], "include": ["all"]}


@every_endpoint
def test_curl_is_complete(endpoint):
    words = run_in_shell(curl(endpoint, "https://callbacks.example.com", "abc"))
    assert url(endpoint, "https://callbacks.example.com", "abc") in words
    assert "Authorization: Bearer t0ken" in words
    if endpoint.method == "POST":
        assert words[:2] == ["-X", "POST"]
        assert "Content-Type: application/json" in words
        assert json.loads(words[words.index("--data-raw") + 1]) == endpoint.example_body
    else:
        assert "-X" not in words
        assert "--data-raw" not in words


def test_curl_without_a_token_sends_no_credentials():
    assert "Authorization" not in curl(BY_KEY["widget_status"], "https://h", "x", token=None)


@settings(max_examples=25, deadline=None)
@given(
    token=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1),
    value=st.text(st.characters(codec="utf-8")),
)
def test_curl_survives_any_shell(token, value):
    command = curl(BY_KEY["request_callback"], "https://h", "x'$(id)", token=f"<{token}>", body={"name": value})
    words = run_in_shell(command)
    assert words[2] == "https://h/api/widget/x%27%24%28id%29/request_callback"
    assert words[4] == f"Authorization: Bearer <{token}>"
    assert json.loads(words[-1]) == {"name": value}


def test_a_variable_of_the_shell_is_a_token_and_nothing_else_is():
    words = run_in_shell(curl(BY_KEY["widget_status"], "https://h", "x", token="$RINGBACK_TOKEN"), token="a b")
    assert words[-1] == "Authorization: Bearer a b"
    words = run_in_shell(curl(BY_KEY["widget_status"], "https://h", "x", token="$(id)"))
    assert words[-1] == "Authorization: Bearer $(id)"
