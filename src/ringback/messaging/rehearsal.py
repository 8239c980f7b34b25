"""A conversation tried out beside the flow that is being edited: the same engine, and services that only pretend.

Nothing is kept between two calls: the whole conversation is held again each time, from what the customer has said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringback.kernel.clock import MINUTE, Instant
from ringback.kernel.tenancy import CallbackId
from ringback.messaging.engine import (
    Answer,
    Ask,
    Cancel,
    CancelAnswer,
    Inbound,
    Move,
    MoveAnswer,
    OfferAnswer,
    Offered,
    OffersAnswer,
    PendingAnswer,
    PendingCallback,
    Request,
    RequestAnswer,
    Send,
    Setting,
    State,
    Turned,
    on_answer,
    on_text,
    on_time,
)
from ringback.messaging.flow import Service
from ringback.texts import Size, size
from ringback.widgets.messages import MessageKey, MessageSet, MessageValues

_WAIT = 7 * MINUTE
"""That is promised here."""
_LINK = "https://callback.example.com/m/0123456789abcdef.01h0000000.abcdef"


@dataclass(frozen=True, slots=True)
class Told:
    """A text of ours, with what it takes."""

    text: str
    size: Size


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the customer says, None for silence until the flow's patience ends, and what is answered."""

    said: str | None
    answers: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the pretended services know. ``widgets`` are those that accept callbacks, with their free times."""

    widgets: tuple[Offered, ...] = ()
    pending: tuple[PendingCallback, ...] = ()
    next_open: Instant | None = None


def rehearse(setting: Setting, scene: Scene, said: Sequence[str | None], now: Instant) -> list[Exchange]:
    """Hold a conversation. Nothing is booked, cancelled or sent."""
    state, exchanges = State(), []
    for each in said:
        if each is not None:
            turned = on_text(setting, state, Inbound(each), now)
        else:
            now = state.wake_at or now
            turned = on_time(setting, state, now)
        state, scene, told = _carry_out(setting, scene, turned, now)
        exchanges.append(Exchange(each, tuple(Told(text, size(text)) for text in told)))
    return exchanges


def _carry_out(setting: Setting, scene: Scene, turned: Turned, now: Instant) -> tuple[State, Scene, list[str]]:
    """Ask the pretended services, until the conversation waits for the customer."""
    told: list[str] = []
    while True:
        told += [effect.text for effect in turned.effects if isinstance(effect, Send)]
        ask = turned.state.asking
        if ask is None:
            return turned.state, scene, told
        answer, scene = _answer(setting, scene, ask, now)
        turned = on_answer(setting, turned.state, ask.number, answer, now)


def _answer(setting: Setting, scene: Scene, ask: Ask, now: Instant) -> tuple[Answer, Scene]:
    match ask.service:
        case Service.OFFERS:
            return OffersAnswer(scene.widgets, scene.next_open), scene
        case Service.OFFER:
            return OfferAnswer(_widget(scene, ask), scene.next_open), scene
        case Service.REQUEST:
            return _request(setting, scene, ask, now)
        case Service.CALLBACKS:
            return PendingAnswer(scene.pending), scene
        case Service.CANCEL:
            left = tuple(each for each in scene.pending if each.id != ask.callback_id)
            word = Cancel.CANCELED if len(left) < len(scene.pending) else Cancel.NOT_FOUND
            return CancelAnswer(word), replace(scene, pending=left)
        case Service.MOVE:
            return _move(scene, ask)


def _request(setting: Setting, scene: Scene, ask: Ask, now: Instant) -> tuple[Answer, Scene]:
    widget = _widget(scene, ask)
    if widget is None:
        return RequestAnswer(Request.REFUSED), scene
    if any(each.widget_id == widget.id for each in scene.pending):
        return RequestAnswer(Request.DUPLICATE), scene
    at = ask.time or Instant(now + _WAIT)
    number = CallbackId(f"rehearsal-{len(scene.pending) + 1}")
    callback = PendingCallback(number, widget.name, widget.id, at, ask.time)
    message = MessageSet().say(
        MessageKey.SUCCESS_ASAP if ask.time is None else MessageKey.SUCCESS_SCHEDULED,
        MessageValues(widget.name, widget.name, setting.organization_name, ewt=420, appointment_at=ask.time),
        ask.locale,
        setting.zone,
        now,
    )
    accepted = RequestAnswer(Request.REQUESTED, message.text, _LINK, ask.time)
    return accepted, replace(scene, pending=(*scene.pending, callback))


def _move(scene: Scene, ask: Ask) -> tuple[Answer, Scene]:
    found = next((each for each in scene.pending if each.id == ask.callback_id), None)
    if found is None or ask.time is None:
        return MoveAnswer(Move.NOT_FOUND), scene
    moved = replace(found, appointment_at=ask.time, estimated_for=ask.time)
    pending = tuple(moved if each is found else each for each in scene.pending)
    return MoveAnswer(Move.MOVED), replace(scene, pending=pending)


def _widget(scene: Scene, ask: Ask) -> Offered | None:
    return next((each for each in scene.widgets if each.id == ask.widget_id), None)
