"""What a caller sends, read into values of known shape. Pure; raises the contract's errors and nothing else.

The schemas in ``parameters.py`` say the same for the reader of the API: change both together.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import orjson

from ringback.callbacks.model import IdempotencyKey, OptIn
from ringback.kernel.clock import Instant, from_unix
from ringback.kernel.errors import ContactRequired, InvalidParameters, InvalidRequest
from ringback.kernel.localtime import resolve_zone

DEFAULT_CHANNEL = "api"
DEFAULT_TIME_ZONE = "UTC"

_FORM = "application/x-www-form-urlencoded"
_JSON = frozenset({"", "application/json", "text/json", "text/plain"})  # some platforms cannot name their type
_CHARSET = re.compile(r'charset\s*=\s*"?([^\s";]*)')
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_USER_DATA_ENTRY = re.compile(r"user_data\[([^\[\]]+)\]")
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters and lone surrogates
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
_NUMBER = re.compile(r"\s*-?[0-9]{1,18}(\.[0-9]{1,18})?\s*", re.ASCII)

_MOST_PAIRS = 1000
_LATEST_TIME = 9_007_199_254  # Unix seconds whose microseconds a double still holds exactly; the year 2255
_LARGEST_EXACT = 2**53 - 1


@dataclass(frozen=True, slots=True)
class StatusQuery:
    """How a widget's status is asked for. Hashable: what is asked alike is answered alike."""

    time_zone: str
    locale: str | None
    timeslots: int | None
    """The first so many; ``None`` is all."""
    include_all: bool

    @property
    def zone(self) -> tzinfo:
        """The zone that times are written in."""
        return resolve_zone(self.time_zone)


@dataclass(frozen=True, slots=True)
class CallbackStatusRequest:
    """A question about the callbacks of a number."""

    contact_number: str
    as_strings: bool
    """Whether every value of the answer is to be a string, as the reference product types them."""


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """A wish to cancel the callback of a number."""

    contact_number: str
    callback_request_id: str | None
    """Which, when there are several."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A wish for a callback, as it was sent: the number is not looked at yet."""

    contact_number: str
    appointment_at: Instant | None
    user_data: Mapping[str, Any] | None
    channel: str
    opt_ins: tuple[OptIn, ...] | None
    name: str | None
    locale: str | None
    time_zone: str


def status_query(query_string: bytes) -> StatusQuery:
    """The query of both widget status endpoints. Raises ``InvalidTimeZone``, ``InvalidParameters``."""
    query = read_query(query_string)
    return StatusQuery(
        time_zone=_time_zone(query),
        locale=_text(query, "locale", 35),
        timeslots=_timeslots(query.get("timeslots", "")),
        include_all=_is_chosen(query, "include", "all"),
    )


def callback_status_request(body: bytes, content_type: bytes | None, query_string: bytes) -> CallbackStatusRequest:
    """The body and query of Callback Status.

    Nothing in its answer is written in the zone of ``time_zone``, but a wrong one is told, as elsewhere.
    Raises ``InvalidRequest``, ``InvalidParameters``, ``ContactRequired``, ``InvalidTimeZone``.
    """
    query = read_query(query_string)
    _time_zone(query)
    return CallbackStatusRequest(
        contact_number=contact_number(read_body(body, content_type)),
        as_strings=_is_chosen(query, "types", "string"),
    )


def cancel_request(body: bytes, content_type: bytes | None) -> CancelRequest:
    """The body of Cancel Callback Request. Raises ``InvalidRequest``, ``InvalidParameters``, ``ContactRequired``."""
    sent = read_body(body, content_type)
    return CancelRequest(
        contact_number=contact_number(sent), callback_request_id=_text(sent, "callback_request_id", 64)
    )


def callback_request(body: bytes, content_type: bytes | None, query_string: bytes) -> CallbackRequest:
    """The body and query of Request Callback. What the body says wins over the query.

    Raises ``InvalidRequest``, ``InvalidParameters``, ``ContactRequired``, ``InvalidTimeZone``.
    """
    sent = read_body(body, content_type)
    query = read_query(query_string)
    return CallbackRequest(
        contact_number=contact_number(sent),
        appointment_at=read_time("appointment_time", sent.get("appointment_time")),
        user_data=_user_data(sent.get("user_data")),
        channel=_text(sent, "channel", 64) or DEFAULT_CHANNEL,
        opt_ins=_opt_ins(sent.get("opt_ins")),
        name=_text(sent, "name", 120),
        locale=_text(sent, "locale", 35) or _text(query, "locale", 35),
        time_zone=_time_zone(sent, query),
    )


