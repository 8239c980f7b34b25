"""The examples of the Scheduler API's reference: one story, asked on 2 March 2026 at 15:00 UTC."""

ASKED_AT = 1_772_463_600
SLOTS = [1_772_467_200, 1_772_468_100, 1_772_469_000]
CONTACT_NUMBER = "+12015550123"
CALLBACK_ID = "01kjqh0cc0qhvp3kwfgntjdgas"

_BILLING = "mdadjaps627hme7b"
BILLING_TARGET = "01kj5s0000c9gh4xky864kt9se"
_SERVICE = "3kzrhweqyryhmt77"
_SERVICE_TARGET = "01kj5s000037v06cf0fa8hfe7y"

_BILLING_OFFER = {
    "widget_state": "offer_callback",
    "message": "We can call you in approximately 7 minutes.",
    "offer_asap": True,
    "offer_scheduled": True,
    "ewt": 390,
    "ewt_range": [240, 540],
    "scheduled_timeslots": SLOTS,
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

ORGANIZATION_WIDGET_STATUS = {
    "data": [
        {
            "id": _BILLING,
            "kind": "widget",
            "name": "billing",
            "call_target_id": BILLING_TARGET,
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
}
WIDGET_STATUS = {"data": [_BILLING_OFFER]}
REQUESTED = {
    "data": [
        {
            "status": "Requested",
            "message": "Your callback is confirmed. We will call you in approximately 7 minutes.",
            "callback_request_id": CALLBACK_ID,
            "requested_at": ASKED_AT,
            "ewt": 390,
            "manage_url": f"https://callbacks.example.com/m/c9gh4xky864kt9se.{CALLBACK_ID}.wU2dqLo13GK3BoDXQyyGNMUV",
        }
    ]
}
CALLBACK_STATUS = {
    "data": [
        {
            "contact_uri": f"tel:{CONTACT_NUMBER}",
            "callback_number": CONTACT_NUMBER,
            "call_request_id": CALLBACK_ID,
            "type": "asap",
            "created_at": ASKED_AT,
            "estimated_for": ASKED_AT + 390,
            "forecast_waitlist_position": 2,
            "estimated_wait_time": 305,
            "source": "sms",
            "call_target_id": BILLING_TARGET,
            "call_target_name": "Billing",
            "widget_id": _BILLING,
            "appointment_time": None,
            "status": "pending",
            "cancelable": True,
        }
    ]
}
CANCELED = {
    "data": [
        {
            "status": "Canceled",
            "message": "Your callback has been canceled.",
            "cancel_callback_request_id": CALLBACK_ID,
        }
    ]
}
