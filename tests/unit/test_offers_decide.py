from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ringback.forecast.service as forecast
from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.forecast.memory import Memory
from ringback.forecast.model import Basis, Estimate, Load, QueueFacts
from ringback.kernel.clock import DAY, HOUR, SECOND, Instant, after, from_datetime
from ringback.kernel.tenancy import CallTargetId
from ringback.offers.decide import decide, next_change, refuse_asap, refuse_scheduled
from ringback.offers.model import Offer, Reason, WidgetState

NOON = from_datetime(datetime(2026, 3, 4, 12, tzinfo=UTC))  # a Wednesday
SLOTS = (Instant(NOON + HOUR), Instant(NOON + 2 * HOUR))
WAIT = 600  # seconds, the estimate of the table below

HOURS: dict[str, Any] = {
    "always": "always",
    "until_evening": {"wed": ["09:00-18:00"]},
    "closing_just_late_enough": {"wed": ["09:00-12:11"]},
    "closing_at_the_estimate": {"wed": ["09:00-12:10"], "thu": ["09:00-18:00"]},
    "closing_soon_for_good": {"wed": ["09:00-12:05"]},
    "closed": {"wed": ["13:00-18:00"]},
    "closed_for_good": {"wed": []},
}
"""Weekly hours as the clock strikes twelve."""
OPEN_AT_NOON = {
    "always",
    "until_evening",
    "closing_just_late_enough",
    "closing_at_the_estimate",
    "closing_soon_for_good",
}
IN_TIME = {"always", "until_evening", "closing_just_late_enough"}
"""Where a callback in ten minutes would still be made before closing."""
OPENS_AGAIN = set(HOURS) - {"closed_for_good"}


def _target(**changed: Any) -> CallTarget:
    hours = changed.pop("weekly", "always")
    document = {"name": "Billing", "hours": {"weekly": hours}, **changed}
    return CallTarget(CallTargetId("t"), "billing", CallTargetSettings.model_validate(document), "UTC")


