"""Sending by Twilio's Messages resource: ``POST /2010-04-01/Accounts/{AccountSid}/Messages.json``."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2 as httpx

from ringback.kernel.clock import SECOND, Instant, from_datetime
from ringback.messaging.gateways.port import (
    Capability,
    DeliveryState,
    GatewayError,
    PermanentError,
    ProviderId,
    Reason,
    RetryAfter,
    Sent,
    Text,
    Unreachable,
)
from ringback.messaging.gateways.twilio.model import TwilioSettings
from ringback.messaging.gateways.twilio.words import STATES, WORTH_WAITING, reason_of

_SECONDS = 10.0
"""For an answer: a text is asked after sooner than the next worker would take it over."""
_CONNECTIONS = 20
_LONGEST_WAIT = 3600.0
_LOOKED_AT = 50
"""Texts to one number since a try: more were hardly sent meanwhile."""


class TwilioGateway:
    """One account. Twilio knows no idempotency key: after a try without an answer :meth:`find` looks for the text."""

    name = "twilio"
    capabilities = frozenset({Capability.TELLS_DELIVERY, Capability.ANSWERS_OPT_OUT})

    def __init__(self, settings: TwilioSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._account = f"/2010-04-01/Accounts/{settings.account_sid}"
        self._client = httpx.AsyncClient(
            base_url=settings.base_url,
            auth=settings.credentials,
            timeout=_SECONDS,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            transport=transport,
            follow_redirects=False,
        )

    async def send(self, text: Text) -> Sent:
        """Hand a text over. Raises ``GatewayError``."""
        service = self._settings.messaging_service_sid
        form = {"To": text.to, "Body": text.body}
        form |= {"MessagingServiceSid": service} if service else {"From": text.sender}
        if text.status_url:
            form["StatusCallback"] = text.status_url
        return _sent(_document(await self._request("POST", f"{self._account}/Messages.json", data=form)))

    async def find(self, text: Text, *, since: Instant) -> Sent | None:
        """The text among those that Twilio has for this number since then. Raises ``GatewayError``."""
        query: dict[str, Any] = {"To": text.to, "PageSize": _LOOKED_AT}  # newest first
        if not self._settings.messaging_service_sid:
            query["From"] = text.sender
        listed = _document(await self._request("GET", f"{self._account}/Messages.json", params=query))
        for message in listed.get("messages", ()):
            if message.get("body") == text.body and _created(message) >= since:
                return _sent(message)
        return None

    async def check(self) -> None:
        """Ask for the account. Raises ``GatewayError``."""
        await self._request("GET", f"{self._account}.json")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _request(self, method: str, path: str, **what: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **what)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"Twilio cannot be reached: {type(error).__name__}.", may_be_sent=False) from error
        except httpx.HTTPError as error:
            raise Unreachable(f"Twilio did not answer: {type(error).__name__}.", may_be_sent=True) from error
        if answer.is_success:
            return answer
        raise _failure(answer)


def _failure(answer: httpx.Response) -> GatewayError:
    """The error that an answer is. Its message repeats nothing of the answer, which may have the number in it."""
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unreachable(f"Twilio failed with {answer.status_code}.", may_be_sent=True)
    code = _code(answer)
    reason = reason_of(code)
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        reason = Reason.BUSY
    elif answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and reason is Reason.UNKNOWN:
        reason = Reason.CREDENTIALS
    message = f"Twilio refused with {answer.status_code}{f', error {code}' if code else ''}: {reason}."
    if reason in WORTH_WAITING:
        return RetryAfter(message, reason, _wait(answer, WORTH_WAITING[reason]), code)
    return PermanentError(message, reason, code)


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code") or "")[:16]
    except (ValueError, AttributeError):
        return ""


def _wait(answer: httpx.Response, otherwise: float) -> float:
    """Seconds, by ``Retry-After`` (RFC 9110, section 10.2.3), which may be a number or a date."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), _LONGEST_WAIT)
    until, answered = _date(told), _date(answer.headers.get("date", ""))
    if until is None or answered is None:
        return otherwise
    return min(max((until - answered) / SECOND, otherwise), _LONGEST_WAIT)


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError as error:
        raise Unreachable("Twilio's answer cannot be read.", may_be_sent=True) from error
    if not isinstance(document, dict):
        raise Unreachable("Twilio's answer cannot be read.", may_be_sent=True)
    return document


def _sent(message: dict[str, Any]) -> Sent:
    provider_id = str(message.get("sid") or "")
    if not provider_id:
        raise Unreachable("Twilio's answer names no message.", may_be_sent=True)
    segments = str(message.get("num_segments") or "")
    return Sent(
        ProviderId(provider_id),
        STATES.get(str(message.get("status")), DeliveryState.QUEUED),
        int(segments) if segments.isascii() and segments.isdigit() and segments != "0" else None,
    )


def _created(message: dict[str, Any]) -> Instant:
    """When Twilio made it: it tells the second, of which the end is taken."""
    made = _date(str(message.get("date_created")))
    return Instant(0) if made is None else Instant(made + SECOND - 1)


def _date(text: str) -> Instant | None:
    """A date of RFC 9110 or RFC 2822; both are UTC where they do not say otherwise."""
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return from_datetime(date if date.tzinfo else date.replace(tzinfo=UTC))
