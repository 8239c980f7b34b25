"""What the board says of a call target, in words: every reason of the offer decision has some."""

from itertools import product
from typing import Any

import pytest
from markupsafe import Markup

from ringback.availability.snapshot import Situation, offer_of
from ringback.board.model import Happening, Told
from ringback.call_targets.model import CallTarget, CallTargetSettings
from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.console.now.happenings import OUTCOMES, last_digits, words_of
from ringback.console.now.sparkline import Course, course_words, sparkline
from ringback.console.now.standing import Standing, Tone, minutes_words, range_words, standing_of
from ringback.forecast.memory import Memory
from ringback.forecast.model import Load, QueueStats
from ringback.forecast.service import estimate_new
from ringback.kernel.clock import HOUR, MINUTE, Instant, from_unix
from ringback.kernel.tenancy import CallbackId, CallTargetId
from ringback.offers.model import Reason

MONDAY_3_PM = from_unix(1772463600)
SLOT = Instant(MONDAY_3_PM + HOUR)
MORNINGS = {"weekly": {"mon": ["09:00-12:00"], "tue": ["09:00-12:00"]}}
LATE = {"weekly": {"mon": ["09:00-15:10"]}}


def standing(
    *,
    waiting: int = 0,
    stats: QueueStats | None = None,
    slots: tuple[Instant, ...] = (SLOT,),
    **settings: Any,
) -> Standing:
    """How a call target with these settings stands on Monday at three in the afternoon, UTC."""
    document = CallTargetSettings.model_validate({"name": "Billing", "time_zone": "UTC", **settings})
    target = CallTarget(CallTargetId("billing"), "billing", document, "UTC")
    load = Load(pending_asap=waiting)
    estimate = estimate_new(target, load, stats, Memory(), MONDAY_3_PM)
    situation = Situation(load, stats, estimate, slots if document.offer_scheduled else ())
    offer = offer_of(target, situation, active=True, now=MONDAY_3_PM)
    return standing_of(target, situation, offer, MONDAY_3_PM, lambda at: Markup(f"+{(at - MONDAY_3_PM) // MINUTE}"))


ASAP = "Callbacks are offered as soon as possible."
BOOKED = "Times can be booked."
CLOSED = "Closed until +1080."  # tomorrow at nine


@pytest.mark.parametrize(
    ("settings", "badges", "why"),
    [
        ({}, "Open", f"{ASAP} {BOOKED}"),
        ({"slots": ()}, "Open", f"{ASAP} Every time that can be booked is taken."),
        ({"offer_scheduled": False}, "Open", f"{ASAP} Booking is switched off."),
        ({"offer_asap": False}, "Bookings only", f"Callbacks as soon as possible are switched off. {BOOKED}"),
        (
            {"offer_asap": False, "offer_scheduled": False},
            "Nothing offered",
            "Callbacks as soon as possible are switched off. Booking is switched off.",
        ),
        ({"hours": MORNINGS}, "Closed", f"{CLOSED} {BOOKED}"),
        (
            {"hours": MORNINGS, "scheduled_after_hours": False},
            "Closed",
            f"{CLOSED} While it is closed no times can be booked.",
        ),
        (
            {"hours": MORNINGS, "next_business_day": True},
            "Closed",
            f"{CLOSED} Callbacks are taken for the next opening. {BOOKED}",
        ),
        ({"hours": {"weekly": {}}}, "Closed", f"No opening is planned. {BOOKED}"),
        (
            {"hours": LATE, "waiting": 40},
            "Closing soon",
            f"It closes +10, before a callback asked for now could be made. {BOOKED}",
        ),
        (
            {"max_requested_callbacks": 3, "waiting": 3},
            "At its limit",
            f"3 callbacks wait; from 3 on none is taken as soon as possible. {BOOKED}",
        ),
        ({"register_callbacks": False}, "Not registering", "Registering is switched off: no new callbacks are taken."),
        (
            {"register_callbacks": False, "hours": MORNINGS},
            "Not registering",
            f"{CLOSED} Registering is switched off: no new callbacks are taken.",
        ),
        (
            {"process_callbacks": False},
            "Open, Not processing",
            f"{ASAP} {BOOKED} Processing is switched off: nobody is called.",
        ),
        (
            {"stats": QueueStats(MONDAY_3_PM, agents_staffed=0)},
            "Open, Nobody at work",
            f"{ASAP} {BOOKED} No agents are at work, by the queue statistics.",
        ),
        (
            {"estimate": {"staffing": [{"agents": 2, "weekly": {"tue": ["09:00-12:00"]}}]}},
            "Open, Nobody at work",
            f"{ASAP} {BOOKED} No agents are at work, by the planned shifts.",
        ),
        ({"hours": MORNINGS, "stats": QueueStats(MONDAY_3_PM, agents_staffed=0)}, "Closed", f"{CLOSED} {BOOKED}"),
    ],
)
def test_state_and_why(settings: dict[str, Any], badges: str, why: str) -> None:
    stands = standing(**settings)
    assert ", ".join(badge.words for badge in stands.badges) == badges
    assert stands.why == why


def test_a_wait_that_is_too_long_is_told_with_the_longest() -> None:
    stands = standing(waiting=40, max_estimate=600)
    assert stands.badges[0].words == "Estimate too long"
    assert "from 10 min on none is taken as soon as possible." in stands.why


