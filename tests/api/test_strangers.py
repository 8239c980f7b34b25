"""For every endpoint there is: what those get who may not, and what all answers have in common."""

from typing import Any

import httpx2 as httpx
import pytest
from tests.api.scheduler import Scheduler, call_target_id, entries, refusal
from tests.running import Running

from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.scheduler.endpoint import Endpoint, Scope, url

NUMBER = "+12015550123"

EVERY = pytest.mark.parametrize("endpoint", EVERY_ENDPOINT, ids=lambda endpoint: endpoint.key)
OF_AN_ORGANIZATION = pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in EVERY_ENDPOINT if endpoint.scope is Scope.ORGANIZATION], ids=lambda it: it.key
)
OF_A_WIDGET = pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in EVERY_ENDPOINT if endpoint.scope is Scope.WIDGET], ids=lambda it: it.key
)


def call(server: Running, endpoint: Endpoint, public_id: str, **how: Any) -> httpx.Response:
    """A valid request, unless ``json`` says otherwise."""
    if endpoint.method == "POST":
        how.setdefault("json", {"contact_number": NUMBER, "calls_waiting": 1})
    else:
        how.pop("json", None)
    return server.ask(endpoint.method, url(endpoint, "", public_id), **how)


def own_id(endpoint: Endpoint, server: Running) -> str:
    if endpoint.scope is Scope.CALL_TARGET:
        return call_target_id(server, "acme", "billing")
    return "acme" if endpoint.scope is Scope.ORGANIZATION else "billing"