def idempotency_key(header: bytes | None, asked: CallbackRequest) -> IdempotencyKey | None:
    """The caller's ``Idempotency-Key`` with a digest of what is asked; ``None`` without one.

    The digest is of the meaning: the order of keys, spaces, and keys that are ignored make no difference.
    """
    if header is None:
        return None
    key = header.decode("latin-1").strip()
    if not _PRINTABLE.fullmatch(key):
        raise InvalidParameters("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    meaning = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    return IdempotencyKey(key_hash=sha256(key.encode()).hexdigest(), body_hash=sha256(meaning).hexdigest())


def read_body(
    raw: bytes, content_type: bytes | None, *, numbers: Collection[str] = ("appointment_time",)
) -> Mapping[str, Any]:
    """The keys of a body: JSON, or a form with its values read as the contract types them. No body is no keys.

    ``numbers`` are the keys that the contract types as numbers.
    Raises ``InvalidRequest`` for what cannot be parsed, ``InvalidParameters`` for JSON that is not an object.
    """
    media_type, _, options = (content_type or b"").decode("latin-1").lower().partition(";")
    media_type = media_type.strip()
    charset = _CHARSET.search(options)
    if charset and charset[1] not in _CHARSETS:
        raise InvalidRequest("The body must be encoded as UTF-8.")
    # Command-line tools call a body a form unless told otherwise. A real form never begins with a bare brace.
    if media_type == _FORM and not raw.lstrip().startswith((b"{", b"[")):
        return _read_form(raw, numbers)
    if media_type in _JSON or media_type == _FORM or media_type.endswith("+json"):
        return _read_json(raw)
    raise InvalidRequest(f"The Content-Type must be application/json or {_FORM}.")


def read_query(raw: bytes) -> dict[str, str]:
    """The parameters of a query string, the last of each name. Never raises.

    No value of ours holds a space, so a plus sign stands for itself, as in ``Etc/GMT+5``.
    """
    pairs = (pair.partition("=") for pair in raw.decode("latin-1").split("&", _MOST_PAIRS)[:_MOST_PAIRS])
    return {unquote(name): unquote(value) for name, _, value in pairs}


def contact_number(body: Mapping[str, Any]) -> str:
    """The number as sent. Raises ``ContactRequired`` for nothing or blanks, ``InvalidParameters`` for no string."""
    number = body.get("contact_number")
    if number is None:
        raise ContactRequired("contact_number is required.")
    if not isinstance(number, str):
        raise InvalidParameters("contact_number must be a string.")
    if not number.strip():
        raise ContactRequired("contact_number is required.")
    return number


def read_time(name: str, sent: object) -> Instant | None:
    """A time in Unix seconds, if one was sent. Raises ``InvalidParameters``."""
    if sent is None:
        return None
    seconds = whole_number(name, sent)
    if not 0 < seconds <= _LATEST_TIME:
        raise InvalidParameters(f"{name} must be a time in Unix seconds.")
    return from_unix(seconds)


def whole_number(name: str, value: object) -> int:
    """A whole number, written as one. Raises ``InvalidParameters``."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidParameters(f"{name} must be a whole number.")
    return value


def _read_json(raw: bytes) -> Mapping[str, Any]:
    if not raw.strip():
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise InvalidRequest("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise InvalidParameters("The body must be a JSON object.")
    return body


def _read_form(raw: bytes, numbers: Collection[str]) -> Mapping[str, Any]:
    """A form says everything as text. An empty value is an absent one: platforms send their unset variables so."""
    fields: dict[str, Any] = {}
    user_data: dict[str, str] = {}
    for name, value in _form_pairs(raw):
        if entry := _USER_DATA_ENTRY.fullmatch(name):
            user_data[entry[1]] = value
        elif name.startswith(("user_data[", "opt_ins[")):
            raise InvalidParameters("In a form, write user_data[key]=value, and opt_ins as JSON.")
        else:
            fields[name] = value
    body = {name: value for name, value in fields.items() if value}
    for name in ("user_data", "opt_ins"):
        if name in body:
            body[name] = _json_in_form(name, body[name])
    if user_data:
        body["user_data"] = user_data
    for name in numbers:
        if number := _NUMBER.fullmatch(body.get(name, "")):
            body[name] = float(body[name]) if number[1] else int(body[name])
    return body


def _form_pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    pairs = raw.strip().split(b"&", _MOST_PAIRS)
    if len(pairs) > _MOST_PAIRS:
        raise InvalidRequest(f"The form has more than {_MOST_PAIRS} fields.")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if name == b"contact_number" and value.startswith(b"+"):
            # A plus sign in a form means a space, but no number begins with a space: the caller forgot to encode it.
            value = b"%2B" + value[1:]
        yield _form_text(name), _form_text(value)


def _form_text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("The body must be encoded as UTF-8.") from None


def _json_in_form(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidParameters(f"{name} is not valid JSON.") from None


def _timeslots(text: str) -> int | None:
    if not text:
        return None
    if text == "none":
        return 0
    if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII):
        raise InvalidParameters("timeslots must be a whole number or none.")
    return int(text)


def _is_chosen(query: Mapping[str, str], name: str, choice: str) -> bool:
    """Whether the parameter is there; its one value is ``choice``."""
    given = query.get(name, "")
    if given not in {"", choice}:
        raise InvalidParameters(f"{name} can only be {choice}.")
    return given == choice


def _time_zone(*sources: Mapping[str, Any]) -> str:
    """The first zone that is named, checked."""
    for source in sources:
        named = source.get("time_zone")
        if isinstance(named, str):
            named = named.strip()
        if named not in (None, ""):
            resolve_zone(named)
            return str(named)
    return DEFAULT_TIME_ZONE


def _text(source: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = source.get(name)
    return None if value is None else _checked_text(name, value, longest).strip() or None


def _checked_text(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise InvalidParameters(f"{name} must be a string.")
    if len(value) > longest:
        raise InvalidParameters(f"{name} must be no longer than {longest} characters.")
    if _UNSPEAKABLE.search(value):
        raise InvalidParameters(f"{name} must not contain control characters.")
    return value


def _user_data(sent: object) -> dict[str, Any] | None:
    if sent is None:
        return None
    if not isinstance(sent, dict):
        raise InvalidParameters("user_data must be an object.")
    if len(sent) > 100:
        raise InvalidParameters("user_data must have no more than 100 keys.")
    return {_user_data_key(key): _user_data_value(value) for key, value in sent.items()}


def _user_data_key(key: str) -> str:
    if not key:
        raise InvalidParameters("A key of user_data must not be empty.")
    return _checked_text("A key of user_data", key, 63)


def _user_data_value(value: object) -> str | float | bool | None:
    if isinstance(value, str):
        return _checked_text("A value of user_data", value, 1000)
    if isinstance(value, int):  # bool is one; JSON's reader has kept it within 64 bits
        return value
    if value is None or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise InvalidParameters("A value of user_data must be a string, a number, a boolean or null.")


def _opt_ins(sent: object) -> tuple[OptIn, ...] | None:
    if sent is None:
        return None
    if not isinstance(sent, list) or len(sent) > 20:
        raise InvalidParameters("opt_ins must be an array of no more than 20 objects.")
    return tuple(map(_opt_in, sent))


def _opt_in(sent: object) -> OptIn:
    if not isinstance(sent, dict) or not {"use_case", "channel"} <= sent.keys():
        raise InvalidParameters("Each of opt_ins must be an object with use_case and channel.")
    timestamp = sent.get("timestamp")
    if timestamp is not None:
        timestamp = whole_number("The timestamp of opt_ins", timestamp)
        if not 0 <= timestamp <= _LARGEST_EXACT:
            raise InvalidParameters("The timestamp of opt_ins must be in Unix milliseconds.")
    return OptIn(
        use_case=_checked_text("The use_case of opt_ins", sent["use_case"], 64),
        channel=_checked_text("The channel of opt_ins", sent["channel"], 64),
        timestamp=timestamp,
    )
