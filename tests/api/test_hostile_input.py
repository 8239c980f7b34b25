"""What a hostile stranger sends: every time an error of the contract, nothing changed, and the server goes on."""

import json
import socket
from typing import Any

import pytest
from tests.api import wire
from tests.api.scheduler import Scheduler, entries, refusal
from tests.running import Running

LARGEST = 64 * 1024
REQUEST = "/api/widget/billing/request_callback"
NUMBER = "+12015550123"


def word_of(heard: wire.Heard) -> tuple[int, str]:
    """HTTP status and error word of an answer heard on the wire."""
    assert heard.headers["content-type"] == "application/json; charset=utf-8"
    assert heard.headers["x-request-id"]
    ((entry,),) = json.loads(heard.body).values()
    return heard.status, entry["status"]


@pytest.fixture(autouse=True)
def nothing_is_registered_and_the_server_goes_on(shared_acme: Scheduler) -> Any:
    yield
    registered = entries(shared_acme.status(NUMBER))
    for callback in registered:  # so that the next test stands on its own
        shared_acme.cancel(NUMBER, callback_request_id=callback["call_request_id"])
    assert registered == []
    assert shared_acme.widget("billing").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"contact_number": ',
        b"{'contact_number': '+12015550123'}",
        b'{"contact_number": "+12015550123",}',
        b'{"contact_number": "+12015550123"} trailing',
        b'{"contact_number": NaN}',
        b'{"contact_number": Infinity}',
        b'{"contact_number": "\xff\xfe"}',
        b'{"contact_number": "\xed\xa0\x80"}',
        b'{"contact_number": "\\ud800"}',
        b'{"contact_number": "+12015550123", "name": "\\udc00\\ud800"}',
        b'{"contact_number": "\x00"}',
        b"\xef\xbb\xbf{}",
        '{"contact_number": "+12015550123"}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"contact_number": "+12015550123", "user_data": ' + b"[" * 50_000,
        b'{"contact_number": "+12015550123", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"contact_number=+12015550123",
        b"\x00" * 1000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bodies_that_cannot_be_parsed(shared_server: Running, body: bytes) -> None:
    heard = wire.send(shared_server.port, wire.post(REQUEST, body))
    assert word_of(heard) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "body", [b"[]", b'["+12015550123"]', b"5", b"-0", b"1e400", b'"+12015550123"', b"true", b"null", b"[[[]]]"]
)
def test_json_that_is_no_object(shared_server: Running, body: bytes) -> None:
    assert word_of(wire.send(shared_server.port, wire.post(REQUEST, body)))[0] == 400


@pytest.mark.parametrize("body", [b"", b"   ", b"{}", b'{"": ""}', b'{"contact_number": "x", "contact_number": ""}'])
def test_bodies_that_say_nothing(shared_server: Running, body: bytes) -> None:
    assert word_of(wire.send(shared_server.port, wire.post(REQUEST, body))) == (400, "ContactRequired")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("appointment_time", "1" * 400),
        ("appointment_time", "-9223372036854775809"),
        ("appointment_time", "18446744073709551616"),
        ("appointment_time", "1e400"),
        ("appointment_time", "1e15"),
        ("appointment_time", "-0.0"),
        ("appointment_time", '"１７７２４６７２００"'),
        ("user_data", '{"account": 1e999}'),
        ("user_data", '{"account": "\\ud800"}'),
        ("user_data", '{"\\u0000": 1}'),
        ("user_data", '{"": 1}'),
        ("opt_ins", '[{"use_case":"a","channel":"b","timestamp":1e30}]'),
        ("opt_ins", '[{"use_case":"a","channel":"b","timestamp":-1}]'),
        ("opt_ins", '[{"use_case":"a\\u0000","channel":"b"}]'),
        ("channel", '"\\u0007"'),
        ("locale", '"' + "x" * 36 + '"'),
        ("time_zone", '"\\u0000"'),
        ("time_zone", "99999999999999999999"),
        ("name", '"\\ud83d"'),
    ],
)
def test_values_in_every_odd_shape(shared_server: Running, name: str, value: str) -> None:
    body = f'{{"contact_number": "{NUMBER}", "{name}": {value}}}'.encode()
    status, word = word_of(wire.send(shared_server.port, wire.post(REQUEST, body)))
    assert status == 400
    assert word in {"InvalidRequest", "InvalidParameters", "InvalidTimeZone"}


