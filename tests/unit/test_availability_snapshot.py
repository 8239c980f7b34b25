from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.availability.snapshot import Facts, Snapshot, take
from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.configuration.model import Configuration
from ringback.forecast.memory import Memory
from ringback.forecast.model import Load
from ringback.http.scheduler.answers import widget_status
from ringback.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime
from ringback.kernel.tenancy import CallTargetId, OrgId, WidgetId
from ringback.offers.model import Offer, WidgetState
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings

NOON = from_datetime(datetime(2026, 3, 4, 12, tzinfo=UTC))  # a Wednesday
WORKDAYS = {key: ["09:00-18:00"] for key in ("mon", "tue", "wed", "thu", "fri")}
NOTHING_KNOWN = Facts({}, {}, {}, {})


def _configuration(targets: Mapping[str, Mapping[str, Any]], inactive: tuple[str, ...] = ()) -> Configuration:
    """An organization with a widget of the same name on each call target."""
    settings = OrganizationSettings.model_validate({"name": "Acme", "numbers": {"region": "US"}})
    return Configuration(
        org=OrgId("acme"),
        key="acme",
        version=1,
        settings=settings,
        policy=None,
        public=True,
        call_targets={CallTargetId(key): _target(key, changed) for key, changed in targets.items()},
        widgets={WidgetId(key): _widget(key, position, key not in inactive) for position, key in enumerate(targets)},
        policies={},
        user_data_sets={},
    )


def _target(key: str, changed: Mapping[str, Any]) -> CallTarget:
    document = CallTargetSettings.model_validate({"name": key.title(), **changed})
    return CallTarget(CallTargetId(key), key, document, document.time_zone or "UTC")


def _widget(key: str, position: int, active: bool) -> Widget:
    return Widget(
        id=WidgetId(key),
        key=key,
        kind=WidgetKind.WIDGET,
        slug=None,
        position=position,
        call_target_id=CallTargetId(key),
        policy_id=None,
        user_data_set_id=None,
        settings=WidgetSettings(name=key, active=active),
        messages=MessageSet({}, "en"),
    )


def _one(facts: Facts = NOTHING_KNOWN, now: Instant = NOON, **target: Any) -> tuple[Offer, Snapshot]:
    snapshot = take(_configuration({"billing": target}), facts, {}, now)
    return snapshot.offers[WidgetId("billing")], snapshot


def _loads(**load: int) -> Facts:
    return Facts({CallTargetId("billing"): Load(**load)}, {}, {}, {})


STATES: dict[str, dict[str, Any]] = {
    "offer_callback": {},
    "offer_asap_callback": {"offer_scheduled": False},
    "offer_scheduled_callback": {"offer_asap": False},
    "display_ewt_only": {"offer_asap": False, "offer_scheduled": False},
    "platform_unavailable": {"register_callbacks": False},
}
CLOSED: dict[str, dict[str, Any]] = {
    "offer_scheduled_callback": {"hours": {"weekly": {"thu": ["09:00-18:00"]}}},
    "platform_unavailable": {"hours": {"weekly": {"thu": ["09:00-18:00"]}}, "offer_scheduled": False},
    "offer_asap_callback": {
        "hours": {"weekly": {"thu": ["09:00-18:00"]}}, "offer_scheduled": False, "next_business_day": True,
    },
}  # fmt: skip


