"""The contract of the Scheduler API as data: the one source of its reference page, OpenAPI document and console page.

What serves the endpoints is in ``handlers.py``; that it keeps this contract is tested, not assumed. What may be sent is
in ``parameters.py``, what is answered in ``fields.py``.
"""

from ringback.http.scheduler import examples, fields, parameters
from ringback.http.scheduler.endpoint import Endpoint, Entries, ErrorCase, Scope, curl, url

__all__ = ["BODY_ERRORS", "COMMON_ERRORS", "ENDPOINTS", "curl", "url"]

COMMON_ERRORS = (
    ErrorCase("Unauthorized", 401, "A valid API access token is needed, and none or a wrong one came."),
    ErrorCase("Forbidden", 403, "Your address is not allowed, or the organization's endpoints are not opened."),
    ErrorCase("NotFound", 404, "There is nothing with this id."),
    ErrorCase("MethodNotAllowed", 405, "The endpoint exists, but not with this method."),
    ErrorCase("TooManyRequests", 429, "A rate limit was reached; `Retry-After` says when to come back."),
    ErrorCase("ServiceUnavailable", 503, "We cannot answer now. Send the caller to an agent."),
)
"""What every endpoint may answer."""

BODY_ERRORS = (
    ErrorCase("InvalidRequest", 400, "The body cannot be parsed, or is neither JSON nor a form."),
    ErrorCase("InvalidRequest", 413, "The body is larger than 64 KiB."),
    ErrorCase("InvalidParameters", 400, "The body was parsed, but something in it has the wrong type or value."),
)
"""What every endpoint with a body may answer."""

_NO_NUMBER = ErrorCase("ContactRequired", 400, "`contact_number` is missing or blank.")
_NOT_A_NUMBER = ErrorCase("InvalidContact", 400, "`contact_number` is not a phone number.")
_BAD_ZONE = ErrorCase("InvalidTimeZone", 400, "`time_zone` is neither an IANA name nor a number of minutes.")
_BAD_QUERY = ErrorCase("InvalidParameters", 400, "A query parameter has a value that it cannot have.")

ENDPOINTS = (
    Endpoint(
        key="organization_widget_status",
        name="Widget Status",
        method="GET",
        path="/api/organization/:id/widget_status",
        definition="Lists the organization's widgets and conveys that are accepting callbacks now, in display order, "
        "with all that is needed to offer a choice of queue and of time. `data` is empty when none is. Made to be "
        "polled.",
        scope=Scope.ORGANIZATION,
        entries=Entries.ANY,
        query_parameters=(parameters.TIME_ZONE, parameters.LOCALE, parameters.INCLUDE, parameters.TIMESLOTS),
        header_parameters=(parameters.IF_NONE_MATCH,),
        body_parameters=(),
        answer_fields=(*fields.LISTED_WIDGET, *fields.WIDGET_STATUS),
        answer_headers=(fields.NO_STORE, fields.ETAG),
        errors=(_BAD_ZONE, _BAD_QUERY, *COMMON_ERRORS),
        example_answer=examples.ORGANIZATION_WIDGET_STATUS,
    ),
    Endpoint(
        key="callback_status",
        name="Callback Status",
        method="POST",
        path="/api/organization/:id/callback_status",
        definition="Lists the callbacks of a number that are not yet finished, oldest first. `data` is empty when "
        "there is none.",
        scope=Scope.ORGANIZATION,
        entries=Entries.ANY,
        query_parameters=(parameters.TYPES, parameters.TIME_ZONE),
        header_parameters=(),
        body_parameters=(parameters.CONTACT_NUMBER,),
        answer_fields=fields.PENDING_CALLBACK,
        answer_headers=(fields.NO_STORE, fields.ETAG),
        errors=(*BODY_ERRORS, _NO_NUMBER, _NOT_A_NUMBER, *COMMON_ERRORS),
        example_body={"contact_number": examples.CONTACT_NUMBER},
        example_answer=examples.CALLBACK_STATUS,
    ),
    Endpoint(
        key="cancel_callback",
        name="Cancel Callback Request",
        method="POST",
        path="/api/organization/:id/cancel_callback",
        definition="Cancels the pending callback of a number. After `Canceled` the customer's phone does not ring.",
        scope=Scope.ORGANIZATION,
        entries=Entries.ONE,
        query_parameters=(),
        header_parameters=(),
        body_parameters=(parameters.CONTACT_NUMBER, parameters.CALLBACK_REQUEST_ID),
        answer_fields=fields.CANCELLATION,
        answer_headers=(fields.NO_STORE,),
        errors=(*BODY_ERRORS, _NO_NUMBER, _NOT_A_NUMBER, *COMMON_ERRORS),
        example_body={"contact_number": examples.CONTACT_NUMBER},
        example_answer=examples.CANCELED,
    ),
    Endpoint(
        key="widget_status",
        name="Retrieve Widget Status",
        method="GET",
        path="/api/widget/:wid",
        definition="Tells what one widget or convey offers now. May be called from web pages of any origin.",
        scope=Scope.WIDGET,
        entries=Entries.ONE,
        query_parameters=(parameters.TIME_ZONE, parameters.LOCALE, parameters.TIMESLOTS),
        header_parameters=(parameters.IF_NONE_MATCH,),
        body_parameters=(),
        answer_fields=fields.WIDGET_STATUS,
        answer_headers=(fields.NO_STORE, fields.ETAG),
        errors=(_BAD_ZONE, _BAD_QUERY, *COMMON_ERRORS),
        example_answer=examples.WIDGET_STATUS,
    ),
    Endpoint(
        key="request_callback",
        name="Request Callback",
        method="POST",
        path="/api/widget/:wid/request_callback",
        definition="Registers a callback, as soon as possible or at one of the times on offer. A `200` means that it "
        "is on disk. May be called from web pages of any origin.",
        scope=Scope.WIDGET,
        entries=Entries.ONE,
        query_parameters=(parameters.TIME_ZONE, parameters.LOCALE),
        header_parameters=(parameters.IDEMPOTENCY_KEY,),
        body_parameters=parameters.REQUEST_BODY,
        answer_fields=fields.REQUESTED,
        answer_headers=(fields.NO_STORE,),
        errors=(
            *BODY_ERRORS,
            _NO_NUMBER,
            ErrorCase(
                "InvalidContact",
                400,
                "`contact_number` is not one that can be called. One word for every reason: not a valid number, or its "
                "country, its type or the number itself is not allowed.",
            ),
            _BAD_ZONE,
            ErrorCase("RequestRefusedDueToOperationMode", 400, "The widget does not now offer this kind of callback."),
            ErrorCase("DuplicateRequest", 400, "A callback to this number is already on its way."),
            ErrorCase("AppointmentTimeInThePast", 400, "`appointment_time` has passed."),
            ErrorCase("AppointmentTimeFull", 400, "The timeslot existed and is taken."),
            ErrorCase("AppointmentTimeInvalid", 400, "`appointment_time` is not one of the times on offer."),
            *COMMON_ERRORS,
        ),
        example_body={"contact_number": examples.CONTACT_NUMBER, "channel": "sms", "user_data": {"account": "4711"}},
        example_answer=examples.REQUESTED,
    ),
)
"""The five endpoints, in the order in which the reference tells of them."""