@pytest.mark.parametrize(
    ("content_type", "word"),
    [
        ("application/json", "ContactRequired"),
        ("application/json; charset=utf-8", "ContactRequired"),
        ('application/json; charset="UTF-8"', "ContactRequired"),
        ("APPLICATION/JSON", "ContactRequired"),
        ("application/vnd.api+json", "ContactRequired"),
        ("text/plain", "ContactRequired"),
        ("", "ContactRequired"),
        ("application/x-www-form-urlencoded", "ContactRequired"),
        ("application/json; charset=utf-16", "InvalidRequest"),
        ("application/json; charset=latin-1", "InvalidRequest"),
        ("multipart/form-data; boundary=x", "InvalidRequest"),
        ("text/xml", "InvalidRequest"),
        ("application/octet-stream", "InvalidRequest"),
        ("json", "InvalidRequest"),
        (";;;", "ContactRequired"),
        ("é\xff", "InvalidRequest"),
    ],
)
def test_content_types(shared_server: Running, content_type: str, word: str) -> None:
    heard = wire.send(shared_server.port, wire.post(REQUEST, b"{}", content_type=content_type))
    assert word_of(heard) == (400, word)


@pytest.mark.parametrize(
    "form",
    [
        b"contact_number=%FF%FE",
        b"contact_number=%ED%A0%80",
        b"a=1&" * 2000,
        b"user_data[account][deep]=1&contact_number=%2B12015550123",
        b"contact_number=%2B12015550123&user_data=nonsense",
        b"contact_number=%2B12015550123&opt_ins=" + b"[" * 10_000,
        b"contact_number=%2B12015550123&appointment_time=soon",
        b"contact_number=%2B12015550123&appointment_time=" + b"9" * 18,
        b"contact_number=%2B12015550123&name=%00",
        b"contact_number=%00",
        b"contact_number=%2B1201555&contact_number=",
        b"contact_number",
        b"&&&===&&&",
        b"%",
    ],
)
def test_forms(shared_server: Running, form: bytes) -> None:
    request = wire.post(REQUEST, form, content_type="application/x-www-form-urlencoded")
    assert word_of(wire.send(shared_server.port, request))[0] == 400


class TestLargeBodies:
    def test_up_to_64_kib(self, shared_server: Running) -> None:
        for size, status in ((LARGEST, 400), (LARGEST + 1, 413)):
            body = b'{"x": "' + b"y" * (size - 9) + b'"}'
            assert len(body) == size
            assert wire.send(shared_server.port, wire.post(REQUEST, body)).status == status

    def test_announced(self, shared_server: Running) -> None:
        for length in ("65537", "99999999999", "9" * 19):
            head = wire.head("POST", REQUEST, f"Content-Length: {length}", "Content-Type: application/json")
            assert word_of(wire.send(shared_server.port, head)) == (413, "InvalidRequest")

    def test_not_announced(self, shared_server: Running) -> None:
        head = wire.head("POST", REQUEST, "Transfer-Encoding: chunked", "Content-Type: application/json")
        pieces = [wire.chunk(b" " * 8192)] * 9
        assert word_of(wire.send(shared_server.port, head, *pieces)) == (413, "InvalidRequest")
        whole = [wire.chunk(b" " * 8192), wire.chunk(b"{}"), wire.chunk(b"")]
        assert word_of(wire.send(shared_server.port, head, *whole)) == (400, "ContactRequired")

    def test_of_an_organizations_endpoints(self, shared_acme: Scheduler) -> None:
        for action in ("callback_status", "cancel_callback"):
            path = f"/api/organization/acme/{action}"
            answer = shared_acme.server.post(path, content=b" " * (LARGEST + 1), headers=shared_acme.authorization)
            assert refusal(answer) == (413, "InvalidRequest")
            assert refusal(shared_acme.server.post(path, content=b" " * (LARGEST + 1))) == (401, "Unauthorized")