def _estimate(seconds: int = WAIT) -> Estimate:
    """Promised is what is expected, as far as the table goes."""
    facts = QueueFacts(ahead=3, talking=0, default_agents=5, default_handle_time=300)
    basis = Basis(seconds, seconds // 2, seconds * 2, agents=5, service_time=300, abandonment=0, correction=1, ahead=3)
    return Estimate(seconds, seconds // 2, seconds * 2, seconds, facts, basis)


@dataclass(frozen=True)
class Situation:
    """One row of the table; each field one thing that may stand in an offer's way."""

    hours: str
    active: bool
    registering: bool
    offer_asap: bool
    offer_scheduled: bool
    after_hours: bool
    requested: int
    max_requested: int | None
    max_estimate: int | None
    next_day_limit: int | None
    slots: tuple[Instant, ...]

    @property
    def target(self) -> CallTarget:
        key = (
            self.hours, self.registering, self.offer_asap, self.offer_scheduled,
            self.after_hours, self.max_requested, self.max_estimate, self.next_day_limit,
        )  # fmt: skip
        if key not in _TARGETS:
            _TARGETS[key] = _target(
                weekly=HOURS[self.hours],
                register_callbacks=self.registering,
                offer_asap=self.offer_asap,
                offer_scheduled=self.offer_scheduled,
                scheduled_after_hours=self.after_hours,
                max_requested_callbacks=self.max_requested,
                max_estimate=self.max_estimate,
                next_business_day=self.next_day_limit is not None,
                next_business_day_limit=self.next_day_limit or 1,
            )
        return _TARGETS[key]

    def decide(self) -> Offer:
        load = Load(pending_asap=self.requested)
        return decide(self.target, active=self.active, load=load, estimate=_estimate(), free_slots=self.slots, now=NOON)


_TARGETS: dict[tuple[Any, ...], CallTarget] = {}

MEMBERS = {
    "hours": [*HOURS],
    "active": [True, False],
    "registering": [True, False],
    "offer_asap": [True, False],
    "offer_scheduled": [True, False],
    "after_hours": [True, False],
    "requested": [2, 3],
    "max_requested": [None, 3],
    "max_estimate": [None, WAIT - 1, WAIT],
    "next_day_limit": [None, 3],
    "slots": [(), SLOTS],
}


def _situations() -> Iterator[Situation]:
    for values in product(*MEMBERS.values()):
        situation = Situation(*values)
        if situation.offer_asap or situation.next_day_limit is None:  # the settings refuse it otherwise
            yield situation


def _against_all(situation: Situation) -> set[Reason]:
    found = set()
    if not situation.active:
        found.add(Reason.INACTIVE)
    if not situation.registering:
        found.add(Reason.REGISTERING_OFF)
    return found


def _against_asap(situation: Situation) -> set[Reason]:
    found = _against_all(situation)
    if not situation.offer_asap:
        found.add(Reason.ASAP_OFF)
    if situation.max_requested is not None and situation.requested >= situation.max_requested:
        found.add(Reason.MAX_REQUESTED)
    if situation.hours in IN_TIME:
        if situation.max_estimate is not None and situation.max_estimate < WAIT:
            found.add(Reason.MAX_ESTIMATE)
        return found
    carried_over = (
        situation.next_day_limit is not None
        and situation.requested < situation.next_day_limit
        and situation.hours in OPENS_AGAIN
    )
    if not carried_over:
        found.add(Reason.CLOSING_SOON if situation.hours in OPEN_AT_NOON else Reason.CLOSED)
    return found


def _against_scheduled(situation: Situation) -> set[Reason]:
    found = _against_all(situation)
    if not situation.offer_scheduled:
        found.add(Reason.SCHEDULED_OFF)
    if situation.hours not in OPEN_AT_NOON and not situation.after_hours:
        found.add(Reason.CLOSED)
    if not situation.slots:
        found.add(Reason.NO_SLOTS)
    return found


STATE_TABLE = {
    # asap, scheduled
    (True, True): WidgetState.OFFER_CALLBACK,
    (True, False): WidgetState.OFFER_ASAP,
    (False, True): WidgetState.OFFER_SCHEDULED,
}


def test_the_whole_state_table():
    seen = set()
    for situation in _situations():
        offer = situation.decide()
        against_asap, against_scheduled = _against_asap(situation), _against_scheduled(situation)
        open_and_registering = situation.hours in OPEN_AT_NOON and situation.active and situation.registering

        assert offer.asap == (not against_asap), situation
        assert offer.scheduled == (not against_scheduled), situation
        assert offer.asap_refusal in (against_asap or {None}), situation
        assert offer.scheduled_refusal in (against_scheduled or {None}), situation
        nothing = WidgetState.DISPLAY_EWT_ONLY if open_and_registering else WidgetState.PLATFORM_UNAVAILABLE
        assert offer.state is STATE_TABLE.get((offer.asap, offer.scheduled), nothing), situation
        assert offer.slots == (situation.slots if offer.scheduled else ()), situation
        assert (offer.estimate is not None) == (offer.asap or open_and_registering), situation
        assert (offer.reason is None) == (offer.asap and offer.scheduled), situation
        seen.add((offer.state, offer.asap_refusal, offer.scheduled_refusal))
    # Every state and every reason came up, so the table was worth going through.
    assert {state for state, _, _ in seen} == set(WidgetState)
    assert {asap for _, asap, _ in seen} | {scheduled for _, _, scheduled in seen} == {*Reason, None}


def test_what_is_refused_alone_is_refused_together():
    """A request asks the halves of the decision by themselves."""
    for situation in _situations():
        offer, load = situation.decide(), Load(pending_asap=situation.requested)
        asap = refuse_asap(situation.target, active=situation.active, load=load, estimate=_estimate(), now=NOON)
        scheduled = refuse_scheduled(situation.target, active=situation.active, now=NOON)
        assert offer.asap_refusal is asap
        assert offer.scheduled_refusal in ({scheduled} if scheduled else {None, Reason.NO_SLOTS})


@pytest.mark.parametrize("load", [Load(pending_asap=5), Load(pending_scheduled=5), Load(waitlisted=5)])
def test_pending_and_waitlisted_callbacks_count_against_the_maximum(load: Load):
    target = _target(max_requested_callbacks=5)

    refusal = refuse_asap(target, active=True, load=load, estimate=_estimate(0), now=NOON)

    assert refusal is Reason.MAX_REQUESTED


def test_callbacks_on_the_phone_do_not_count_against_the_maximum():
    target, load = _target(max_requested_callbacks=5), Load(dialing=5, connecting=5, talking=5)

    assert refuse_asap(target, active=True, load=load, estimate=_estimate(0), now=NOON) is None


def test_a_maximum_of_none_at_all_stops_asap():
    target = _target(max_requested_callbacks=0)

    assert refuse_asap(target, active=True, load=Load(), estimate=_estimate(0), now=NOON) is Reason.MAX_REQUESTED


def test_the_margin_before_closing_is_kept_to_the_second():
    target = _target(weekly={"wed": ["09:00-18:00"]}, closing_margin=300)
    last = from_datetime(datetime(2026, 3, 4, 17, 45, tzinfo=UTC))  # 600 s and 300 s before closing

    def offered(now: Instant) -> bool:
        return refuse_asap(target, active=True, load=Load(), estimate=_estimate(), now=now) is None

    assert offered(Instant(last - 1))
    assert not offered(last)


def test_it_says_when_it_opens_next_only_while_closed():
    closed = _target(weekly={"wed": ["13:00-18:00"]})

    def next_open(target: CallTarget, now: Instant) -> Instant | None:
        return decide(target, active=True, load=Load(), estimate=_estimate(), free_slots=(), now=now).next_open

    assert next_open(closed, NOON) == NOON + HOUR
    assert next_open(closed, Instant(NOON + HOUR)) is None
    assert next_open(_target(), NOON) is None


times = st.integers(0, 24 * 12).map(lambda fives: fives * 5)


@st.composite
def openings(draw: st.DrawFn) -> list[str]:
    cuts = sorted(draw(st.sets(times, max_size=4)))
    pairs = [*zip(cuts[::2], cuts[1::2], strict=False)]
    return [f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}" for start, end in pairs]


@st.composite
def targets(draw: st.DrawFn) -> CallTarget:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    weekly = draw(st.just("always") | st.fixed_dictionaries({day: openings() for day in days}))
    offer_asap = draw(st.booleans())
    return CallTarget(
        CallTargetId("t"),
        "t",
        CallTargetSettings.model_validate(
            {
                "name": "T",
                "hours": {"weekly": weekly},
                "offer_asap": offer_asap,
                "offer_scheduled": draw(st.booleans()),
                "scheduled_after_hours": draw(st.booleans()),
                "max_requested_callbacks": draw(st.none() | st.integers(0, 20)),
                "max_estimate": draw(st.none() | st.integers(60, 20_000)),
                "minimum_delay": draw(st.sampled_from([0, 0, 90, 5000])),
                "closing_margin": draw(st.sampled_from([0, 0, 600, 7200])),
                "next_business_day": offer_asap and draw(st.booleans()),
            }
        ),
        draw(st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"])),
    )


loads = st.builds(Load, pending_asap=st.integers(0, 60), pending_scheduled=st.integers(0, 9), talking=st.integers(0, 9))
instants = st.integers(NOON - 10 * DAY, NOON + 10 * DAY).map(Instant)


@settings(max_examples=300, deadline=None)
@given(targets(), loads, instants, st.booleans(), st.data())
def test_until_the_next_change_the_decision_stands(
    target: CallTarget, load: Load, now: Instant, active: bool, data: st.DataObject
):
    def decided(at: Instant) -> Offer:
        estimate = forecast.estimate_new(target, load, None, Memory(), at)
        return decide(target, active=active, load=load, estimate=estimate, free_slots=SLOTS, now=at)

    offer = decided(now)
    until = next_change(target, offer, now)
    assert until is None or until > now
    last = now + 30 * DAY if until is None else until - 1
    at = Instant(data.draw(st.sampled_from([last, (now + last) // 2]) | st.integers(now, last)))

    later = decided(at)

    assert replace(later, estimate=None) == replace(offer, estimate=None)
    if target.calendar.is_open(now):
        assert later.estimate == offer.estimate
    elif offer.estimate is not None:  # closed: the wait until it opens shrinks, and nothing else
        assert later.estimate is not None
        assert 0 <= offer.estimate.promise - later.estimate.promise <= (at - now) // SECOND + 1


@settings(max_examples=100, deadline=None)
@given(targets(), loads, instants)
def test_the_next_change_is_not_always_at_hand(target: CallTarget, load: Load, now: Instant):
    """There is nothing to gain from a clock that is watched too closely: few changes a day."""
    estimate = forecast.estimate_new(target, load, None, Memory(), now)
    assume(not target.settings.next_business_day)
    moment, changes = now, 0
    while moment < now + DAY:
        offer = decide(target, active=True, load=load, estimate=estimate, free_slots=SLOTS, now=moment)
        moment = next_change(target, offer, moment) or Instant(now + DAY)
        changes += 1
    assert changes <= 1 + 6 * 7  # of each of the most openings of a day and a bit: its ends, and five waits


def test_a_wait_that_runs_into_closing_is_a_change():
    target = _target(weekly={"wed": ["09:00-18:00"], "thu": ["09:00-18:00"]}, closing_margin=3600)
    closing = from_datetime(datetime(2026, 3, 4, 18, tzinfo=UTC))
    estimate = replace(_estimate(500), low=300, high=1200, promise=600)

    def change_after(moment: Instant) -> Instant | None:
        offer = decide(target, active=True, load=Load(), estimate=estimate, free_slots=(), now=moment)
        return next_change(target, offer, moment)

    expected: Sequence[int] = (4200, 1200, 600, 500, 300, 0)
    moment: Instant | None = Instant(closing - 2 * HOUR)
    for seconds in expected:
        assert moment is not None
        moment = change_after(moment)
        assert moment == after(closing, -seconds)
    assert moment is not None
    assert change_after(moment) == closing + 15 * HOUR
