"""Who is let in: networks, tokens, both, either, neither; forwarding headers; rate limits."""

import pytest
from tests.api.conftest import Start
from tests.api.scheduler import ORGANIZATIONS, Scheduler, entries, only, refusal
from tests.conftest import MONDAY_3_PM
from tests.running import Running, reconfigure

from ringback.kernel.clock import from_unix

NUMBER = "+12015550123"
ALLOWED = "192.0.2.7"
ALLOWED_V6 = "2001:db8::7"
STRANGE = "198.51.100.7"

Headers = dict[str, str]


def status_of(server: Running, widget: str, headers: Headers | None = None) -> tuple[int, str]:
    """What a widget answers: 200 and its state, or the refusal."""
    answer = server.get(f"/api/widget/{widget}", headers=headers)
    return (200, "let in") if answer.status_code == 200 else refusal(answer)


LET_IN = (200, "let in")
UNAUTHORIZED = (401, "Unauthorized")
FORBIDDEN = (403, "Forbidden")


@pytest.mark.parametrize(
    ("widget", "secret", "with_right_token", "without_token"),
    [
        ("open", "HOOLI_TOKEN", LET_IN, LET_IN),
        ("here", "HOOLI_TOKEN", LET_IN, LET_IN),
        ("elsewhere", "HOOLI_TOKEN", FORBIDDEN, FORBIDDEN),
        ("token", "HOOLI_TOKEN", LET_IN, UNAUTHORIZED),
        ("here-and-token", "HOOLI_BOTH_TOKEN", LET_IN, UNAUTHORIZED),
        ("elsewhere-and-token", "HOOLI_ELSEWHERE_TOKEN", FORBIDDEN, FORBIDDEN),
        ("elsewhere-or-token", "HOOLI_ANY_TOKEN", LET_IN, UNAUTHORIZED),
        ("here-or-token", "HOOLI_HERE_OR_TOKEN", LET_IN, LET_IN),
        ("nobody", "HOOLI_TOKEN", FORBIDDEN, FORBIDDEN),
        ("all-revoked", "HOOLI_REVOKED_TOKEN", UNAUTHORIZED, UNAUTHORIZED),
    ],
)
def test_the_truth_about_policies(
    shared_server: Running,
    secrets: dict[str, str],
    widget: str,
    secret: str,
    with_right_token: tuple[int, str],
    without_token: tuple[int, str],
) -> None:
    bearer = {"Authorization": f"Bearer {secrets[secret]}"}
    another = {"Authorization": f"Bearer {secrets['GLOBEX_TOKEN']}"}
    assert status_of(shared_server, widget, bearer) == with_right_token
    assert status_of(shared_server, widget) == without_token
    assert status_of(shared_server, widget, another) == without_token
    request = shared_server.post(f"/api/widget/{widget}/request_callback", json={}, headers=another)
    assert refusal(request) == (without_token if without_token != LET_IN else (400, "ContactRequired"))


def test_an_organization_is_closed_until_it_is_opened(shared_server: Running, secrets: dict[str, str]) -> None:
    for headers in ({}, {"Authorization": f"Bearer {secrets['HOOLI_TOKEN']}"}):
        answer = shared_server.get("/api/organization/hooli/widget_status", headers=headers)
        assert refusal(answer) == FORBIDDEN
        assert "www-authenticate" not in answer.headers