def test_every_reason_has_words() -> None:
    """Whatever is switched on or off, something is said; and nothing is said twice."""
    switches = ("register_callbacks", "offer_asap", "offer_scheduled", "scheduled_after_hours", "process_callbacks")
    for chosen, hours in product(product((True, False), repeat=len(switches)), ({"weekly": "always"}, MORNINGS, LATE)):
        stands = standing(hours=hours, waiting=9, **dict(zip(switches, chosen, strict=True)))
        sentences = [sentence for sentence in stands.why.split(". ") if sentence]
        assert sentences
        assert len(sentences) == len(set(sentences))


def test_the_most_urgent_word_gives_the_tone() -> None:
    assert standing().tone is Tone.GOOD
    assert standing(hours=MORNINGS).tone is Tone.PLAIN
    assert standing(process_callbacks=False).tone is Tone.BAD


def test_a_name_in_a_reason_is_no_markup() -> None:
    assert isinstance(standing(hours=MORNINGS).why, Markup)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "< 1 min"), (59, "< 1 min"), (61, "2 min"), (5400, "90 min"), (5401, "1 h 40 min"), (7200, "2 h")],
)
def test_waits(seconds: int, words: str) -> None:
    assert minutes_words(seconds) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (300, 540, "5–9 min"),
        (0, 240, "< 1–4 min"),
        (0, 30, "< 1 min"),
        (130, 170, "3 min"),
        (3600, 9000, "60 min – 2 h 30 min"),
    ],
)
def test_ranges(low: int, high: int, words: str) -> None:
    assert range_words(low, high) == words


class TestSparkline:
    def course(self, *promises: tuple[int, int]) -> Course:
        told = [
            Told(Instant(MONDAY_3_PM + minute * MINUTE), promise, promise // 2, promise * 2)
            for minute, promise in promises
        ]
        return Course(told, Instant(MONDAY_3_PM), Instant(MONDAY_3_PM + 4 * HOUR), 2 * MINUTE)

    def test_nothing_to_draw(self) -> None:
        assert sparkline(self.course()) == ""
        assert sparkline(self.course((0, 60))) == ""

    def test_first_now_highest(self) -> None:
        words = course_words(self.course((0, 60), (2, 900), (4, 300)))
        assert words == "Estimate over the last 4 hours: at first 1 min, now 5 min, highest 15 min."

    def test_a_time_in_which_nothing_was_told_is_a_gap(self) -> None:
        drawn = sparkline(self.course((0, 60), (2, 60), (60, 60), (62, 60)))
        assert drawn.count("<polyline") == drawn.count("<polygon") == 2

    def test_it_stays_within_its_box(self) -> None:
        drawn = sparkline(self.course((-10, 60), (0, 7200), (240, 60)))
        numbers = [
            float(each)
            for point in drawn.split('points="')[1:]
            for each in point.split('"')[0].replace(" ", ",").split(",")
        ]
        assert all(0 <= across <= 240 for across in numbers[::2])
        assert all(0 <= down <= 40 for down in numbers[1::2])


class TestHappenings:
    def happening(self, kind: str, **details: Any) -> Happening:
        return Happening(MONDAY_3_PM, kind, details, CallbackId("c"), CallTargetId("t"), "+12015550123")

    def test_every_cause_and_outcome_has_words(self) -> None:
        assert OUTCOMES.keys() == {*Outcome}
        for cause in Cause:
            assert words_of(self.happening("ended", cause=cause.value)) != "the call ended"
        for outcome in Outcome:
            assert words_of(self.happening("finished", outcome=outcome.value)) == f"finished: {OUTCOMES[outcome]}"

    @pytest.mark.parametrize(
        ("kind", "details", "words"),
        [
            ("requested", {"channel": "sms"}, "asked for a callback (sms)"),
            ("dialing", {"attempt": 1}, "released"),
            ("dialing", {"attempt": 2}, "released, attempt 2"),
            ("canceled", {"by": "api"}, "cancelled by the API"),
            ("moved", {"by": "customer"}, "moved to another time by the customer"),
            ("moved", {"by": "ann@acme.example"}, "moved to another time by ann@acme.example"),
            ("note", {"by": "ann@acme.example", "text": "private"}, "a note was written by ann@acme.example"),
            ("something_new", {}, "something new"),
        ],
    )
    def test_words(self, kind: str, details: dict[str, Any], words: str) -> None:
        assert words_of(self.happening(kind, **details)) == words

    @pytest.mark.parametrize(
        ("number", "shown"), [("+12015550123", "… 0123"), ("+12015550123;ext=99", "… 0123"), ("erased:01abc", "erased")]
    )
    def test_no_more_of_a_number_than_its_end(self, number: str, shown: str) -> None:
        assert last_digits(number) == shown


def test_the_reasons_are_all_known() -> None:
    """A new reason needs words here."""
    assert {*Reason} - {Reason.INACTIVE} == {
        Reason.REGISTERING_OFF,
        Reason.ASAP_OFF,
        Reason.CLOSED,
        Reason.MAX_REQUESTED,
        Reason.MAX_ESTIMATE,
        Reason.CLOSING_SOON,
        Reason.SCHEDULED_OFF,
        Reason.NO_SLOTS,
    }
