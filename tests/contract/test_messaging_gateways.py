"""Gateways over real connections: what every one must do, and Twilio's own ways."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr, ValidationError
from tests.peers.prism import twilio_by_its_description
from tests.peers.twilio import ACCOUNT, SERVICE, TOKEN, TwilioPeer

from ringback.kernel.clock import SECOND, Instant, from_datetime
from ringback.messaging.gateways.port import (
    DeliveryState,
    Gateway,
    GatewayError,
    PermanentError,
    Reason,
    RetryAfter,
    Text,
    TextId,
    Unreachable,
)
from ringback.messaging.gateways.simulator import SimulatedGateway
from ringback.messaging.gateways.twilio import TwilioGateway, TwilioSettings

T = TypeVar("T")
TEXT = Text(TextId("t1"), "+12125550199", "+12125550100", "We will call you.", "https://ringback.example/told/t1")


def to(number: str) -> Text:
    return Text(TextId("t2"), TEXT.sender, number, TEXT.body, TEXT.status_url)


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        yield peer


def settings(url: str, **more: Any) -> TwilioSettings:
    return TwilioSettings(**{"account_sid": ACCOUNT, "auth_token": SecretStr(TOKEN), "base_url": url, **more})


def use(gateway: Gateway, work: Coroutine[Any, Any, T]) -> T:
    async def run() -> T:
        try:
            return await work
        finally:
            await gateway.close()

    return asyncio.run(run())


def send(url: str, text: Text = TEXT, **more: Any) -> Any:
    gateway = TwilioGateway(settings(url, **more))
    return use(gateway, gateway.send(text))


def failure(url: str, text: Text = TEXT, **more: Any) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        send(url, text, **more)
    return raised.value


class TestEvery:
    """The contract suite."""

    @pytest.fixture(params=["simulator", "twilio"])
    def gateway(self, request: pytest.FixtureRequest, peer: TwilioPeer) -> Gateway:
        return SimulatedGateway() if request.param == "simulator" else TwilioGateway(settings(peer.url))

    def test_a_text_is_taken_over(self, gateway: Gateway) -> None:
        sent = use(gateway, gateway.send(TEXT))
        assert sent.provider_id
        assert sent.state in {DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED}

    @pytest.mark.parametrize(
        ("number", "reason"), [("+12125550021", Reason.OPTED_OUT), ("+12125550022", Reason.BAD_NUMBER)]
    )
    def test_a_number_that_gets_none(self, gateway: Gateway, number: str, reason: Reason) -> None:
        with pytest.raises(PermanentError) as raised:
            use(gateway, gateway.send(to(number)))
        assert raised.value.reason is reason
        assert number not in raised.value.message

    def test_a_text_that_was_never_sent_is_not_found(self, gateway: Gateway) -> None:
        assert use(gateway, gateway.find(TEXT, since=Instant(0))) is None

    def test_it_is_set_up(self, gateway: Gateway) -> None:
        assert use(gateway, gateway.check()) is None


class TestTwilio:
    def test_what_is_sent(self, peer: TwilioPeer) -> None:
        send(peer.url)
        [(method, path, form)] = peer.requests
        assert (method, path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
        assert form == {
            "To": "+12125550100",
            "From": "+12125550199",
            "Body": "We will call you.",
            "StatusCallback": "https://ringback.example/told/t1",
        }

    def test_a_pool_of_numbers_takes_the_place_of_the_sender(self, peer: TwilioPeer) -> None:
        assert send(peer.url, messaging_service_sid=SERVICE).segments is None
        assert peer.texts[0]["from"] is None

    def test_without_an_address_of_ours_nothing_is_to_be_told(self, peer: TwilioPeer) -> None:
        send(peer.url, Text(TEXT.id, TEXT.sender, TEXT.to, "Zażółć 😀", ""))
        assert peer.requests[0][2] == {"To": "+12125550100", "From": "+12125550199", "Body": "Zażółć 😀"}

    @pytest.mark.parametrize("told", [{}, {"Retry_After": "soon"}])
    def test_too_many_at_once(self, peer: TwilioPeer, told: dict[str, str]) -> None:
        peer.fail_next(429, 20429, **told)
        error = failure(peer.url)
        assert isinstance(error, RetryAfter)
        assert (error.reason, error.seconds, error.provider_code) == (Reason.BUSY, 5.0, "20429")

    @pytest.mark.parametrize(
        ("told", "seconds"),
        [
            ({"Retry_After": "17"}, 17.0),
            ({"Retry_After": "999999"}, 3600.0),
            ({"Retry_After": "Sun, 22 Nov 2026 12:01:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 60.0),
            ({"Retry_After": "Sun, 22 Nov 2026 11:00:00 GMT", "Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, 5.0),
        ],
    )
    def test_how_long_to_wait(self, peer: TwilioPeer, told: dict[str, str], seconds: float) -> None:
        peer.fail_next(429, None, **told)
        error = failure(peer.url)
        assert isinstance(error, RetryAfter)
        assert error.seconds == seconds

    def test_wrong_credentials_are_mended_by_a_person_so_the_text_waits(self, peer: TwilioPeer) -> None:
        error = failure(peer.url, auth_token=SecretStr("wrong"))
        assert isinstance(error, RetryAfter)
        assert error.reason is Reason.CREDENTIALS
        assert peer.texts == []

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (to("+12125550026"), Reason.NOT_ALLOWED),
            (to("555"), Reason.BAD_NUMBER),
            (Text(TEXT.id, "+19995550000", TEXT.to, "x", ""), Reason.NOT_ALLOWED),
            (Text(TEXT.id, TEXT.sender, TEXT.to, "x" * 1601, ""), Reason.TEXT_REFUSED),
            (Text(TEXT.id, TEXT.sender, TEXT.to, "", ""), Reason.TEXT_REFUSED),
        ],
    )
    def test_what_is_refused_for_good(self, peer: TwilioPeer, text: Text, reason: Reason) -> None:
        error = failure(peer.url, text)
        assert isinstance(error, PermanentError)
        assert error.reason is reason
        assert peer.texts == []

    @pytest.mark.parametrize(("status", "body"), [(500, None), (503, b"<html>"), (201, b"<html>"), (200, b"[1]")])
    def test_it_fails(self, peer: TwilioPeer, status: int, body: bytes | None) -> None:
        peer.fail_next(status, body=body)
        error = failure(peer.url)
        assert isinstance(error, Unreachable)
        assert error.may_be_sent

    def test_an_answer_without_a_message(self, peer: TwilioPeer) -> None:
        peer.fail_next(201, body=b"{}")
        assert isinstance(failure(peer.url), Unreachable)

    def test_nobody_is_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        error = failure(url)
        assert isinstance(error, Unreachable)
        assert not error.may_be_sent

    def test_a_text_whose_answer_was_lost_is_found(self, peer: TwilioPeer) -> None:
        begun = Instant(from_datetime(peer.clock()) // SECOND * SECOND)
        peer.swallow_next()
        error = failure(peer.url)
        assert isinstance(error, Unreachable)
        assert error.may_be_sent
        gateway = TwilioGateway(settings(peer.url))
        found = use(gateway, gateway.find(TEXT, since=begun))
        assert found is not None
        assert found.provider_id == peer.texts[0]["sid"]

    @pytest.mark.parametrize(
        "other",
        [
            Text(TEXT.id, TEXT.sender, TEXT.to, "Another one.", ""),
            Text(TEXT.id, TEXT.sender, "+12125550101", TEXT.body, ""),
            Text(TEXT.id, "+12125550198", TEXT.to, TEXT.body, ""),
        ],
    )
    def test_another_text_is_not_taken_for_it(self, peer: TwilioPeer, other: Text) -> None:
        send(peer.url, other)
        gateway = TwilioGateway(settings(peer.url))
        assert use(gateway, gateway.find(TEXT, since=Instant(0))) is None

    def test_one_of_before_is_not_taken_for_it(self, peer: TwilioPeer) -> None:
        send(peer.url)
        gateway = TwilioGateway(settings(peer.url))
        since = Instant(from_datetime(peer.clock()) + 3 * SECOND)
        assert use(gateway, gateway.find(TEXT, since=since)) is None

    @pytest.mark.parametrize(
        "url", ["http://api.example", "ftp://api.example", "https://", "http://localhost.example", "api.example"]
    )
    def test_secrets_are_not_sent_in_the_clear(self, url: str) -> None:
        with pytest.raises(ValidationError):
            settings(url)


def test_what_is_sent_is_as_twilios_own_description_of_its_api_has_it() -> None:
    with twilio_by_its_description() as url:
        assert send(url).provider_id == "SM" + "a" * 32
        assert send(url, messaging_service_sid=SERVICE).state is DeliveryState.QUEUED
        gateway = TwilioGateway(settings(url))
        assert use(gateway, gateway.find(TEXT, since=Instant(0))) is None
        gateway = TwilioGateway(settings(url))
        assert use(gateway, gateway.check()) is None
        error = failure(url, account_sid="somebody")
        assert isinstance(error, PermanentError)