class TestSlowCallers:
    def test_a_body_that_comes_byte_by_byte(self, shared_server: Running) -> None:
        request = wire.post(REQUEST, b'{"contact_number": ""}')
        pieces = [request[place : place + 1] for place in range(len(request))]
        assert word_of(wire.send(shared_server.port, *pieces)) == (400, "ContactRequired")

    def test_bodies_that_never_come_keep_nobody_waiting(self, shared_server: Running, shared_acme: Scheduler) -> None:
        head = wire.head("POST", REQUEST, "Content-Length: 100", "Content-Type: application/json")
        waiting = [wire.connection(shared_server.port) for _ in range(50)]
        try:
            for connection in waiting:
                connection.sendall(head)
            assert shared_acme.widget("billing").status_code == 200
        finally:
            for connection in waiting:
                connection.close()

    def test_a_body_that_breaks_off_is_not_acted_upon(self, shared_server: Running) -> None:
        body = json.dumps({"contact_number": NUMBER}).encode()
        head = wire.head("POST", REQUEST, f"Content-Length: {len(body) + 1}", "Content-Type: application/json")
        with wire.connection(shared_server.port) as connection:
            connection.sendall(head + body)
            connection.shutdown(socket.SHUT_WR)
            assert wire.hear(connection).status == 0

    def test_who_hangs_up_before_the_answer(self, shared_server: Running) -> None:
        for _ in range(20):
            with wire.connection(shared_server.port) as connection:
                connection.sendall(wire.head("GET", "/api/widget/billing"))


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/widget/billing?locale=%FF%FE&timeslots=1 HTTP/1.1",
        "GET /api/widget/billing?timeslots=1&timeslots=2 HTTP/1.1",
        "GET /api/widget/billing?%00=%00 HTTP/1.1",
        "GET /api/widget/billing?" + "a=b&" * 5000 + " HTTP/1.1",
        "GET /api/widget/billing??time_zone HTTP/1.1",
        "GET /api/widget/billing?time_zone= HTTP/1.1",
        "GET /api/widget/../widget/billing HTTP/1.1",
        "GET /api/widget/.. HTTP/1.1",
        "GET /api/widget/%2e%2e/billing HTTP/1.1",
        "GET /api/widget/bill%00ing HTTP/1.1",
        "GET /api/widget/%ff HTTP/1.1",
        "GET /api/widget/" + "x" * 30_000 + " HTTP/1.1",
        "GET http://elsewhere.example/api/widget/billing HTTP/1.1",
        "GET * HTTP/1.1",
    ],
    ids=lambda line: line[:50],
)
def test_odd_request_lines(shared_server: Running, request_line: str) -> None:
    heard = wire.send(shared_server.port, f"{request_line}\r\nHost: ringback\r\n\r\n".encode("latin-1"))
    assert heard.status in {200, 307, 400, 404}


@pytest.mark.parametrize(
    "header",
    [
        "If-None-Match: " + 'W/"a", ' * 3000,
        "If-None-Match: \xff\xfe",
        "Authorization: Bearer \xff\xfe\xe9",
        "Authorization: \xff",
        "X-Api-Token: \xe9",
        "X-Forwarded-For: \xff",
        "Forwarded: for=\xff",
        "Host: <script>",
        "Origin: null",
        "Content-Length: 5",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
    ],
    ids=lambda header: header[:30],
)
def test_odd_headers(shared_server: Running, header: str) -> None:
    assert wire.send(shared_server.port, wire.head("GET", "/api/widget/billing", header)).status in {200, 400}
    assert wire.send(shared_server.port, wire.head("GET", "/api/widget/globex-guarded", header)).status in {400, 401}


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n\r\n",
        wire.head("POST", REQUEST, "Content-Length: -1"),
        wire.head("POST", REQUEST, "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    ],
)
def test_what_is_not_http(shared_server: Running, noise: bytes) -> None:
    with wire.connection(shared_server.port) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        assert wire.hear(connection).status in {0, 400}
