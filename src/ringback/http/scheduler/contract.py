"""The contract of the Scheduler API as data: the one source of its reference page, OpenAPI document and console page.

What serves the endpoints is in ``handlers.py``; that it keeps this contract is tested, not assumed. What may be sent is
in ``parameters.py``, what is answered in ``fields.py``.
"""

from ringback.http.scheduler.endpoint import Endpoint, Entries, ErrorCase, Scope, curl, url
from ringback.http.scheduler.fields import XX
from ringback.http.scheduler.parameters import XX

__all__ = ["ENDPOINTS", "curl", "url"]

# Errors.
_ACCESS_ERRORS = (
    ErrorCase("Unauthorized", 401, "A valid API access token is needed, and none or a wrong one came."),
    ErrorCase("Forbidden", 403, "Your address is not allowed, or the organization's endpoints are not opened."),
    ErrorCase("NotFound", 404, "There is nothing with this id."),
    ErrorCase("MethodNotAllowed", 405, "The endpoint exists, but not with this method."),
    ErrorCase("TooManyRequests", 429, "A rate limit was reached; `Retry-After` says when to come back."),
    ErrorCase("ServiceUnavailable", 503, "We cannot answer now. Send the caller to an agent."),
)
_BODY_ERRORS = (
    ErrorCase("InvalidRequest", 400, "The body cannot be parsed, or is neither JSON nor a form."),
    ErrorCase("InvalidRequest", 413, "The body is larger than 64 KiB."),
    ErrorCase("InvalidParameters", 400, "The body was parsed, but something in it has the wrong type or value."),
    ErrorCase("ContactRequired", 400, "`contact_number` is missing or blank."),
)
_NOT_A_NUMBER = ErrorCase("InvalidContact", 400, "`contact_number` is not a phone number.")
_BAD_ZONE = ErrorCase("InvalidTimeZone", 400, "`time_zone` is neither an IANA name nor a number of minutes.")
_BAD_QUERY = ErrorCase("InvalidParameters", 400, "A query parameter has a value that it cannot have.")

# Times of the examples: what was asked on 2 March 2026 at 15:00 UTC.
_ASKED_AT = 1_772_463_600
_SLOTS = [1_772_467_200, 1_772_468_100, 1_772_469_000]
_CALLBACK = "01kjqh0cc0qhvp3kwfgntjdgas"
_EARLIER_CALLBACK = "01kjqgxaq0jfcprkccxtpzc6ev"
_BILLING_TARGET = "01kj5s0000c9gh4xky864kt9se"
_SERVICE_TARGET = "01kj5s000037v06cf0fa8hfe7y"
_BILLING = "mdadjaps627hme7b"
_SERVICE = "3kzrhweqyryhmt77"
_EXAMPLE_NUMBER = "+12015550123"

_BILLING_OFFER = {
    "widget_state": "offer_callback",
    "message": "We can call you in approximately 7 minutes.",
    "offer_asap": True,
    "offer_scheduled": True,
    "ewt": 390,
    "ewt_range": [240, 540],
    "scheduled_timeslots": _SLOTS,
}
_SERVICE_OFFER = {
    "widget_state": "offer_asap_callback",
    "message": "We can call you in approximately 3 minutes.",
    "offer_asap": True,
    "offer_scheduled": False,
    "ewt": 160,
    "ewt_range": [90, 240],
    "scheduled_timeslots": [],
}

