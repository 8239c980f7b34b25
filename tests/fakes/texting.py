"""A customer's phone, and a Scheduler made of lists: what a conversation is tested with.

Every turn's state goes through its document, as if the program had been restarted in between.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ringback.kernel.clock import MINUTE, Instant, after
from ringback.kernel.localtime import local_to_instant
from ringback.kernel.tenancy import CallbackId, WidgetId
from ringback.messaging.default_flows import default_automations
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
    OptIn,
    OptOut,
    PendingAnswer,
    PendingCallback,
    Request,
    RequestAnswer,
    Send,
    Setting,
    State,
    Turned,
    from_document,
    on_answer,
    on_text,
    on_time,
    to_document,
)
from ringback.messaging.flow import Service
from ringback.messaging.words import CarrierWord
from ringback.texts import size

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
NOW = local_to_instant(MONDAY, 15 * 60 + 8, NEW_YORK)
"""Monday, 2026-11-23, 3:08 PM in New York."""

PROMISES = {
    "en": ("We can call you in approximately 7 minutes.", "Your callback is confirmed. We will call you in approximately 7 minutes."),
    "es": ("Podemos llamarle en aproximadamente 7 minutos.", "Su llamada queda confirmada. Le llamaremos en aproximadamente 7 minutos."),
    "fr": ("Nous pouvons vous appeler dans environ 7 minutes.", "Votre rappel est confirmé. Nous vous appellerons dans environ 7 minutes."),
    "de": ("Wir können Sie in etwa 7 Minuten anrufen.", "Ihr Rückruf ist bestätigt. Wir rufen Sie in etwa 7 Minuten an."),
}  # fmt: skip


def at(day: int, hour: int, minute: int = 0) -> Instant:
    """So many days after Monday, on New York's clocks."""
    return local_to_instant(MONDAY + timedelta(days=day), hour * 60 + minute, NEW_YORK)


def quarter_hours(day: int, since: int, until: int) -> tuple[Instant, ...]:
    """The quarter hours of a day from one full hour to before another."""
    return tuple(at(day, 0) + minute * MINUTE for minute in range(since * 60, until * 60, 15))


def working_week() -> tuple[Instant, ...]:
    """Monday from 3:30 PM, and the six days after from 9 to 5."""
    return (
        at(0, 15, 30),
        at(0, 15, 45),
        at(0, 16),
        *(slot for day in range(1, 7) for slot in quarter_hours(day, 9, 17)),
    )


def widget(name: str, *, asap: bool = True, slots: tuple[Instant, ...] | None = None) -> Offered:
    """A widget that offers both, unless said otherwise."""
    free = working_week() if slots is None else slots
    return Offered(WidgetId(f"w-{name}"), name, asap=asap, scheduled=bool(free), slots=free)


BILLING = widget("billing")
SERVICE = widget("service")


