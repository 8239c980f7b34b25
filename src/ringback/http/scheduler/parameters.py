"""What a caller may send to the Scheduler API: headers, query parameters and the keys of a body.

``parse.py`` reads them; each schema here accepts what it accepts, and refuses what it refuses.
"""

from ringback.http.scheduler import examples
from ringback.http.scheduler.endpoint import BOOLEAN, TEXT, UNIX_TIME, Parameter, Schema


def _text(longest: int) -> Schema:
    """Text that may be stored: no control characters in it."""
    return {"type": "string", "maxLength": longest, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}


ACCESS_HEADERS = (
    Parameter(
        "Authorization",
        TEXT,
        "`Bearer` and an API access token. Needed where the access control policy asks for a token.",
        "Bearer rYp3…",
    ),
    Parameter("X-Api-Token", TEXT, "The token alone, for callers that cannot set `Authorization`.", "rYp3…"),
)
"""What any request may carry; a policy says whether it must."""

IF_NONE_MATCH = Parameter(
    "If-None-Match",
    TEXT,
    "The `ETag` of the answer you hold. While nothing has changed the answer is `304` without a body.",
    'W/"bq3nJ0dT7w2k"',
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"},
    "Any text of 1 to 255 printable ASCII characters that is new for each callback, such as a UUID. Repeating a "
    "request with the same key and body within 24 hours gives the first answer again and registers nothing. The same "
    "key with another body is `InvalidParameters`.",
    "5f0c1a52-7f5e-4f3c-9d8e-2f5b6c7d8e9f",
)

TIME_ZONE = Parameter(
    "time_zone",
    TEXT,
    "The zone of the times inside `message`: an IANA name, or minutes as JavaScript's `getTimezoneOffset()` gives them "
    "(positive is west of UTC, so `240` is Eastern Daylight Time). UTC when absent.",
    "America/New_York",
)
LOCALE = Parameter(
    "locale",
    _text(35),
    "The language of `message`, as a BCP 47 tag. The widget's default language when absent or not available.",
    "en-US",
)
TIMESLOTS = Parameter(
    "timeslots",
    {"anyOf": [{"type": "string", "enum": ["none"]}, {"type": "integer", "minimum": 0, "maximum": 999_999}]},
    "How many `scheduled_timeslots` to list: a number for the first so many, `none` to leave them out. All of them "
    "when absent.",
    "8",
)
INCLUDE = Parameter(
    "include",
    {"type": "string", "enum": ["all"]},
    "`all` lists every widget and convey, also those that are not accepting callbacks now.",
    "all",
)
TYPES = Parameter(
    "types",
    {"type": "string", "enum": ["string"]},
    "`string` sends every value as a string, for integrations that were written for strings. `null` stays `null`.",
    "string",
)
CONTACT_NUMBER = Parameter(
    "contact_number",
    {"type": "string", "maxLength": 64, "pattern": r"[^\s\x00-\x1f\x7f-\x9f]"},
    "The customer's phone number: E.164, or as it is written in the organization's country.",
    examples.CONTACT_NUMBER,
    required=True,
)
CALLBACK_REQUEST_ID = Parameter(
    "callback_request_id",
    _text(64),
    "Which of the number's callbacks to cancel. Needed only when there are several.",
    examples.CALLBACK_ID,
)
_OPT_IN = (
    Parameter("use_case", _text(64), "What the messages are about.", "callback-notifications", required=True),
    Parameter("channel", _text(64), "How they are sent.", "sms", required=True),
    Parameter(
        "timestamp",
        {"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991},
        "When the customer consented, in Unix milliseconds. Without it consent counts as not given.",
        examples.ASKED_AT * 1000,
    ),
)
REQUEST_BODY = (
    CONTACT_NUMBER,
    Parameter(
        "appointment_time",
        UNIX_TIME,
        "When to call, in Unix seconds: one of the `scheduled_timeslots` on offer. As soon as possible when absent.",
        examples.SLOTS[0],
    ),
    Parameter(
        "user_data",
        {
            "type": "object",
            "maxProperties": 100,
            "propertyNames": {"minLength": 1, **_text(63)},
            "additionalProperties": {
                "anyOf": [_text(1000), {"type": "number"}, BOOLEAN, {"type": "null"}],
            },
        },
        "What the agent should know. Only keys of the widget's user data set are kept; their defaults are filled in. "
        "Values are strings of up to 1000 characters, numbers, booleans or `null`.",
        {"account": "4711"},
    ),
    Parameter("channel", _text(64), "Where the request comes from, for reports. `api` when absent.", "sms"),
    Parameter(
        "opt_ins",
        {"type": "array", "maxItems": 20},
        "The customer's consents. When one for `callback-notifications` by `sms` is listed without a `timestamp`, "
        "no SMS is sent.",
        [{"use_case": "callback-notifications", "channel": "sms", "timestamp": examples.ASKED_AT * 1000}],
        parts=_OPT_IN,
    ),
    Parameter("name", _text(120), "The customer's name, for the agent.", "Ada Lovelace"),
    Parameter("locale", _text(35), "As in the query, over which it wins.", "en-US"),
    Parameter(
        "time_zone",
        {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": -1439, "maximum": 1439}]},
        "As in the query, over which it wins. Minutes may be a JSON number.",
        "America/New_York",
    ),
)
