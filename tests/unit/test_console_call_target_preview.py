"""The preview decides nothing itself: it asks what answers customers."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from ringback.availability.snapshot import Facts, take
from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.configuration.model import Configuration
from ringback.console.call_targets.preview import Assumed, consequences, local_moment, look
from ringback.forecast.model import Load
from ringback.http.scheduler.answers import widget_status
from ringback.kernel.clock import HOUR, Instant, from_datetime, to_datetime
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallTargetId, OrgId, WidgetId
from ringback.offers.model import Reason
from ringback.organizations.model import OrganizationSettings
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings

NOON = from_datetime(dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC))  # a Wednesday
SALES = CallTargetId("sales")
SLOT = Instant(NOON + 3 * HOUR)
FACTS = Facts({SALES: Load(pending_asap=2, talking=1)}, {}, {}, {SALES: {SLOT: 1}})


def target(**changed: Any) -> CallTarget:
    document = {"name": "Sales", "hours": {"weekly": {"wed": ["09:00-18:00"]}}, **changed}
    settings = CallTargetSettings.model_validate(document)
    return CallTarget(SALES, "sales", settings, settings.time_zone or "UTC")


def configuration(*active: bool) -> Configuration:
    """Sales, with a widget for each, switched on or off."""
    settings = OrganizationSettings.model_validate({"name": "Acme", "numbers": {"region": "US"}})
    widgets = [
        Widget(
            id=WidgetId(f"w{place}"),
            key=f"w{place}",
            kind=WidgetKind.WIDGET,
            slug=None,
            position=place,
            call_target_id=SALES,
            policy_id=None,
            user_data_set_id=None,
            settings=WidgetSettings(name=f"w{place}", active=on),
            messages=MessageSet(),
        )
        for place, on in enumerate(active)
    ]
    return Configuration(
        org=OrgId("acme"),
        key="acme",
        version=1,
        settings=settings,
        policy=None,
        public=True,
        call_targets={SALES: target()},
        widgets={widget.id: widget for widget in widgets},
        policies={},
        user_data_sets={},
    )


def test_without_assumptions_it_is_what_customers_are_told() -> None:
    asked = configuration(True, False)
    snapshot = take(asked, FACTS, {}, NOON)
    seen = look(asked, target(), FACTS, NOON)
    assert seen.offer == snapshot.offers[WidgetId("w0")]
    assert seen.situation == snapshot.situations[SALES]
    told = [
        widget_status(snapshot, widget, locale=None, zone=dt.UTC, timeslots=0, now=NOON)[0]
        for widget in asked.widgets.values()
    ]
    assert [(state, message) for _, state, message in seen.messages] == [
        (fields["widget_state"], fields["message"]) for fields in told
    ]


def test_no_widget_is_needed() -> None:
    seen = look(configuration(), target(), FACTS, NOON)
    assert seen.offer.asap
    assert seen.messages == ()


def test_an_estimate_may_be_assumed() -> None:
    limited = target(max_estimate=600)
    for promise, refusal in ((600, None), (601, Reason.MAX_ESTIMATE)):
        seen = look(configuration(True), limited, FACTS, NOON, Assumed(promise=promise))
        assert seen.offer.asap_refusal == refusal
        assert seen.situation.estimate.promise == promise
    until_closing = look(configuration(True), limited, FACTS, Instant(NOON + 6 * HOUR - 1), Assumed(promise=60))
    assert until_closing.offer.asap_refusal is Reason.CLOSING_SOON


def test_those_who_wait_may_be_assumed() -> None:
    limited = target(max_requested_callbacks=10)
    before = look(configuration(True), limited, FACTS, NOON)
    for waiting, refusal in ((9, None), (10, Reason.MAX_REQUESTED)):
        seen = look(configuration(True), limited, FACTS, NOON, Assumed(waiting=waiting))
        assert seen.offer.asap_refusal == refusal
        assert seen.situation.load == Load(pending_asap=waiting, talking=1)
        assert seen.situation.estimate.promise > before.situation.estimate.promise


def test_free_slots_by_the_local_day() -> None:
    tokyo = target(time_zone="Asia/Tokyo", hours={"weekly": {"thu": ["00:00-01:00"]}}, slots={"length_minutes": 30})
    seen = look(configuration(), tokyo, FACTS, NOON)
    (day, times), *_ = seen.slots_by_day().items()
    assert day == dt.date(2026, 3, 5)
    assert [f"{time:%H:%M}" for time in times] == ["00:00", "00:30"]


@pytest.mark.parametrize(
    ("day", "time", "shown", "remark"),
    [
        (dt.date(2026, 3, 4), dt.time(14, 30), "14:30", ""),
        (dt.date(2026, 3, 29), dt.time(2, 30), "03:00", "The clocks skip 02:30 on that day: 03:00 is meant."),
        (dt.date(2026, 10, 25), dt.time(2, 30), "02:30", "The clocks show 02:30 twice on that day"),
    ],
)
def test_local_times(day: dt.date, time: dt.time, shown: str, remark: str) -> None:
    instant, told = local_moment(day, time, target(time_zone="Europe/Berlin"))
    assert f"{to_datetime(instant, resolve_zone('Europe/Berlin')):%H:%M}" == shown
    assert told.startswith(remark)
    assert bool(told) == bool(remark)


class TestConsequences:
    def of(self, live: int = 0, **changed: Any) -> list[str]:
        asked = configuration(True)
        before, after = (look(asked, each, FACTS, NOON) for each in (target(), target(**changed)))
        return consequences(before, after, FACTS, live)

    def test_the_same_means_nothing(self) -> None:
        assert self.of(duplicate_rule="allow") == []

    def test_closing_it_now(self) -> None:
        found = self.of(live=2, hours={"weekly": {"wed": ["17:00-18:00"]}})
        assert found[0] == "It would close it now: nobody is called until it opens again."
        assert "Callbacks as soon as possible would no longer be offered now." in found
        assert (
            "1 booked callback lies outside the new hours: called when it opens next, or given up 2 h after its time."
            in found
        )
        assert found[-1] == "2 live callbacks go by the new settings from now on."

    def test_opening_it_now(self) -> None:
        asked = configuration(True)
        closed = look(asked, target(hours={"weekly": {}}), FACTS, NOON)
        found = consequences(closed, look(asked, target(), FACTS, NOON), FACTS, 0)
        assert found[0] == "It would open it now: callbacks that are due are called."
        assert "Callbacks as soon as possible would now be offered." in found

    def test_another_estimate(self) -> None:
        (sentence,) = self.of(minimum_delay=1200)
        assert sentence == "The estimate that customers are told would change from < 1 min to 20 min."

    def test_no_times_to_book(self) -> None:
        assert self.of(offer_scheduled=False) == ["Times to book would no longer be offered now."]

    def test_what_was_booked_before_is_no_news(self) -> None:
        passed = replace(FACTS, taken_slots={SALES: {Instant(NOON - HOUR): 3}})
        asked = configuration(True)
        after = look(asked, target(hours={"weekly": {"wed": ["11:30-18:00"]}}), passed, NOON)
        assert consequences(look(asked, target(), passed, NOON), after, passed, 0) == []
