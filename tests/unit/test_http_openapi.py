import unicodedata

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.errors import STATUS, answer_error
from ringback.http.openapi import document
from ringback.http.queue_stats import parse as parse_queue_stats
from ringback.http.scheduler import parse
from ringback.http.scheduler.answers import as_strings
from ringback.http.scheduler.contract import ENDPOINTS
from ringback.http.scheduler.endpoint import Scope
from ringback.kernel.clock import from_unix
from ringback.kernel.errors import DatabaseFull, RingbackError

DOCUMENT = document("1.2.3", "https://callbacks.example.com")
OPERATIONS = {operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()}
every_endpoint = pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=lambda endpoint: endpoint.key)


(ENDPOINT_OF_QUEUE_STATS,) = (endpoint for endpoint in EVERY_ENDPOINT if endpoint.scope is Scope.CALL_TARGET)


def validator(schema):
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def of_component(name):
    return validator({"$ref": f"#/components/schemas/{name}"})


def of_answer(key, status):
    return validator(OPERATIONS[key]["responses"][str(status)]["content"]["application/json"]["schema"])


REQUEST_BODY = of_component("RequestCallbackBody")
CANCEL_BODY = of_component("CancelCallbackBody")
QUEUE_STATS_BODY = of_component("PushQueueStatsBody")
QUEUE_STATS_FORM = of_component("PushQueueStatsForm")
REQUEST_FORM = of_component("RequestCallbackForm")


def test_it_is_an_openapi_document():
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["version"] == "1.2.3"
    assert [str(error) for error in OPENAPI_31_VALIDATOR.iter_errors(DOCUMENT)] == []


def test_it_is_plain_json_and_the_same_each_time():
    options = orjson.OPT_SORT_KEYS
    assert orjson.loads(orjson.dumps(DOCUMENT)) == DOCUMENT
    again = document("1.2.3", "https://callbacks.example.com")
    assert orjson.dumps(again, option=options) == orjson.dumps(DOCUMENT, option=options)


def test_without_an_address_it_is_where_it_is_read():
    assert document("1")["servers"] == [{"url": "/"}]
    assert DOCUMENT["servers"] == [{"url": "https://callbacks.example.com"}]


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere():
    for name in DOCUMENT["components"]["schemas"]:
        of_component(name)
    for operation in OPERATIONS.values():
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                validator(content["schema"])


def test_it_tells_of_all_that_is_served():
    assert set(DOCUMENT["paths"]) == {
        "/api/organization/{id}/widget_status",
        "/api/organization/{id}/callback_status",
        "/api/organization/{id}/cancel_callback",
        "/api/widget/{wid}",
        "/api/widget/{wid}/request_callback",
        "/v1/call-targets/{id}/queue-stats",
        "/healthz",
        "/readyz",
        "/metrics",
    }


@every_endpoint
def test_every_status_is_told(endpoint):
    common = {"200", "400", "401", "403", "404", "405", "429", "503"}
    own = {"413"} if endpoint.method == "POST" else {"304"}
    assert set(OPERATIONS[endpoint.key]["responses"]) == common | own


@every_endpoint
def test_every_header_is_told(endpoint):
    responses = OPERATIONS[endpoint.key]["responses"]
    for status, response in responses.items():
        assert {"X-Request-Id", "Cache-Control"} <= set(response["headers"]), status
    assert "Retry-After" in responses["429"]["headers"]
    assert "Retry-After" in responses["503"]["headers"]
    assert "WWW-Authenticate" in responses["401"]["headers"]
    assert "Allow" in responses["405"]["headers"]
    assert ("ETag" in responses["200"]["headers"]) == endpoint.key.endswith("status")
    assert ("Idempotency-Key" in parameters_of(endpoint, "header")) == (endpoint.key == "request_callback")


def parameters_of(endpoint, place):
    return {
        parameter["name"]: parameter for parameter in OPERATIONS[endpoint.key]["parameters"] if parameter["in"] == place
    }


@every_endpoint
def test_a_token_may_come_either_way_or_not_at_all(endpoint):
    without = [] if endpoint.scope is Scope.CALL_TARGET else [{}]
    assert OPERATIONS[endpoint.key]["security"] == [{"bearer": []}, {"apiToken": []}, *without]
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"bearer", "apiToken"}


@every_endpoint
def test_both_kinds_of_body_are_told(endpoint):
    body = OPERATIONS[endpoint.key].get("requestBody")
    assert (body is not None) == (endpoint.method == "POST")
    if body:
        assert set(body["content"]) == {"application/json", "application/x-www-form-urlencoded"}
        for content in body["content"].values():
            assert validator(content["schema"]).is_valid(endpoint.example_body)


@every_endpoint
def test_examples_are_what_they_are_examples_of(endpoint):
    assert of_answer(endpoint.key, 200).is_valid(endpoint.example_answer)
    for place, parameters in (("query", endpoint.query_parameters), ("header", endpoint.header_parameters)):
        for parameter in parameters:
            told = parameters_of(endpoint, place)[parameter.name]
            sent = int(told["example"]) if parameter.name == "timeslots" else told["example"]
            assert validator(told["schema"]).is_valid(sent)
    for parameter in endpoint.body_parameters:
        body = dict.fromkeys(endpoint.one_of, 1) | {"contact_number": "+12015550123", parameter.name: parameter.example}
        schema = OPERATIONS[endpoint.key]["requestBody"]["content"]["application/json"]["schema"]
        assert validator(schema).is_valid(body)


