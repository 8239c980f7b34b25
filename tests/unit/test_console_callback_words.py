"""What the console says of a callback, and how numbers are shown."""

from dataclasses import replace

import pytest

from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.callbacks.model import Callback, Kind
from ringback.console.callback_words import (
    MEANINGS,
    cause_words,
    duration,
    kept_promise,
    refusal_words,
    state_of,
    stopwatch,
    tell,
)
from ringback.console.page import Reader
from ringback.console.telephone_numbers import last_digits, number_of, number_words
from ringback.dispatch.plan import End, Hold, Postpone, Reason
from ringback.kernel.clock import MINUTE, Instant, after, from_unix, to_unix
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallbackId, CallTargetId, OrgId, WidgetId
from ringback.telephony.flow import WishKind
from ringback.telephony.port import Party

NOW = from_unix(1772463600)
READER = Reader(resolve_zone("America/New_York"))
CALLBACK = Callback(
    OrgId("acme"), CallbackId("c"), CallTargetId("t"), WidgetId("w"), "+12015550123", None, Kind.ASAP, State.PENDING,
    None, "web", "en", "UTC", NOW, None, NOW, 600, 0, NOW, None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (89, "1 min"), (3599, "1 h"), (3600, "1 h"), (7500, "2 h 5 min"),
     (86_400, "1 d"), (100_800, "1 d 4 h")],
)  # fmt: skip
def test_durations(seconds: float, words: str):
    assert duration(seconds) == words


@pytest.mark.parametrize(("seconds", "words"), [(0, "+0:00"), (231.4, "+3:51"), (3753, "+1:02:33")])
def test_stopwatch(seconds: float, words: str):
    assert stopwatch(seconds) == words


def test_every_state_and_outcome_has_a_meaning_and_a_badge():
    for state in set(State) - {State.FINISHED}:
        assert state_of(replace(CALLBACK, state=state)).title == MEANINGS[state]
    for outcome in Outcome:
        said = state_of(replace(CALLBACK, state=State.FINISHED, outcome=outcome))
        assert "_" not in said.words
        assert said.title == MEANINGS[outcome]
    assert {cause_words(cause) for cause in Cause}


@pytest.mark.parametrize(
    ("launched", "words"),
    [(8 * MINUTE, "2 min early"), (10 * MINUTE, "on time"), (10 * MINUTE + 59_000_000, "on time"), (13 * MINUTE, "3 min late")],
)  # fmt: skip
def test_promised_against_actual(launched: int, words: str):
    told = kept_promise(replace(CALLBACK, launched_at=Instant(NOW + launched)), NOW)
    assert told is not None
    assert told.words == words


def test_what_was_not_called():
    assert kept_promise(CALLBACK, Instant(NOW + 10 * MINUTE)) is None
    overdue = kept_promise(CALLBACK, Instant(NOW + 15 * MINUTE))
    assert overdue is not None
    assert overdue.words == "overdue by 5 min"
    over = replace(CALLBACK, state=State.FINISHED, outcome=Outcome.CANCELED)
    assert kept_promise(over, Instant(NOW + 15 * MINUTE)) is None
    assert kept_promise(replace(CALLBACK, promised_seconds=None), NOW) is None
    booked = replace(CALLBACK, kind=Kind.SCHEDULED, appointment_at=after(NOW, 60), launched_at=after(NOW, 300))
    late = kept_promise(booked, NOW)
    assert late is not None
    assert late.words == "4 min late"


def test_every_line_of_a_timeline_is_told_in_words():
    then = to_unix(NOW)
    lines = {
        "dialing": {"attempt": 2},
        "ringing": {},
        "answered": {},
        "connected": {},
        "finished": {"outcome": "not_completed"},
        "retry": {"at": then},
        "later": {"at": then},
        "replaced": {},
        "canceled": {"by": "customer"},
        "called_now": {"by": "sue@acme.example"},
    }
    for kind, details in lines.items():
        told = tell(NOW, kind, details)
        assert told.words != kind.capitalize() or kind == "answered"
        assert (told.then is not None) == ("at" in details)
    assert tell(NOW, "dialing", {"attempt": 2}).words == "Attempt 2: the first party is called"
    assert tell(NOW, "canceled", {"by": "customer"}).by == "the customer"
    assert tell(NOW, "note", {"text": "Hm"}).text == "Hm"
    assert tell(NOW, "note", {}).words == "Note, erased"
    moved = tell(NOW, "moved", {"by": "customer", "appointment_time": then})
    assert (moved.words, moved.then) == ("Moved to", NOW)
    assert tell(NOW, "moved", {"by": "x"}).words == "Moved to as soon as possible"
    assert tell(NOW, "made_up", {}).words == "Made up"


def test_every_reason_and_every_end_of_a_call_has_words():
    for reason in Reason:
        for kind in ("waitlisted", "given_back"):
            assert reason.value not in tell(NOW, kind, {"reason": reason.value}).words or "_" not in reason.value
        assert "_" not in tell(NOW, "finished", {"outcome": "expired", "reason": reason.value}).words
        told = refusal_words(Postpone(NOW, reason), READER)
        assert "Mar 2, 2026, 10:00 EST" in told
        assert "_" not in told.striptags()
        assert refusal_words(End(Outcome.CANCELED, reason), READER).startswith("It will not be called")
        assert refusal_words(Hold(reason), READER).startswith("It is held back")
    for cause in Cause:
        for party in Party:
            assert "_" not in tell(NOW, "ended", {"cause": cause.value, "party": party.value}).words
    for wish in WishKind:
        told_wish = tell(NOW, "ended", {"cause": "canceled", "party": "customer", "wish": wish.value}).words
        assert told_wish.startswith("Call ended: the customer")
        assert "_" not in told_wish


def test_numbers_are_shown_as_far_as_somebody_may_see_them():
    assert number_words("+12015550123") == "+1 201-555-0123"
    assert number_words("+12015550123;ext=12") == "+1 201-555-0123 ext. 12"
    assert number_words("nonsense") == "nonsense"
    assert last_digits("+12015550123;ext=12").striptags() == "••• ending in 0123"
    assert "201" not in number_of(CALLBACK, whole=False)
    assert number_of(CALLBACK, whole=True) == "+1 201-555-0123"
    erased = replace(CALLBACK, contact_number="erased:c", erased_at=NOW)
    for whole in (True, False):
        assert "erased:" not in number_of(erased, whole=whole)