@OF_AN_ORGANIZATION
def test_without_a_token(shared_server: Running, endpoint: Endpoint) -> None:
    answer = call(shared_server, endpoint, "acme")
    assert refusal(answer) == (401, "Unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


@OF_AN_ORGANIZATION
def test_with_a_neighbours_token(shared_server: Running, secrets: dict[str, str], endpoint: Endpoint) -> None:
    for secret in ("GLOBEX_TOKEN", "HOOLI_TOKEN", "ACME_REVOKED_TOKEN"):
        answer = call(shared_server, endpoint, "acme", headers={"Authorization": f"Bearer {secrets[secret]}"})
        assert refusal(answer) == (401, "Unauthorized")
        assert answer.json() == call(shared_server, endpoint, "acme").json()


@OF_AN_ORGANIZATION
def test_of_a_closed_organization(shared_server: Running, secrets: dict[str, str], endpoint: Endpoint) -> None:
    for headers in ({}, {"Authorization": f"Bearer {secrets['HOOLI_TOKEN']}"}):
        assert refusal(call(shared_server, endpoint, "hooli", headers=headers)) == (403, "Forbidden")


@OF_A_WIDGET
def test_of_a_guarded_widget(shared_server: Running, shared_acme: Scheduler, endpoint: Endpoint) -> None:
    for headers in ({}, shared_acme.authorization):
        assert refusal(call(shared_server, endpoint, "globex-guarded", headers=headers)) == (401, "Unauthorized")


@EVERY
@pytest.mark.parametrize(
    "public_id",
    [
        "no-such-id",
        "0",
        "-",
        "x" * 64,
        "x" * 65,
        "x" * 5000,
        "ACME",
        "BILLING",
        "acme ",
        " billing",
        "acme.",
        "acme/../acme",
        "billing/",
        "acme\x00",
        "bill\ning",
        "b'; DROP TABLE widgets; --",
        '"',
        "%",
        "%61cme",
        "*",
        "☃",
        "ｂｉｌｌｉｎｇ",
        "bílling",
    ],
)
def test_of_what_does_not_exist(shared_acme: Scheduler, endpoint: Endpoint, public_id: str) -> None:
    answer = call(shared_acme.server, endpoint, public_id, headers=shared_acme.authorization)
    assert refusal(answer) == (404, "NotFound")


@EVERY
def test_what_never_existed_and_what_is_of_another_kind_look_alike(shared_acme: Scheduler, endpoint: Endpoint) -> None:
    wrong_kind = "billing" if endpoint.scope is Scope.ORGANIZATION else "acme"
    never = call(shared_acme.server, endpoint, "never-was", headers=shared_acme.authorization)
    other = call(shared_acme.server, endpoint, wrong_kind, headers=shared_acme.authorization)
    assert (never.status_code, never.content) == (other.status_code, other.content)
    assert set(never.headers) == set(other.headers)


def test_a_neighbours_callbacks_are_neither_seen_nor_cancelled(acme: Scheduler, globex: Scheduler) -> None:
    acme.requested("billing", NUMBER)
    theirs = globex.requested("globex-support", NUMBER)["callback_request_id"]
    ours = [entry["call_request_id"] for entry in entries(acme.status(NUMBER))]
    assert theirs not in ours
    assert len(ours) == 1
    assert acme.cancel(NUMBER, callback_request_id=theirs).json()["data"][0]["status"] == "InteractionNotFound"
    assert globex.cancel(NUMBER, callback_request_id=ours[0]).json()["data"][0]["status"] == "InteractionNotFound"
    assert len(entries(globex.status(NUMBER))) == 1


def test_a_neighbours_widgets_are_not_listed(shared_acme: Scheduler) -> None:
    assert all("globex" not in str(entry) for entry in entries(shared_acme.widgets(include="all")))


@EVERY
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"])
def test_methods(shared_acme: Scheduler, endpoint: Endpoint, method: str) -> None:
    server = shared_acme.server
    answer = server.ask(method, url(endpoint, "", own_id(endpoint, server)), headers=shared_acme.authorization)
    known = {"GET", "HEAD"} if endpoint.method == "GET" else {"POST"}
    if endpoint.scope is Scope.WIDGET:
        known.add("OPTIONS")
    if method in known:
        assert answer.status_code in {200, 204, 400}
        return
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == known
    if method == "HEAD":
        assert answer.content == b""
    else:
        assert refusal(answer) == (405, "MethodNotAllowed")


@EVERY
def test_every_answer_has_a_request_id_of_its_own(shared_acme: Scheduler, endpoint: Endpoint) -> None:
    server, headers = shared_acme.server, shared_acme.authorization
    own = own_id(endpoint, server)
    answers = [
        call(server, endpoint, own, headers=headers, json={}),
        call(server, endpoint, own, headers={**headers, "X-Request-Id": "forged"}, json={}),
        call(server, endpoint, "never-was"),
        server.ask("DELETE", url(endpoint, "", own)),
        server.ask("OPTIONS", url(endpoint, "", own)),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert "forged" not in ids


@OF_A_WIDGET
def test_web_pages_of_any_origin_may_call_widgets(shared_server: Running, endpoint: Endpoint) -> None:
    origin = {"Origin": "https://shop.example"}
    for public_id in ("billing", "never-was", "globex-guarded"):
        answer = call(shared_server, endpoint, public_id, headers=origin, json={})
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert {"etag", "retry-after", "x-request-id"} <= {name.strip() for name in exposed.split(",")}
        assert "access-control-allow-credentials" not in answer.headers

    asked = {"Access-Control-Request-Method": endpoint.method, "Access-Control-Request-Headers": "content-type"}
    preflight = shared_server.ask("OPTIONS", url(endpoint, "", "billing"), headers=origin | asked)
    assert (preflight.status_code, preflight.content) == (204, b"")
    assert endpoint.method in preflight.headers["access-control-allow-methods"]
    allowed = {name.strip() for name in preflight.headers["access-control-allow-headers"].lower().split(",")}
    assert {"content-type", "authorization", "x-api-token", "idempotency-key", "if-none-match"} <= allowed
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert int(preflight.headers["access-control-max-age"]) > 0


@OF_AN_ORGANIZATION
def test_web_pages_may_not_call_an_organizations_endpoints(shared_acme: Scheduler, endpoint: Endpoint) -> None:
    headers = {**shared_acme.authorization, "Origin": "https://shop.example"}
    answer = call(shared_acme.server, endpoint, "acme", headers=headers)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/organization",
        "/api/organization/",
        "/api/organization/acme",
        "/api/organization/acme/",
        "/api/organization/acme/unknown",
        "/api/organization/acme/widget_status/more",
        "/api/organization//widget_status",
        "/api/organization/acme%2Fwidget_status/x",
        "/api/organization/acme%2F..%2Fglobex/widget_status",
        "/api/widget",
        "/api/widget/",
        "/api/widget/billing/unknown",
        "/api/widget/billing/request_callback/more",
        "/api/widget/billing%2Fx",
        "/api/widget/billing%2Frequest_callback",
        "/api/widget/billing%2f",
        "/api%2Fwidget/billing",
        "/api/widgets/billing",
        "/api/v1/widget/billing",
        "/API/widget/billing",
        "/v1",
        "/v1/",
        "/v1/call-targets",
        "/v1/call-targets/",
        "/v1/call-targets/billing",
        "/v1/call-targets/billing/",
        "/v1/call-targets//queue-stats",
        "/v1/call-targets/billing/queue-stats/",
        "/v1/call-targets/billing/queue-stats/more",
        "/v1/call-targets/billing%2Fqueue-stats",
        "/v1/call-targets/../call-targets/queue-stats",
        "/v1/widget/billing",
        "/api/call-targets/billing/queue-stats",
        "/v2/call-targets/billing/queue-stats",
        "//api/widget/billing",
        "/admin",
        "/.env",
        "/static/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%00",
        "/%ff",
    ],
)
def test_paths_that_lead_nowhere(shared_server: Running, path: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        answer = shared_server.ask(method, shared_server.url + path)
        assert answer.status_code in {404, 405}
        assert answer.headers["x-request-id"]
        if path.startswith(("/api/", "/v1/")) and method != "HEAD":
            assert refusal(answer) in {(404, "NotFound"), (405, "MethodNotAllowed")}