@every_endpoint
def test_an_answer_must_have_its_envelope_and_its_fields(endpoint):
    answers = of_answer(endpoint.key, 200)
    entry = endpoint.example_answer["data"][0]
    assert not answers.is_valid(entry)
    assert not answers.is_valid({"data": [{}]})
    assert answers.is_valid({"data": []}) == (endpoint.entries.value == "any")
    for field in endpoint.answer_fields:
        without = {name: value for name, value in entry.items() if name != field.name}
        assert answers.is_valid({"data": [without]}) == (not field.always or field.name not in entry)
        if field.name in entry:
            assert not answers.is_valid({"data": [entry | {field.name: {}}]})
            assert answers.is_valid({"data": [entry | {field.name: None}]}) == field.nullable


def test_words_are_a_closed_list():
    entry = ENDPOINTS[0].example_answer["data"][0]
    assert not of_answer("organization_widget_status", 200).is_valid({"data": [entry | {"kind": "gadget"}]})


def test_callback_status_may_be_all_strings():
    answers = of_answer("callback_status", 200)
    entry = next(endpoint for endpoint in ENDPOINTS if endpoint.key == "callback_status").example_answer["data"][0]
    assert answers.is_valid({"data": [as_strings(entry)]})
    assert not answers.is_valid({"data": [entry | {"created_at": str(entry["created_at"])}]})


@pytest.mark.parametrize("error", [*STATUS, DatabaseFull], ids=lambda error: error.__name__)
def test_errors_are_answered_as_they_are_told(error):
    answer = answer_error(error("It went wrong."))
    telling = [
        key
        for key, operation in OPERATIONS.items()
        if str(answer.status) in operation["responses"]
        and "headers" in operation["responses"][str(answer.status)]
        and of_answer(key, answer.status).is_valid(orjson.loads(answer.body))
    ]
    assert telling
    for key in telling:
        headers = set(OPERATIONS[key]["responses"][str(answer.status)]["headers"]) - {"X-Request-Id"}
        assert {header.lower() for header in headers} <= {name.decode() for name, _ in answer.headers}


def refused(read, body):
    try:
        read(orjson.dumps(body), b"application/json", b"")
    except RingbackError as error:
        return error.code
    return None


def cancellation(body, content_type, _query):
    return parse.cancel_request(body, content_type)


def unspeakable(number):
    """Whether it is left to the reader of phone numbers to refuse it."""
    return isinstance(number, str) and (len(number) > 64 or any(map(is_control, number)))


def is_control(character):
    return unicodedata.category(character) == "Cc"


texts = st.text(max_size=5) | st.sampled_from(
    ["\x00", "\n", "\x85", "+12015550123", " ", "x" * 64, "x" * 65, "x" * 121]
)
numbers = st.integers(-(2**63), 2**64 - 1) | st.sampled_from([0, 1, 2**53, 1_772_467_200, 9_007_199_255, 1440, -1.5])
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)
keys = [parameter.name for parameter in ENDPOINTS[-1].body_parameters] + ["callback_request_id"]
opt_ins = st.lists(
    st.dictionaries(st.sampled_from(["use_case", "channel", "timestamp"]), texts | numbers | st.none()), max_size=2
)


@given(
    st.dictionaries(st.sampled_from(keys), anything, max_size=4),
    st.just({}) | st.fixed_dictionaries({"contact_number": texts}),
    st.just({}) | st.fixed_dictionaries({"opt_ins": opt_ins}) | st.fixed_dictionaries({"user_data": anything}),
)
def test_bodies_are_accepted_exactly_when_their_schema_accepts_them(some, number, nested):
    body = some | number | nested
    code = refused(parse.callback_request, body)
    if code != "InvalidTimeZone":  # which names are zones no schema can say
        told_later = unspeakable(body.get("contact_number"))
        assert told_later or REQUEST_BODY.is_valid(body) == (code is None)
        assert told_later or CANCEL_BODY.is_valid(body) == (refused(cancellation, body) is None)


NOW = from_unix(1_772_463_600)
figures = st.sampled_from([0, 1, 0.5, 0.99, -1, 86_400, 86_400.5, 100_000, 100_001, 12.0, True, "1", None, [], {}])


def reported(body, content_type, _query):
    return parse_queue_stats.report(body, content_type, stale_after=120, now=NOW)


@given(st.dictionaries(st.sampled_from(["unknown", *ENDPOINT_OF_QUEUE_STATS.one_of]), figures))
def test_reports_are_accepted_exactly_when_their_schema_accepts_them(body):
    # To JSON Schema 12.0 is a whole number, to the endpoint it is not; of two figures together it says nothing.
    said = any(isinstance(body.get(name), float) for name in ("calls_waiting", "agents_staffed", "agents_available"))
    body.pop("agents_available" if "agents_staffed" in body else "", None)
    assert said or QUEUE_STATS_BODY.is_valid(body) == (refused(reported, body) is None)


def test_in_a_form_an_empty_figure_is_none():
    assert QUEUE_STATS_FORM.is_valid({"calls_waiting": 3, "agents_staffed": "", "handle_time": "", "at": ""})
    assert not QUEUE_STATS_FORM.is_valid({"calls_waiting": ""})
    assert not QUEUE_STATS_FORM.is_valid({"at": 1_772_463_600})
    assert not QUEUE_STATS_FORM.is_valid({"handle_time": "long"})


def test_a_form_has_no_types_but_text_whole_numbers_and_keys():
    number = {"contact_number": "+12015550123"}
    assert REQUEST_FORM.is_valid(number | {"appointment_time": "", "user_data": {"a": "1"}, "opt_ins": "[]"})
    assert REQUEST_FORM.is_valid(number | {"appointment_time": 1_772_467_200})
    assert not REQUEST_FORM.is_valid(number | {"appointment_time": "soon"})
    assert not REQUEST_FORM.is_valid(number | {"user_data": {"a[b]": "1"}})
    assert not REQUEST_FORM.is_valid({})