ENDPOINTS = (
    Endpoint(
        key="organization_widget_status",
        name="Widget Status",
        method="GET",
        path="/api/organization/:id/widget_status",
        definition="Lists the organization's widgets and conveys that are accepting callbacks now, in display order, "
        "with all that is needed to offer a choice of queue and of time. `data` is empty when none is. Made to be polled.",
        scope=Scope.ORGANIZATION,
        entries=Entries.ANY,
        query_parameters=(_TIME_ZONE, _LOCALE, _INCLUDE, _TIMESLOTS),
        header_parameters=(_IF_NONE_MATCH,),
        body_parameters=(),
        answer_fields=(*_LISTED_WIDGET, *_WIDGET_STATUS),
        answer_headers=(_NO_STORE, _ETAG),
        errors=(_BAD_ZONE, _BAD_QUERY, *_ACCESS_ERRORS),
        example_answer={
            "data": [
                {
                    "id": _BILLING,
                    "kind": "widget",
                    "name": "billing",
                    "call_target_id": _BILLING_TARGET,
                    "call_target_name": "Billing",
                    **_BILLING_OFFER,
                },
                {
                    "id": _SERVICE,
                    "kind": "convey",
                    "name": "service",
                    "call_target_id": _SERVICE_TARGET,
                    "call_target_name": "Customer service",
                    "url": "https://callbacks.example.com/c/service",
                    **_SERVICE_OFFER,
                },
            ]
        },
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
        query_parameters=(_TYPES,),
        header_parameters=(),
        body_parameters=(_CONTACT_NUMBER,),
        answer_fields=_PENDING_CALLBACK,
        answer_headers=(_NO_STORE, _ETAG),
        errors=(*_BODY_ERRORS, _NOT_A_NUMBER, *_ACCESS_ERRORS),
        example_body={"contact_number": _EXAMPLE_NUMBER},
        example_answer={
            "data": [
                {
                    "contact_uri": f"tel:{_EXAMPLE_NUMBER}",
                    "callback_number": _EXAMPLE_NUMBER,
                    "call_request_id": _CALLBACK,
                    "type": "asap",
                    "created_at": _ASKED_AT,
                    "estimated_for": _ASKED_AT + 390,
                    "forecast_waitlist_position": 2,
                    "estimated_wait_time": 305,
                    "source": "sms",
                    "call_target_id": _BILLING_TARGET,
                    "call_target_name": "Billing",
                    "widget_id": _BILLING,
                    "appointment_time": None,
                    "status": "pending",
                    "cancelable": True,
                }
            ]
        },
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
        body_parameters=(
            _CONTACT_NUMBER,
            Parameter(
                "callback_request_id",
                _text(64),
                "Which of the number's callbacks to cancel. Needed only when there are several.",
                _CALLBACK,
            ),
        ),
        answer_fields=_CANCELLATION,
        answer_headers=(_NO_STORE,),
        errors=(*_BODY_ERRORS, _NOT_A_NUMBER, *_ACCESS_ERRORS),
        example_body={"contact_number": _EXAMPLE_NUMBER},
        example_answer={
            "data": [
                {
                    "status": "Canceled",
                    "message": "Your callback has been canceled.",
                    "cancel_callback_request_id": _CALLBACK,
                }
            ]
        },
    ),
    Endpoint(
        key="widget_status",
        name="Retrieve Widget Status",
        method="GET",
        path="/api/widget/:wid",
        definition="Tells what one widget or convey offers now. May be called from web pages of any origin.",
        scope=Scope.WIDGET,
        entries=Entries.ONE,
        query_parameters=(_TIME_ZONE, _LOCALE, _TIMESLOTS),
        header_parameters=(_IF_NONE_MATCH,),
        body_parameters=(),
        answer_fields=_WIDGET_STATUS,
        answer_headers=(_NO_STORE, _ETAG),
        errors=(_BAD_ZONE, _BAD_QUERY, *_ACCESS_ERRORS),
        example_answer={"data": [_BILLING_OFFER]},
    ),
    Endpoint(
        key="request_callback",
        name="Request Callback",
        method="POST",
        path="/api/widget/:wid/request_callback",
        definition="Registers a callback, as soon as possible or at one of the times on offer. A `200` means that it is "
        "on disk. May be called from web pages of any origin.",
        scope=Scope.WIDGET,
        entries=Entries.ONE,
        query_parameters=(_TIME_ZONE, _LOCALE),
        header_parameters=(_IDEMPOTENCY_KEY,),
        body_parameters=_REQUEST_BODY,
        answer_fields=_REQUESTED,
        answer_headers=(_NO_STORE,),
        errors=(
            *_BODY_ERRORS,
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
            *_ACCESS_ERRORS,
        ),
        example_body={"contact_number": _EXAMPLE_NUMBER, "channel": "sms", "user_data": {"account": "4711"}},
        example_answer={
            "data": [
                {
                    "status": "Requested",
                    "message": "Your callback is confirmed. We will call you in approximately 7 minutes.",
                    "callback_request_id": _CALLBACK,
                    "requested_at": _ASKED_AT,
                    "ewt": 390,
                    "manage_url": f"https://callbacks.example.com/m/c9gh4xky864kt9se.{_CALLBACK}."
                    "wU2dqLo13GK3BoDXQyyGNMUV",
                }
            ]
        },
    ),
)
"""The five endpoints, in the order in which the reference tells of them."""
