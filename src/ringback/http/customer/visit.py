"""One request to a customer's page, and what is wrong with it, told in a page."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import parse_qsl

from markupsafe import Markup

from ringback.http.answer import JSON, NO_STORE, Answer, Header
from ringback.http.customer.page import page
from ringback.http.customer.reader import Reader, choose_locale
from ringback.http.errors import answer_error
from ringback.http.scheduler.exchange import BodyTooLarge, Exchange
from ringback.kernel import errors

_MOST_FIELDS = 50
_LONGEST_VALUE = 200
"""Characters of a field that are looked at and, when something is wrong, shown again."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: its exchange, the parts of its path, its query and the languages that the browser accepts."""

    exchange: Exchange
    path: Mapping[str, str]
    query: Mapping[str, str]
    accepts: str | None

    async def form(self) -> dict[str, str]:
        """The fields of a form that was sent, from any bytes. Raises ``BodyTooLarge`` and ``InvalidRequest``."""
        return fields((await self.exchange.body()).decode("utf-8", "replace"))


Handler = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was not done: the field to mend (empty: none in particular) and the words beside it."""

    field: str
    words: Markup
    status: int
    headers: tuple[Header, ...] = ()


_FIELDS: Mapping[type[errors.RingbackError], str] = {
    errors.ContactRequired: "contact_number",
    errors.InvalidContact: "contact_number",
    errors.DuplicateRequest: "contact_number",
    errors.AppointmentTimeInThePast: "appointment_time",
    errors.AppointmentTimeFull: "appointment_time",
    errors.AppointmentTimeInvalid: "appointment_time",
    errors.RequestRefusedDueToOperationMode: "",
    errors.TooManyRequests: "",
    errors.DatabaseUnavailable: "",
}
"""What the page with the form can tell, and beside which field."""


def fields(text: str) -> dict[str, str]:
    """The fields of a query or form, the first of each name, without control characters."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise errors.InvalidRequest("There are too many fields.") from None
    return {name: _readable(value) for name, value in reversed(pairs)}


def problem_of(error: errors.RingbackError, reader: Reader) -> Problem:
    """The error beside its field; raised again when a page of its own tells it."""
    kind = next((kind for kind in _FIELDS if isinstance(error, kind)), None)
    if kind is None:
        raise error
    answer = answer_error(error)
    code = "ServiceUnavailable" if answer.status == 503 else error.code
    wait = reader.wait(float(error.details.get("retry_after", 0)))
    return Problem(_FIELDS[kind], reader.say(f"error.{code}", wait=wait), answer.status, _further(answer))


def error_page(error: Exception, visit: Visit) -> Answer:
    """The page that tells of an error for which there is no form."""
    answer = answer_error(error)
    status = 413 if isinstance(error, BodyTooLarge) else answer.status
    return told(status, visit, _further(answer))


def told(status: int, visit: Visit, headers: tuple[Header, ...] = ()) -> Answer:
    """The page for an HTTP status, in the reader's language."""
    locale = choose_locale(visit.query.get("locale"), visit.accepts, "en")
    return page("error.html", Reader(locale, "UTC", UTC, visit.exchange.now), status=status, headers=headers)


def _further(answer: Answer) -> tuple[Header, ...]:
    return tuple(header for header in answer.headers if header not in {JSON, NO_STORE})


def _readable(value: str) -> str:
    return "".join(character for character in value[:_LONGEST_VALUE] if character.isprintable())
