"""What the Scheduler API answers: the fields of each object in ``data``, and headers."""

from ringback.http.scheduler.endpoint import BOOLEAN, SECONDS, TEXT, UNIX_TIME, AnswerField, AnswerHeader, Word

REQUEST_ID = AnswerHeader("X-Request-Id", TEXT, "Names this request in our logs. Quote it to us.", "8a1f0c3e52d7-1c")
NO_STORE = AnswerHeader("Cache-Control", TEXT, "`no-store`: an offer is true when it is made.", "no-store")
ETAG = AnswerHeader("ETag", TEXT, "A weak validator of the answer, for `If-None-Match`.", 'W/"bq3nJ0dT7w2k"')
_RETRY_AFTER = AnswerHeader(
    "Retry-After", {"type": "integer", "minimum": 1}, "Seconds to wait before trying again.", "30"
)

ERROR_HEADERS: dict[int, tuple[AnswerHeader, ...]] = {
    304: (NO_STORE, ETAG),
    401: (AnswerHeader("WWW-Authenticate", TEXT, "`Bearer`: the scheme that is expected.", "Bearer"),),
    405: (AnswerHeader("Allow", TEXT, "The methods that this address knows.", "POST"),),
    429: (_RETRY_AFTER,),
    503: (_RETRY_AFTER,),
}
"""What an answer other than 200 carries besides ``X-Request-Id``."""

