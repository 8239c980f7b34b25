"""The demo's organization: what it promises to whoever starts it, at whatever hour."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.demo import TOKEN_SECRET, demo_document
from ringback.forecast.wording import rounded_minutes
from ringback.hours.calendar import Calendar
from ringback.kernel.clock import HOUR, Instant, after, from_unix
from ringback.kernel.localtime import resolve_zone
from ringback.offers.slots import free, grid

ANY_HOUR = st.integers(1_767_225_600, 1_924_991_999).map(from_unix)  # 2026 to 2030


def calendar_of(key, now):
    document = demo_document(now).document
    return Calendar(document.call_targets[key].hours, resolve_zone(document.organization.time_zone))


@given(ANY_HOUR)
def test_sales_is_closed_for_hours_and_has_times_to_book(now):
    calendar = calendar_of("sales", now)
    assert not calendar.open_intervals(now, Instant(now + 3 * HOUR))
    slots = demo_document(now).document.call_targets["sales"].slots
    starts = grid(calendar, now, slot_length=slots.length_minutes * 60, days_ahead=slots.days_ahead)
    assert free(starts, {}, slots.capacity, after(now, slots.lead_time))


@given(ANY_HOUR)
def test_billing_and_service_are_open(now):
    assert calendar_of("billing", now).is_open(now)
    assert calendar_of("service", now).is_open(now)


def test_the_wait_for_billing_is_about_seven_minutes():
    # Three callers talking and six waiting: the next one is the seventh for whom an agent has to become free.
    estimate = demo_document(from_unix(1_772_463_600)).document.call_targets["billing"].estimate
    assert rounded_minutes(7 * estimate.default_handle_time / estimate.default_agents) == 7


def test_it_has_what_the_demo_shows():
    document = demo_document(from_unix(1_772_463_600)).document
    assert list(document.in_display_order()) == ["billing", "service", "sales", "billing-page"]
    assert list(document.conveys) == ["billing-page"]
    guard = document.policies[document.organization.policy]
    assert [token.secret_env for token in guard.tokens.values()] == [TOKEN_SECRET]
    assert {"en", "es"} <= set(document.widgets["billing"].messages)
    assert document.organization.limits.per_number.requests == 3
