"""The convey: a hosted page on which a customer asks for a callback."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Self

import ringback.configuration.service as configurations
from ringback.availability.memory import Availability
from ringback.availability.snapshot import Snapshot
from ringback.callbacks.model import IdempotencyKey, Requested, Wish
from ringback.configuration.model import Configuration
from ringback.db.database import Database
from ringback.forecast.wording import rounded_minutes
from ringback.http.answer import Answer
from ringback.http.customer.look import dressed
from ringback.http.customer.numbers import example
from ringback.http.customer.page import page, see_other
from ringback.http.customer.reader import Reader, read_as
from ringback.http.customer.standing import about
from ringback.http.customer.timetable import timetable
from ringback.http.customer.visit import Problem, Visit, problem_of
from ringback.http.links import Links
from ringback.http.registering import register
from ringback.http.scheduler import answers
from ringback.http.scheduler.exchange import Meter
from ringback.kernel.clock import SECOND, Instant, after
from ringback.kernel.errors import AppointmentTimeInvalid, NotFound, RingbackError
from ringback.kernel.phone import parse_number
from ringback.offers.model import Offer
from ringback.widgets.model import Widget

CHANNEL = "convey"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_LONGEST_WAIT_IN_WORDS = 90
"""Minutes; for a longer wait the time of day says more."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What the customer has filled in, as it was typed."""

    contact_number: str = ""
    when: str = ""
    """``asap`` or ``later``."""
    appointment_time: str = ""
    """Unix seconds."""
    day: str = ""
    """The day whose times are shown."""
    asks_for_day: bool = False
    """Whether only another day's times are wanted."""
    form_id: str = ""
    """The same when a form is sent twice, by an impatient thumb."""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Self:
        """What is in a form that was sent."""
        return cls(
            contact_number=form.get("contact_number", ""),
            when=form.get("when", ""),
            appointment_time=form.get("appointment_time", ""),
            day=form.get("day", form.get("shown_day", "")),
            asks_for_day="day" in form,
            form_id=form.get("form_id", ""),
        )

    @property
    def wants_time(self) -> bool:
        """Whether a booked time is wanted."""
        return self.when == "later" or (self.when != "asap" and bool(self.appointment_time))

    def appointment_at(self) -> Instant | None:
        """The time that is wanted; None for as soon as possible. Raises ``AppointmentTimeInvalid``."""
        return read_time(self.appointment_time) if self.wants_time else None


class Convey:
    """The handlers of ``/c/<slug>``."""

    def __init__(self, db: Database, availability: Availability, links: Links) -> None:
        self._db = db
        self._availability = availability
        self._links = links

    async def show(self, visit: Visit) -> Answer:
        """``GET``: what is offered, and the form."""
        snapshot, widget = await self._find(visit)
        _let_in(visit, snapshot, widget, Meter.STATUS)
        return _convey_page(snapshot, widget, _reader(visit, snapshot, widget), Filled())

    async def ask(self, visit: Visit) -> Answer:
        """``POST``: ask for the callback, or look at another day's times."""
        snapshot, widget = await self._find(visit)
        reader = _reader(visit, snapshot, widget)
        filled = Filled.of(await visit.form())
        if filled.asks_for_day:
            _let_in(visit, snapshot, widget, Meter.STATUS)
            return _convey_page(snapshot, widget, reader, filled)
        try:
            _let_in(visit, snapshot, widget, Meter.REQUEST)
            problem = _left_out(filled, reader)
            if problem is None:
                return await self._registered(visit, snapshot, widget, filled, reader)
        except RingbackError as error:
            problem = problem_of(error, reader)
        snapshot, widget = await self._availability.of_widget(widget.id)  # what was in the way shows in it
        return _convey_page(snapshot, widget, reader, filled, problem)

    async def _find(self, visit: Visit) -> tuple[Snapshot, Widget]:
        slug = visit.path["slug"]
        if not _SLUG.fullmatch(slug):
            raise NotFound("There is no such page.")
        _, widget_id = await self._db.read(configurations.organization_of_convey, slug)
        return await self._availability.of_widget(widget_id)

    async def _registered(
        self, visit: Visit, snapshot: Snapshot, widget: Widget, filled: Filled, reader: Reader
    ) -> Answer:
        wish = Wish(
            number=parse_number(filled.contact_number, snapshot.configuration.number_rules_of(widget)),
            appointment_at=filled.appointment_at(),
            channel=CHANNEL,
            locale=reader.locale,
            time_zone=reader.zone_name,
        )
        link = await register(
            visit.exchange,
            self._db,
            self._availability,
            (snapshot.configuration, widget),
            wish,
            render=self._link,
            idempotency_key=_idempotency_key(filled.form_id, wish),
        )
        return see_other(f"../m/{link.rpartition('/')[2]}{reader.query}")

    def _link(self, configuration: Configuration, _: Widget, accepted: Requested) -> str:
        return self._links.manage(configuration.org, accepted.callback_id)