_TYPE_WORDS = (
    Word("asap", "As soon as an agent is free."),
    Word("scheduled", "At a booked time."),
)
_STATUS_WORDS = (
    Word("pending", "It waits for its time."),
    Word("waitlisted", "It is due, and held until its turn comes."),
    Word("dialing", "The first party is being called."),
    Word("connecting", "The first party has answered and the other is being reached."),
    Word("talking", "The customer and the agent are connected."),
)
WIDGET_STATUS = (
    AnswerField(
        "widget_state",
        TEXT,
        "What is on offer now. Treat `offer_callback` and `offer_asap_callback` as “send the caller here”; anything "
        "else, or no answer in time, as “send the caller to an agent”.",
        words=(
            Word("offer_callback", "As soon as possible, or at a time of the customer's choice."),
            Word("offer_asap_callback", "As soon as possible only."),
            Word("offer_scheduled_callback", "At a time of the customer's choice only."),
            Word("display_ewt_only", "Open, but no callback is on offer; the wait is known."),
            Word("platform_unavailable", "Nothing is on offer."),
        ),
    ),
    AnswerField("message", TEXT, "The API Message of this state, ready to show, say or send."),
    AnswerField("offer_asap", BOOLEAN, "Whether a callback as soon as possible can be requested."),
    AnswerField("offer_scheduled", BOOLEAN, "Whether a time can be booked."),
    AnswerField(
        "ewt", SECONDS, "Seconds until a callback requested now would be made; `null` where that has no meaning.", True
    ),
    AnswerField(
        "ewt_range",
        {"type": "array", "items": SECONDS, "minItems": 2, "maxItems": 2},
        "The 80 % range around `ewt`: `[low, high]`, in seconds.",
        nullable=True,
    ),
    AnswerField(
        "scheduled_timeslots",
        {"type": "array", "items": UNIX_TIME},
        "The bookable start times in Unix seconds, ascending. Empty when there is none.",
    ),
)
LISTED_WIDGET = (
    AnswerField("id", TEXT, "The public id: the `:wid` of the widget endpoints."),
    AnswerField(
        "kind",
        TEXT,
        "Whether it is a widget or a convey.",
        words=(
            Word("widget", "Embedded in a page, used over SMS, or called by API."),
            Word("convey", "A hosted callback page with a short link."),
        ),
    ),
    AnswerField("name", TEXT, "What a customer would pick, such as “billing”."),
    AnswerField("call_target_id", TEXT, "The line of business that will call."),
    AnswerField("call_target_name", TEXT, "Its name."),
    AnswerField("url", TEXT, "The public page. Absent for widgets.", always=False),
)
REQUESTED = (
    AnswerField("status", TEXT, "Always the same.", words=(Word("Requested", "The callback is registered, on disk."),)),
    AnswerField("message", TEXT, "The API Message of success, ready to show, say or send."),
    AnswerField("callback_request_id", TEXT, "The callback's id."),
    AnswerField("requested_at", UNIX_TIME, "When it was requested, in Unix seconds."),
    AnswerField("ewt", SECONDS, "Seconds until the call. Absent when it is scheduled.", always=False),
    AnswerField(
        "appointment_time", UNIX_TIME, "The booked time in Unix seconds. Absent when it is not scheduled.", always=False
    ),
    AnswerField(
        "manage_url",
        TEXT,
        "A link, which nobody can guess, where the customer sees, moves or cancels this callback.",
    ),
)
_APPOINTMENT = AnswerField(
    "appointment_time", UNIX_TIME, "The booked time in Unix seconds; `null` when it is not scheduled.", True
)
_TARGET_NAME = AnswerField("call_target_name", TEXT, "Its name; `null` if it has been removed since.", nullable=True)
PENDING_CALLBACK = (
    AnswerField("contact_uri", TEXT, "The number as a `tel:` URI."),
    AnswerField("callback_number", TEXT, "The number in E.164."),
    AnswerField("call_request_id", TEXT, "The callback's id."),
    AnswerField("type", TEXT, "What kind of callback it is.", words=_TYPE_WORDS),
    AnswerField("created_at", UNIX_TIME, "When it was requested, in Unix seconds."),
    AnswerField("estimated_for", UNIX_TIME, "When we expect to call, in Unix seconds."),
    AnswerField(
        "forecast_waitlist_position",
        {"type": "integer", "minimum": 1},
        "The place in line: 1 is next. `null` when it is not waiting.",
        nullable=True,
    ),
    AnswerField("estimated_wait_time", SECONDS, "Seconds until `estimated_for`."),
    AnswerField("source", TEXT, "The channel that the request came with."),
    AnswerField("call_target_id", TEXT, "The line of business that will call."),
    _TARGET_NAME,
    AnswerField("widget_id", TEXT, "The widget or convey that took the request."),
    _APPOINTMENT,
    AnswerField("status", TEXT, "Where the callback stands.", words=_STATUS_WORDS),
    AnswerField("cancelable", BOOLEAN, "Whether it can still be cancelled: nobody's phone is ringing yet."),
)
CANCELLATION = (
    AnswerField(
        "status",
        TEXT,
        "What became of it. All four are HTTP 200.",
        words=(
            Word("Canceled", "Cancelled: the phone will not ring."),
            Word(
                "InteractionNotFound",
                "Nothing is pending for this number; also when it was cancelled or finished before.",
            ),
            Word(
                "TooManyInteractions",
                "Several are pending and `callback_request_id` was not given. None was cancelled.",
            ),
            Word("FAILED", "Too late: the call is being made."),
        ),
    ),
    AnswerField("message", TEXT, "The same as a plain sentence."),
    AnswerField(
        "cancel_callback_request_id", TEXT, "The callback that was cancelled. Only with `Canceled`.", always=False
    ),
    AnswerField(
        "candidates",
        {"type": "array"},
        "The pending callbacks to choose from. Only with `TooManyInteractions`.",
        always=False,
        fields=(
            AnswerField("callback_request_id", TEXT, "The id to name in the next request."),
            AnswerField("type", TEXT, "What kind of callback it is.", words=_TYPE_WORDS),
            AnswerField("status", TEXT, "Where it stands.", words=_STATUS_WORDS),
            AnswerField("created_at", UNIX_TIME, "When it was requested, in Unix seconds."),
            _APPOINTMENT,
            AnswerField("call_target_id", TEXT, "The line of business that will call."),
            _TARGET_NAME,
            AnswerField("cancelable", BOOLEAN, "Whether it can still be cancelled."),
        ),
    ),
)