def test_every_widget_has_an_offer_in_every_state():
    snapshot = take(_configuration(STATES, inactive=()), NOTHING_KNOWN, {}, NOON)

    assert {widget: offer.state.value for widget, offer in snapshot.offers.items()} == {key: key for key in STATES}


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de", "pt-BR", None])
@pytest.mark.parametrize(
    ("state", "target"), [*STATES.items(), *CLOSED.items()], ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("ahead", [0, 7, 99])
def test_every_state_has_words_in_every_language(state: str, target: dict[str, Any], locale: str | None, ahead: int):
    configuration = _configuration({"billing": target})
    snapshot = take(configuration, _loads(pending_asap=ahead), {}, NOON)

    (widget,) = configuration.widgets.values()
    fields, _ = widget_status(snapshot, widget, locale=locale, zone=UTC, timeslots=None, now=NOON)

    assert fields["widget_state"] == state
    assert fields["message"].strip() == fields["message"] != ""
    assert "{" not in fields["message"]
    assert "None" not in fields["message"]
    assert fields["offer_asap"] == (state in {"offer_callback", "offer_asap_callback"})
    assert fields["offer_scheduled"] == (state in {"offer_callback", "offer_scheduled_callback"})
    assert bool(fields["scheduled_timeslots"]) == fields["offer_scheduled"]
    assert (fields["ewt"] is None) == (fields["ewt_range"] is None)


def test_languages_differ():
    configuration = _configuration({"billing": {}})
    snapshot = take(configuration, NOTHING_KNOWN, {}, NOON)
    (widget,) = configuration.widgets.values()

    messages = {
        widget_status(snapshot, widget, locale=locale, zone=UTC, timeslots=None, now=NOON)[0]["message"]
        for locale in ("en", "es", "fr", "de")
    }

    assert len(messages) == 4


def test_an_inactive_widget_offers_nothing_though_its_line_does():
    snapshot = take(_configuration({"billing": {}, "sales": {}}, inactive=("sales",)), NOTHING_KNOWN, {}, NOON)

    assert snapshot.offers[WidgetId("sales")].state is WidgetState.PLATFORM_UNAVAILABLE
    assert snapshot.offers[WidgetId("billing")].state is WidgetState.OFFER_CALLBACK


def test_callbacks_of_one_line_do_not_weigh_on_another():
    snapshot = take(_configuration({"billing": {}, "sales": {}}), _loads(pending_asap=100), {}, NOON)

    waits = {widget: offer.estimate.seconds if offer.estimate else None for widget, offer in snapshot.offers.items()}
    assert waits["billing"] is not None
    assert waits["billing"] > 80 * 60
    assert waits["sales"] == 0


def test_observed_handle_times_weigh_in():
    memory = Memory()
    for _ in range(50):
        memory.finished(900)
    seen = Facts({CallTargetId("billing"): Load(pending_asap=9)}, {CallTargetId("billing"): memory}, {}, {})

    with_seen, _ = _one(seen)
    without, _ = _one(_loads(pending_asap=9))

    assert with_seen.estimate is not None
    assert without.estimate is not None
    assert with_seen.estimate.seconds > without.estimate.seconds


def test_slots_begin_after_the_lead_time_and_leave_out_what_is_taken():
    slots = {"length_minutes": 30, "capacity": 2, "days_ahead": 1, "lead_time": 3600}
    taken = {Instant(NOON + HOUR): 2, Instant(NOON + 90 * MINUTE): 1, Instant(NOON + 2 * HOUR): 3}

    offer, _ = _one(Facts({}, {}, {}, {CallTargetId("billing"): taken}), slots=slots)

    assert offer.slots[:2] == [NOON + 90 * MINUTE, NOON + 150 * MINUTE]
    assert offer.slots[-1] < NOON + 36 * HOUR


def test_a_line_with_every_slot_taken_offers_no_booking():
    slots = {"length_minutes": 120, "capacity": 1, "days_ahead": 1, "lead_time": 0}
    free, _ = _one(slots=slots)

    offer, _ = _one(Facts({}, {}, {}, {CallTargetId("billing"): dict.fromkeys(free.slots, 1)}), slots=slots)

    assert offer.state is WidgetState.OFFER_ASAP
    assert offer.slots == ()


def test_it_holds_until_the_first_slot_is_too_near():
    offer, snapshot = _one(slots={"lead_time": 900})

    assert offer.slots[0] == NOON + 15 * MINUTE
    assert snapshot.valid_until == NOON + 1  # at noon exactly, that slot may still be booked


def test_it_holds_until_the_line_opens():
    _, snapshot = _one(hours={"weekly": {"wed": ["13:00-18:00"]}}, offer_scheduled=False)

    assert snapshot.valid_until == NOON + HOUR


def test_it_holds_for_a_day_at_most():
    _, snapshot = _one(offer_scheduled=False)

    assert snapshot.valid_until == NOON + DAY


def test_the_grid_of_slots_is_laid_out_once_a_day():
    configuration, grids = _configuration({"billing": {}}), {}

    take(configuration, NOTHING_KNOWN, grids, NOON)
    (kept,) = grids.values()
    take(configuration, NOTHING_KNOWN, grids, Instant(NOON + HOUR))
    assert grids[CallTargetId("billing")] is kept
    tomorrow = take(configuration, NOTHING_KNOWN, grids, Instant(NOON + 12 * HOUR))
    assert grids[CallTargetId("billing")] is not kept
    assert tomorrow == take(configuration, NOTHING_KNOWN, {}, Instant(NOON + 12 * HOUR))


targets = st.builds(
    lambda **changed: changed,
    hours=st.sampled_from(
        [
            {"weekly": "always"},
            {"weekly": WORKDAYS},
            {"weekly": {"fri": ["22:00-06:00"], "sun": ["00:00-00:30", "01:00-24:00"]}},
            {"weekly": {}},
            {"weekly": {}, "overrides": [{"date": "2026-03-08", "open": ["01:00-04:00"]}]},
        ]
    ),
    time_zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe"]),
    offer_scheduled=st.booleans(),
    scheduled_after_hours=st.booleans(),
    next_business_day=st.booleans(),
    closing_margin=st.sampled_from([0, 1800]),
    max_requested_callbacks=st.sampled_from([None, 12]),
    slots=st.fixed_dictionaries(
        {
            "length_minutes": st.sampled_from([5, 15, 45, 120]),
            "days_ahead": st.integers(1, 3),
            "lead_time": st.sampled_from([0, 900, 86_400]),
        }
    ),
)
instants = st.integers(NOON - 4 * DAY, NOON + 6 * DAY).map(Instant)


@settings(max_examples=300, deadline=None)
@given(targets, st.integers(0, 60), instants, st.data())
def test_until_it_ends_a_snapshot_is_what_a_new_one_would_be(
    target: dict[str, Any], ahead: int, now: Instant, data: st.DataObject
):
    configuration, facts = _configuration({"billing": target}), _loads(pending_asap=ahead)
    snapshot = take(configuration, facts, {}, now)
    assert snapshot.valid_until > now
    at = Instant(data.draw(st.just(snapshot.valid_until - 1) | st.integers(now, snapshot.valid_until - 1)))

    (held,), (fresh,) = snapshot.offers.values(), take(configuration, facts, {}, at).offers.values()

    assert replace(held, estimate=None) == replace(fresh, estimate=None)
    if held.estimate is None or fresh.estimate is None:
        assert held.estimate is fresh.estimate
    else:  # while it is closed, the wait until it opens shrinks; no message tells it finer than in minutes
        assert 0 <= held.estimate.promise - fresh.estimate.promise <= MINUTE // SECOND