def read_time(text: str) -> Instant:
    """An appointment time as a form sends it, in Unix seconds. Raises ``AppointmentTimeInvalid``."""
    if not _TIME.fullmatch(text):
        raise AppointmentTimeInvalid("The appointment time is not one of those offered.")
    return Instant(int(text) * SECOND)


def time_required(reader: Reader) -> Problem:
    """A time was to be chosen and none was."""
    return Problem("appointment_time", reader.say("error.TimeRequired"), 400)


def _let_in(visit: Visit, snapshot: Snapshot, widget: Widget, meter: Meter) -> None:
    configuration = snapshot.configuration
    visit.exchange.let_in(configuration, configuration.policy_of(widget), open_without_policy=True, meter=meter)


def _reader(visit: Visit, snapshot: Snapshot, widget: Widget) -> Reader:
    configuration = snapshot.configuration
    return read_as(
        visit.query,
        visit.accepts,
        configuration,
        locale=widget.settings.default_language or configuration.settings.default_language,
        zone=configuration.call_target_of(widget).zone_name,
        now=visit.exchange.now,
    )


def _left_out(filled: Filled, reader: Reader) -> Problem | None:
    return time_required(reader) if filled.wants_time and not filled.appointment_time else None


def _idempotency_key(form_id: str, wish: Wish) -> IdempotencyKey | None:
    """The same form sent twice with the same wish is one request; corrected and sent again it is another."""
    if not _FORM_ID.fullmatch(form_id):
        return None
    digest = sha256(f"{CHANNEL}\n{form_id}\n{wish.number.key}\n{wish.appointment_at}".encode()).hexdigest()
    return IdempotencyKey(key_hash=digest, body_hash=digest)


def _convey_page(
    snapshot: Snapshot, widget: Widget, reader: Reader, filled: Filled, problem: Problem | None = None
) -> Answer:
    configuration, offer = snapshot.configuration, snapshot.offers[widget.id]
    status, _ = answers.widget_status(
        snapshot, widget, locale=reader.locale, zone=reader.zone, timeslots=0, now=reader.now
    )
    rules = configuration.number_rules_of(widget)
    hint = "ask.number_hint_countries" if set(rules.countries) - {rules.region} else "ask.number_hint"
    return page(
        "convey.html",
        reader,
        status=problem.status if problem else 200,
        headers=problem.headers if problem else (),
        organization=configuration.settings.name,
        queue=widget.settings.name,
        message=status["message"],
        offer=offer,
        asap_words=_asap_words(offer, reader),
        later_words=reader.say("ask.later_first", moment=reader.moment(offer.slots[0])) if offer.slots else "",
        next_open=reader.moment(offer.next_open) if offer.next_open else None,
        number_hint=reader.say(hint, example=example(rules.region)),
        timetable=timetable(offer.slots, reader, day=filled.day, time=filled.appointment_time),
        filled=filled,
        form_id=filled.form_id or token_urlsafe(16),
        problem=problem,
        **dressed(configuration, widget, reader, up="../"),
    )


def _asap_words(offer: Offer, reader: Reader) -> str:
    if offer.estimate is None:
        return ""
    minutes = rounded_minutes(offer.estimate.promise)
    if minutes == 0:
        return reader.say("ask.asap_soon")
    if minutes > _LONGEST_WAIT_IN_WORDS:
        expected = about(after(reader.now, offer.estimate.promise), reader.now)
        return reader.say("ask.asap_moment", moment=reader.moment(expected))
    return reader.say("ask.asap_wait", wait=reader.wait(offer.estimate.promise))
