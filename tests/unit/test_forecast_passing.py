"""How long a line takes to pass."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.forecast.passing import Stretch, gamma_quantile, time_to_pass

ONE_A_MINUTE = (Stretch(0, 1 / 60),)

people = st.floats(0, 2000)
abandonments = st.floats(0, 0.1)
rates = st.floats(0.0001, 10)


@st.composite
def futures(draw: st.DrawFn) -> tuple[Stretch, ...]:
    starts = sorted({0.0, *draw(st.lists(st.floats(1, 1e5), max_size=6))})
    return tuple(Stretch(start, draw(rates)) for start in starts)


def test_an_empty_line_has_passed():
    assert time_to_pass(0, 0, ONE_A_MINUTE, 0.01) == (0.0, 1 / 60)


def test_those_who_stay_pass_one_by_one():
    assert time_to_pass(30, 0, ONE_A_MINUTE, 0.01)[0] == pytest.approx(1800)


def test_those_who_never_give_up_pass_like_those_who_stay():
    assert time_to_pass(10, 20, ONE_A_MINUTE, 0.0)[0] == pytest.approx(1800)


def test_a_line_in_which_all_may_leave_is_a_logarithm_long():
    """``dx = rate * e^(at) dt`` has the solution ``t = ln(1 + a n / rate) / a``."""
    expected = math.log(1 + 0.002 * 20 * 60) / 0.002

    assert time_to_pass(0, 20, ONE_A_MINUTE, 0.002)[0] == pytest.approx(expected, rel=0.01)


def test_against_the_same_done_in_small_steps():
    future, abandonment = (Stretch(0, 0.02), Stretch(300, 0.2), Stretch(400, 0.001), Stretch(900, 0.05)), 0.003
    passed = now = 0.0
    while passed < 60:
        rate = next(stretch.rate for stretch in reversed(future) if stretch.start <= now)
        passed += rate / (0.4 + 0.6 * math.exp(-abandonment * now)) * 0.1
        now += 0.1

    assert time_to_pass(24, 36, future, abandonment)[0] == pytest.approx(now, abs=1)


@given(people, people, futures(), abandonments)
def test_it_is_never_negative_and_never_endless(
    stay: float, leave: float, future: tuple[Stretch, ...], giving_up: float
):
    time, rate = time_to_pass(stay, leave, future, giving_up)

    assert 0 <= time < 1e9
    assert rate in {stretch.rate for stretch in future}


@given(people, people, futures(), abandonments, st.floats(0.1, 100))
def test_longer_lines_take_longer(
    stay: float, leave: float, future: tuple[Stretch, ...], giving_up: float, more: float
):
    here = time_to_pass(stay, leave, future, giving_up)[0]

    assert here <= time_to_pass(stay + more, leave, future, giving_up)[0] * (1 + 1e-9) + 1e-6
    assert here <= time_to_pass(stay, leave + more, future, giving_up)[0] * (1 + 1e-9) + 1e-6


@given(people, people, futures())
def test_who_may_give_up_makes_nobody_wait_longer(stay: float, leave: float, future: tuple[Stretch, ...]):
    patient, impatient = (time_to_pass(stay, leave, future, giving_up)[0] for giving_up in (0.0, 0.01))

    assert impatient <= patient * (1 + 1e-9) + 1e-6


def test_a_cut_between_stretches_of_the_same_rate_makes_no_difference():
    cut = tuple(Stretch(start, 1 / 60) for start in (0.0, 100.0, 500.0, 501.0))

    assert time_to_pass(10, 20, cut, 0.003)[0] == pytest.approx(time_to_pass(10, 20, ONE_A_MINUTE, 0.003)[0])


@pytest.mark.parametrize(
    ("stages", "low", "high"),
    [(1, 0.10536, 2.30259), (2, 0.53181, 3.88972), (10, 6.22130, 14.20599), (50, 41.17864, 59.24900)],
)
def test_the_quantiles_are_those_of_a_sum_of_exponential_times(stages: int, low: float, high: float):
    """Against the gamma distribution's own (10 % and 90 %)."""
    assert gamma_quantile(stages, math.sqrt(stages), -1.2816) == pytest.approx(low, rel=0.01, abs=0.02)
    assert gamma_quantile(stages, math.sqrt(stages), 1.2816) == pytest.approx(high, rel=0.01)


def test_the_quantiles_of_nothing_are_nothing():
    assert gamma_quantile(0, 10, 1.6) == 0.0