@dataclass
class Scheduler:
    """The services, answering from lists."""

    widgets: list[Offered] = field(default_factory=lambda: [BILLING, SERVICE])
    pending: list[PendingCallback] = field(default_factory=list)
    next_open: Instant | None = None
    refusals: list[Request] = field(default_factory=list)
    """What the next requests are answered instead."""
    moves: list[Move] = field(default_factory=list)
    too_late: bool = False
    asked: list[Ask] = field(default_factory=list)

    def book(self, name: str, estimated_for: Instant, *, booked: bool = False, cancelable: bool = True) -> None:
        """The customer has a callback."""
        number = len(self.pending) + 1
        appointment = estimated_for if booked else None
        self.pending.append(
            PendingCallback(
                CallbackId(f"c{number}"), name, WidgetId(f"w-{name}"), estimated_for, appointment, cancelable
            )
        )

    def answer(self, ask: Ask, now: Instant) -> Answer:
        """What the service that is asked says."""
        self.asked.append(ask)
        match ask.service:
            case Service.OFFERS:
                accepting = [each for each in self.widgets if each.asap or each.scheduled]
                return OffersAnswer(tuple(replace(each, slots=()) for each in accepting), self.next_open)
            case Service.OFFER:
                return OfferAnswer(self._offered(ask, now), self.next_open)
            case Service.REQUEST:
                return self._request(ask, now)
            case Service.CALLBACKS:
                return PendingAnswer(tuple(self.pending))
            case Service.CANCEL:
                return CancelAnswer(self._cancel(ask))
            case Service.MOVE:
                return MoveAnswer(self._move(ask))

    def take(self, slot: Instant) -> None:
        """Somebody else has booked this time."""
        self.widgets = [
            replace(each, slots=tuple(free for free in each.slots if free != slot)) for each in self.widgets
        ]

    def _offered(self, ask: Ask, now: Instant) -> Offered | None:
        offer, _ = PROMISES.get(ask.locale[:2], PROMISES["en"])
        for each in self.widgets:
            if each.id == ask.widget_id:
                message = offer if each.asap else "We can call you back at a time that you choose."
                return replace(each, message=message, slots=tuple(slot for slot in each.slots if slot > now))
        return None

    def _request(self, ask: Ask, now: Instant) -> RequestAnswer:
        if self.refusals:
            return RequestAnswer(self.refusals.pop(0))
        name = next(each.name for each in self.widgets if each.id == ask.widget_id)
        if any(each.name == name for each in self.pending):
            return RequestAnswer(Request.DUPLICATE)
        self.book(name, ask.time or after(now, 7 * 60), booked=ask.time is not None)
        _, success = PROMISES.get(ask.locale[:2], PROMISES["en"])
        message = "Your callback is booked." if ask.time else success
        return RequestAnswer(Request.REQUESTED, message, "https://acme.example/m/1", ask.time)

    def _cancel(self, ask: Ask) -> Cancel:
        if self.too_late:
            return Cancel.TOO_LATE
        left = [each for each in self.pending if each.id != ask.callback_id]
        found, self.pending = len(left) < len(self.pending), left
        return Cancel.CANCELED if found else Cancel.NOT_FOUND

    def _move(self, ask: Ask) -> Move:
        if self.moves:
            return self.moves.pop(0)
        assert ask.time is not None
        self.pending = [
            replace(each, appointment_at=ask.time, estimated_for=ask.time) if each.id == ask.callback_id else each
            for each in self.pending
        ]
        return Move.MOVED


def setting(languages: tuple[str, ...] = ("en", "es", "fr", "de"), *, understood: bool = True) -> Setting:
    """Acme's: in New York, as the customer."""
    return Setting(default_automations(), "Acme", languages, NEW_YORK, zone_is_understood=understood)


@dataclass
class Phone:
    """A customer's phone in a conversation with Acme. It shows texts without their line breaks."""

    scheduler: Scheduler = field(default_factory=Scheduler)
    setting: Setting = field(default_factory=setting)
    state: State = field(default_factory=State)
    now: Instant = NOW
    opted_out: bool = False
    shown: list[str] = field(default_factory=list)
    """Every text that has come."""

    def text(self, body: str, *, media: int = 0, handled: CarrierWord | None = None) -> list[str]:
        """Send a text; what comes back."""
        return self._turn(on_text(self.setting, self.state, Inbound(body, media, handled), self.now))

    def wait(self, seconds: float) -> list[str]:
        """Let time pass; what comes meanwhile."""
        end, came = after(self.now, seconds), []
        while self.state.wake_at is not None and self.state.wake_at <= end:
            self.now = self.state.wake_at
            came += self._turn(on_time(self.setting, self.state, self.now))
        self.now = end
        return came

    def _turn(self, turned: Turned) -> list[str]:
        came: list[str] = []
        turns = [turned]
        while turns:
            turned = turns.pop(0)
            self.state = from_document(to_document(turned.state))
            assert self.state == turned.state
            for effect in turned.effects:
                match effect:
                    case Send():
                        assert not self.opted_out or effect.last, effect
                        assert 1 <= size(effect.text).segments <= 3, effect
                        assert effect.text.strip(), effect
                        came.append(effect.text.replace("\n", " "))
                    case OptOut():
                        self.opted_out = True
                    case OptIn():
                        self.opted_out = False
                    case Ask():
                        answer = self.scheduler.answer(effect, self.now)
                        turns.append(on_answer(self.setting, self.state, effect.number, answer, self.now))
        assert self.state.opted_out == self.opted_out
        self.shown += came
        return came
