"""The sentences of a report: what they say, and that they say nothing that is not so."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.callbacks.model import Kind
from ringback.reports.model import COUNTS, Days, Report, Tally
from ringback.reports.wording import Wording

DAY = date(2026, 3, 2)
WEEK = Days(DAY, DAY + timedelta(days=6))
FINDINGS = ("volumes", "outcomes", "punctuality", "spared", "retries")


def report(before: Tally | None = None, *, days: Days = WEEK, asked: Any = None, **counts: int) -> Report:
    tally = Tally(**counts)
    return Report(days, asked or {(DAY, 10, "sms"): tally.requested}, {(DAY, 0, Kind.ASAP): tally}, before)


def said(finding: str, found: Report, wording: Wording | None = None) -> str:
    return " ".join(getattr(wording or Wording(), finding)(found).split())


@pytest.mark.parametrize("finding", FINDINGS)
def test_nothing_is_said_of_nothing(finding: str) -> None:
    sentence = said(finding, report())
    assert sentence.startswith(("No", "no"))
    assert "%" not in sentence


@pytest.mark.parametrize("finding", FINDINGS)
@given(
    now=st.fixed_dictionaries({name: st.integers(0, 3) for name in COUNTS}),
    before=st.one_of(st.none(), st.builds(Tally, **{name: st.integers(0, 3) for name in COUNTS})),
)
def test_whatever_was_counted_becomes_a_sentence(finding: str, now: dict[str, int], before: Tally | None) -> None:
    now["at_first"] = min(now["at_first"], now["success"])
    sentence = said(finding, report(before, **now))
    assert sentence[0].isupper() or sentence[0].isdigit() or sentence[0] in "<>"
    assert sentence.endswith(".")
    assert "None" not in sentence
    assert "nan" not in sentence


class TestVolumes:
    def test_how_many_how_and_when(self) -> None:
        asked = {(DAY, 9, "sms"): 300, (DAY, 10, "sms"): 700, (DAY, 11, "web"): 204}
        assert said("volumes", report(asked=asked, requested=1204)) == (
            "1,204 callbacks were asked for; most over SMS (83 %); the busiest hour was 10:00 to 11:00."
        )

    def test_one(self) -> None:
        assert said("volumes", report(requested=1)).startswith("1 callback was asked for; the busiest hour")

    @pytest.mark.parametrize(
        ("now", "before", "words"),
        [
            (112, 100, "12 % more than in the 7 days before"),
            (90, 100, "10 % less than in the 7 days before"),
            (100, 100, "as many as in the 7 days before"),
            (250, 100, "2.5 times as many as in the 7 days before"),
        ],
    )
    def test_against_the_days_before(self, now: int, before: int, words: str) -> None:
        assert f"asked for, {words};" in said("volumes", report(Tally(requested=before), requested=now))

    def test_nothing_before_is_held_against_nothing(self) -> None:
        assert "before" not in said("volumes", report(Tally(), requested=5))
        assert "before" not in said("volumes", report(requested=5))

    def test_a_running_day(self) -> None:
        found = replace(report(Tally(requested=10), days=Days(DAY, DAY), requested=8), running=Tally(requested=3))
        assert "50 % less than on the day before by this time" in said("volumes", found, Wording(running=True))


class TestOthers:
    def test_outcomes(self) -> None:
        found = report(Tally(success=8, canceled=2), success=83, canceled=6, unavailable=10, failure=1)
        assert said("outcomes", found) == (
            "83 % of the 100 callbacks that ended were successful, 3 points more than in the 7 days before. "
            "Of the others most were not reached (10)."
        )
        assert said("outcomes", report(success=1)) == "100 % of the 1 callback that ended was successful."

    def test_punctuality(self) -> None:
        found = report(
            Tally(on_time=95, later=5), on_time=18, late_2=2, promised_seconds=20 * 421, waited_seconds=20 * 299
        )
        assert said("punctuality", found) == (
            "90 % of the calls came on time, 5 points less than in the 7 days before. Who asked for a call as soon as "
            "possible was told 7 min on average and called after 5 min."
        )

    def test_what_is_not_quite_all_is_not_a_hundred_percent(self) -> None:
        assert said("punctuality", report(on_time=999, never=1)).startswith("> 99 % of the calls")
        assert said("outcomes", report(success=1, canceled=999)).startswith("< 1 %")

    def test_spared(self) -> None:
        found = report(Tally(spared_seconds=1000), spared=4, spared_seconds=4000, held=4, held_seconds=48)
        assert said("spared", found) == (
            "Customers were spared about 1 h 6 min on hold, 4 times as much as in the 7 days before: 16 min each. "
            "Once they had answered, an agent was there after 12 s."
        )
        assert "nobody was spared anything" in said("spared", report(spared=1, spared_seconds=-60))

    def test_retries(self) -> None:
        assert said("retries", report(success=100, at_first=88, retried=20)) == (
            "88 % of those who were reached were so with the first call. 20 were called again, and 12 of them reached "
            "(60 %)."
        )
        assert said("retries", report(success=3, at_first=3)).endswith("; nobody was called twice.")
        assert said("retries", report(success=3, at_first=3, retried=1)).endswith("; 1 was called again in vain.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (12.4, "12 s"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (900, "15 min"),
        (3660, "1 h 1 min"),
        (7200, "2 h"),
        (4_334_400, "1,204 h"),
        (-85, "-1 min 25 s"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert Wording().duration(seconds).replace("\u00a0", " ") == words


def test_numbers_are_of_the_locale() -> None:
    assert Wording("de").number(1204.56) == "1.204,6"
    assert Wording().number(1204) == "1,204"