def test_a_public_organization_is_open(server: Running) -> None:
    listed = entries(server.get("/api/organization/initech/widget_status"))
    assert [entry["id"] for entry in listed] == ["initech-support", "initech-from-here", "initech-with-token"]


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"Authorization": "Bearer {token}"}, LET_IN),
        ({"authorization": "bearer {token}"}, LET_IN),
        ({"Authorization": "Bearer  {token}"}, LET_IN),
        ({"X-Api-Token": "{token}"}, LET_IN),
        ({"Authorization": "Basic dXNlcjpwYXNz", "X-Api-Token": "{token}"}, LET_IN),
        ({"Authorization": "Bearer wrong", "X-Api-Token": "{token}"}, UNAUTHORIZED),
        ({"Authorization": "{token}"}, UNAUTHORIZED),
        ({"Authorization": "Token {token}"}, UNAUTHORIZED),
        ({"Authorization": "Basic {token}"}, UNAUTHORIZED),
        ({"Authorization": "Bearer"}, UNAUTHORIZED),
        ({"Authorization": "Bearer {token}x"}, UNAUTHORIZED),
        ({"Authorization": "Bearer " + "x" * 10_000}, UNAUTHORIZED),
        ({"X-Api-Token": ""}, UNAUTHORIZED),
        ({"X-Api-Key": "{token}"}, UNAUTHORIZED),
        ({"Cookie": "token={token}"}, UNAUTHORIZED),
        ({}, UNAUTHORIZED),
    ],
)
def test_how_a_token_is_sent(
    shared_acme: Scheduler, shared_server: Running, headers: Headers, outcome: tuple[int, str]
) -> None:
    sent = {name: value.replace("{token}", shared_acme.token) for name, value in headers.items()}
    answer = shared_server.get("/api/organization/acme/widget_status", headers=sent)
    if outcome == LET_IN:
        assert entries(answer)
    else:
        assert refusal(answer) == outcome
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["token", "access_token", "api_token", "X-Api-Token", "Authorization", "key"])
def test_never_in_the_query_nor_in_the_body(shared_acme: Scheduler, shared_server: Running, name: str) -> None:
    for value in (shared_acme.token, f"Bearer {shared_acme.token}"):
        answer = shared_server.get("/api/organization/acme/widget_status", params={name: value})
        assert refusal(answer) == UNAUTHORIZED
        body = {"contact_number": NUMBER, name: value}
        answer = shared_server.post("/api/organization/acme/callback_status", json=body)
        assert refusal(answer) == UNAUTHORIZED


def test_both_halves_of_a_rotation_are_valid_until_one_is_revoked(server: Running, secrets: dict[str, str]) -> None:
    def answered(secret: str) -> int:
        headers = {"X-Api-Token": secrets[secret]}
        return server.get("/api/organization/acme/widget_status", headers=headers).status_code

    assert [answered(name) for name in ("ACME_TOKEN", "ACME_SECOND_TOKEN")] == [200, 200]
    reconfigure(server, ORGANIZATIONS / "acme.toml", ('tokens.first = { secret_env = "ACME_TOKEN" }\n', ""))
    assert [answered(name) for name in ("ACME_TOKEN", "ACME_SECOND_TOKEN")] == [401, 200]


def test_revoked_and_expired_tokens(server: Running, secrets: dict[str, str]) -> None:
    def answered(secret: str) -> int:
        headers = {"Authorization": f"Bearer {secrets[secret]}"}
        return server.get("/api/organization/acme/widget_status", headers=headers).status_code

    assert answered("ACME_REVOKED_TOKEN") == 401
    server.clock.turn_to(from_unix(MONDAY_3_PM + 3600 - 1))
    assert answered("ACME_EXPIRING_TOKEN") == 200
    server.clock.turn_to(from_unix(MONDAY_3_PM + 3600))
    assert answered("ACME_EXPIRING_TOKEN") == 401


def test_the_day_of_a_tokens_last_use_is_noted(acme: Scheduler, server: Running) -> None:
    acme.widgets()
    acme.status(NUMBER)  # a read after the note, which is written behind the answer
    noted = "SELECT name, last_used_on FROM access_tokens WHERE org_id = 'acme' AND last_used_on IS NOT NULL"
    server.app.db.write_now(lambda tx: None)  # one writer: what was to be written before has been
    rows = server.app.db.read_now(lambda tx: tx.all(noted))
    assert [(row["name"], row["last_used_on"]) for row in rows] == [("first", "2026-03-02")]


