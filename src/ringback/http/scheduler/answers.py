"""The bodies of the Scheduler API's answers, made from what the use cases return."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from hashlib import blake2b
from typing import Any

from ringback.availability.snapshot import Snapshot
from ringback.callbacks.model import Callback, Cancellation, CancelStatus, Requested
from ringback.callbacks.service import Standing
from ringback.configuration.model import Configuration
from ringback.configuration.spoken import message_values
from ringback.http.answer import JSON, NO_STORE, Answer, enveloped
from ringback.kernel.clock import SECOND, Instant, to_unix
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.phone import Number
from ringback.widgets.messages import MessageKey
from ringback.widgets.model import Widget, WidgetKind

Fields = dict[str, Any]


def widget_status(
    snapshot: Snapshot, widget: Widget, *, locale: str | None, zone: tzinfo, timeslots: int | None, now: Instant
) -> tuple[Fields, Instant | None]:
    """The fields of one widget's status, and until when its message holds (None: until the snapshot ends)."""
    offer = snapshot.offers[widget.id]
    said = widget.messages.say(
        offer.state.value,
        message_values(snapshot.configuration, widget, offer.estimate, next_open=offer.next_open),
        snapshot.configuration.locale_for(widget, locale),
        zone,
        now,
    )
    estimate = offer.estimate
    return {
        "widget_state": offer.state.value,
        "message": said.text,
        "offer_asap": offer.asap,
        "offer_scheduled": offer.scheduled,
        "ewt": estimate.promise if estimate else None,
        "ewt_range": [estimate.low, estimate.high] if estimate else None,
        "scheduled_timeslots": [start // SECOND for start in offer.slots[:timeslots]],
    }, said.valid_until


def listed_widget(configuration: Configuration, widget: Widget, public_url: str) -> Fields:
    """What the organization's list adds to a widget's status, so that a customer can choose."""
    target = configuration.call_target_of(widget)
    fields: Fields = {
        "id": widget.id,
        "kind": widget.kind.value,
        "name": widget.settings.name,
        "call_target_id": target.id,
        "call_target_name": target.settings.name,
    }
    if widget.kind is WidgetKind.CONVEY:
        fields["url"] = f"{public_url}/c/{widget.slug}"
    return fields


def status_answer(entries: Sequence[Fields]) -> Answer:
    """A status answer with its weak ETag."""
    body = enveloped(entries)
    etag = f'W/"{blake2b(body, digest_size=9).hexdigest()}"'.encode()
    return Answer(200, body, (JSON, NO_STORE, (b"etag", etag)))


def requested(
    configuration: Configuration, widget: Widget, answer: Requested, *, locale: str, zone_name: str, manage_url: str
) -> str:
    """The body of an accepted request, as text: it is kept with the idempotency key."""
    scheduled = answer.appointment_at is not None
    said = widget.messages.say(
        MessageKey.SUCCESS_SCHEDULED if scheduled else MessageKey.SUCCESS_ASAP,
        message_values(
            configuration, widget, answer.estimate, appointment_at=answer.appointment_at, manage_url=manage_url
        ),
        locale,
        resolve_zone(zone_name),
        answer.requested_at,
    )
    fields: Fields = {
        "status": "Requested",
        "message": said.text,
        "callback_request_id": answer.callback_id,
        "requested_at": to_unix(answer.requested_at),
    }
    if answer.appointment_at is not None:
        fields["appointment_time"] = to_unix(answer.appointment_at)
    if answer.estimate is not None:
        fields["ewt"] = answer.estimate.promise
    fields["manage_url"] = manage_url
    return enveloped([fields]).decode()


def pending_callback(configuration: Configuration, standing: Standing, number: Number, now: Instant) -> Fields:
    """One entry of Callback Status."""
    callback = standing.callback
    target = configuration.call_targets.get(callback.call_target_id)
    return {
        "contact_uri": number.uri,
        "callback_number": number.e164,
        "call_request_id": callback.id,
        "type": callback.kind.value,
        "created_at": to_unix(callback.created_at),
        "estimated_for": to_unix(standing.estimated_for),
        "forecast_waitlist_position": standing.position,
        "estimated_wait_time": max(0, to_unix(standing.estimated_for) - to_unix(now)),
        "source": callback.channel,
        "call_target_id": callback.call_target_id,
        "call_target_name": target.settings.name if target else None,
        "widget_id": callback.widget_id,
        "appointment_time": None if callback.appointment_at is None else to_unix(callback.appointment_at),
        "status": callback.state.value,
        "cancelable": callback.cancelable,
    }


def as_strings(fields: Mapping[str, Any]) -> Fields:
    """Every field as the reference product types it: numbers as text, truth as "true" or "false", null as null."""
    return {name: _text(value) for name, value in fields.items()}


def cancellation(configuration: Configuration, answer: Cancellation) -> Fields:
    """The entry of Cancel Callback Request."""
    fields: Fields = {"status": answer.status.value, "message": _CANCEL_MESSAGES[answer.status]}
    if answer.status is CancelStatus.CANCELED:
        fields["cancel_callback_request_id"] = answer.callback_id
    if answer.candidates:
        fields["candidates"] = [_candidate(configuration, callback) for callback in answer.candidates]
    return fields


_CANCEL_MESSAGES = {
    CancelStatus.CANCELED: "Your callback has been canceled.",
    CancelStatus.NOT_FOUND: "There is no pending callback for this number.",
    CancelStatus.TOO_MANY: "There is more than one pending callback for this number; say which one to cancel.",
    CancelStatus.FAILED: "This callback can no longer be canceled: the call has begun.",
}


def _candidate(configuration: Configuration, callback: Callback) -> Fields:
    target = configuration.call_targets.get(callback.call_target_id)
    return {
        "callback_request_id": callback.id,
        "type": callback.kind.value,
        "status": callback.state.value,
        "created_at": to_unix(callback.created_at),
        "appointment_time": None if callback.appointment_at is None else to_unix(callback.appointment_at),
        "call_target_id": callback.call_target_id,
        "call_target_name": target.settings.name if target else None,
        "cancelable": callback.cancelable,
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