class TestForwarding:
    """``elsewhere`` lets in 192.0.2.0/24 and 2001:db8::/32; the socket's peer is 127.0.0.1."""

    FORGED: tuple[Headers, ...] = (
        {"X-Forwarded-For": ALLOWED},
        {"X-Forwarded-For": f"{ALLOWED}, 127.0.0.1"},
        {"Forwarded": f"for={ALLOWED}"},
        {"Forwarded": f'for="[{ALLOWED_V6}]"'},
        {"X-Real-IP": ALLOWED},
        {"True-Client-IP": ALLOWED},
        {"X-Client-IP": ALLOWED},
        {"X-Forwarded-For": "a" * 5000},
    )

    @pytest.mark.parametrize("headers", FORGED)
    def test_a_forged_header_is_ignored(self, shared_server: Running, headers: Headers) -> None:
        assert status_of(shared_server, "elsewhere", headers) == FORBIDDEN
        assert status_of(shared_server, "here", headers) == LET_IN

    @pytest.mark.parametrize(
        ("headers", "outcome"),
        [
            ({"X-Forwarded-For": ALLOWED}, LET_IN),
            ({"X-Forwarded-For": ALLOWED_V6}, LET_IN),
            ({"X-Forwarded-For": f"::ffff:{ALLOWED}"}, LET_IN),
            ({"X-Forwarded-For": f"{ALLOWED}:4711"}, LET_IN),
            ({"Forwarded": f'for="[{ALLOWED_V6}]:4711";proto=https'}, LET_IN),
            ({"X-Forwarded-For": f"{STRANGE}, {ALLOWED}"}, LET_IN),  # right-most untrusted
            ({"X-Forwarded-For": f"{STRANGE}, {ALLOWED}, 10.1.2.3"}, LET_IN),  # a second proxy of ours
            ({"X-Forwarded-For": f"{ALLOWED}, {STRANGE}"}, FORBIDDEN),  # the caller wrote the first
            ({"X-Forwarded-For": f"{ALLOWED}, nonsense"}, FORBIDDEN),
            ({"X-Forwarded-For": ALLOWED, "Forwarded": f"for={STRANGE}"}, FORBIDDEN),  # they disagree
            ({"X-Forwarded-For": "unknown"}, FORBIDDEN),
            ({"X-Forwarded-For": ""}, FORBIDDEN),
            ({"X-Real-IP": ALLOWED}, FORBIDDEN),
            ({}, FORBIDDEN),
        ],
    )
    def test_a_trusted_proxy_is_believed(self, start: Start, headers: Headers, outcome: tuple[int, str]) -> None:
        server = start(trusted_proxies="127.0.0.1, 10.0.0.0/8")
        assert status_of(server, "elsewhere", headers) == outcome

    def test_limits_count_the_caller_behind_the_proxy(self, start: Start) -> None:
        server = start(trusted_proxies="127.0.0.1")

        def answered(address: str) -> int:
            return server.get("/api/widget/initech-support", headers={"X-Forwarded-For": address}).status_code

        assert [answered(STRANGE) for _ in range(5)] == [200, 200, 200, 200, 429]
        assert answered(ALLOWED) == 200
        ours = [answered(f"2001:db8:0:1::{place}") for place in range(1, 6)]
        assert ours == [200, 200, 200, 200, 429]  # one /64 is one caller
        assert answered("2001:db8:0:2::1") == 200


class TestLimits:
    """Initech: 4 status requests and 3 others a minute from one address, 2 callbacks to one number in 10 minutes."""

    def test_status_requests_of_an_address(self, server: Running) -> None:
        for path in ("/api/widget/initech-support", "/api/organization/initech/widget_status") * 2:
            assert server.get(path).status_code == 200
        refused = server.get("/api/widget/initech-support")
        assert refusal(refused) == (429, "TooManyRequests")
        assert refused.headers["retry-after"] == "15"
        server.clock.advance(15)
        assert server.get("/api/widget/initech-support").status_code == 200
        assert server.get("/api/widget/initech-support").status_code == 429

    def test_bad_requests_count_too(self, server: Running) -> None:
        path = "/api/widget/initech-support/request_callback"
        assert [server.post(path, content="nonsense").status_code for _ in range(4)] == [400, 400, 400, 429]

    def test_cancellations_of_an_address(self, server: Running) -> None:
        path = "/api/organization/initech/cancel_callback"
        answers = [server.post(path, json={"contact_number": NUMBER}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]

    def test_listed_addresses_and_valid_tokens_are_exempt(self, server: Running, secrets: dict[str, str]) -> None:
        token = {"X-Api-Token": secrets["INITECH_TOKEN"]}
        for _ in range(6):
            assert status_of(server, "initech-from-here") == LET_IN
            assert status_of(server, "initech-with-token", token) == LET_IN

    def test_refused_tokens_do_not_use_up_the_address(self, server: Running) -> None:
        for _ in range(6):
            assert status_of(server, "initech-with-token") == UNAUTHORIZED
        assert status_of(server, "initech-support") == LET_IN

    def test_callbacks_to_a_number(self, server: Running) -> None:
        initech = Scheduler(server, "initech")
        for _ in range(2):
            assert initech.request("initech-from-here", NUMBER).status_code == 200
            assert only(initech.cancel(NUMBER))["status"] == "Canceled"
        refused = initech.request("initech-from-here", "(201) 555-0123")
        assert refusal(refused) == (429, "TooManyRequests")
        assert refused.headers["retry-after"] == "600"
        server.clock.advance(600)
        assert initech.request("initech-from-here", NUMBER).status_code == 200

    def test_callbacks_to_a_prefix(self, server: Running) -> None:
        initech = Scheduler(server, "initech")
        answers = [initech.request("initech-from-here", f"+120155501{place:02}").status_code for place in range(5)]
        assert answers == [200, 200, 200, 200, 429]
        assert initech.request("initech-from-here", "+12125550123").status_code == 200
