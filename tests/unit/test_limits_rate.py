from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.kernel.clock import MINUTE, SECOND, Instant
from ringback.kernel.errors import TooManyRequests
from ringback.limits.model import Rate
from ringback.limits.rate import RateLimiter

NOW = Instant(1_800_000_000_000_000)
THREE_A_MINUTE = Rate(requests=3, seconds=60)


def passes(limiter, rate, now, key="k"):
    return wait_told(limiter, rate, now, key) == 0


def wait_told(limiter, rate, now, key="k"):
    """What a refused request is told to wait, in seconds; 0 when it passes."""
    try:
        limiter.check(key, rate, Instant(now))
    except TooManyRequests as refusal:
        return refusal.details["retry_after"]
    return 0


@given(st.integers(1, 500), st.integers(1, 86_400))
def test_exactly_so_many_pass_at_once(requests, seconds):
    limiter, rate = RateLimiter(), Rate(requests=requests, seconds=seconds)
    assert [passes(limiter, rate, NOW) for _ in range(requests + 1)] == [True] * requests + [False]


def test_room_for_one_more_comes_back_evenly():
    limiter = RateLimiter()
    for _ in range(3):
        limiter.check("k", THREE_A_MINUTE, NOW)
    with pytest.raises(TooManyRequests) as refused:
        limiter.check("k", THREE_A_MINUTE, NOW)
    assert refused.value.details == {"retry_after": 20}
    assert not passes(limiter, THREE_A_MINUTE, NOW + 20 * SECOND - 1)
    assert passes(limiter, THREE_A_MINUTE, NOW + 20 * SECOND)
    assert not passes(limiter, THREE_A_MINUTE, NOW + 20 * SECOND)


def test_keys_do_not_share_a_meter():
    limiter = RateLimiter()
    once = Rate(requests=1, seconds=60)
    assert passes(limiter, once, NOW, ("address", "192.0.2.1"))
    assert passes(limiter, once, NOW, ("prefix", "192.0.2.1"))
    assert not passes(limiter, once, NOW, ("address", "192.0.2.1"))


def test_what_one_meter_refuses_is_counted_on_none():
    limiter = RateLimiter()
    one, many = Rate(requests=1, seconds=60), Rate(requests=2, seconds=60)
    limiter.check("narrow", one, NOW)
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            limiter.check_all([("wide", many), ("narrow", one)], NOW)
    assert [passes(limiter, many, NOW, "wide") for _ in range(3)] == [True, True, False]


def test_the_longest_wait_is_told():
    limiter = RateLimiter()
    meters = [("short", Rate(requests=1, seconds=10)), ("long", Rate(requests=1, seconds=600))]
    limiter.check_all(meters, NOW)
    with pytest.raises(TooManyRequests) as refused:
        limiter.check_all(meters, NOW)
    assert refused.value.details == {"retry_after": 600}
    with pytest.raises(TooManyRequests) as refused:
        limiter.check_all(list(reversed(meters)), NOW)
    assert refused.value.details == {"retry_after": 600}


def test_no_meters_refuse_nobody():
    RateLimiter().check_all([], NOW)


def test_a_clock_put_back_locks_nobody_out_for_long():
    limiter = RateLimiter()
    for _ in range(3):
        limiter.check("k", THREE_A_MINUTE, Instant(NOW + 1000 * MINUTE))
    assert not passes(limiter, THREE_A_MINUTE, NOW)
    with pytest.raises(TooManyRequests) as refused:
        limiter.check("k", THREE_A_MINUTE, NOW)
    assert refused.value.details["retry_after"] <= 60


def test_a_changed_rate_holds_at_once():
    limiter = RateLimiter()
    for _ in range(3):
        limiter.check("k", THREE_A_MINUTE, NOW)
    assert wait_told(limiter, THREE_A_MINUTE, NOW) == 20
    assert wait_told(limiter, Rate(requests=10, seconds=60), NOW) == 6
    assert wait_told(limiter, Rate(requests=2, seconds=2), NOW) == 1


class LeakyBucket:
    """The other way to write the same rule: a bucket that holds ``requests`` and leaks ``requests`` in ``seconds``."""

    def __init__(self, rate):
        self.rate, self.level, self.seen = rate, Fraction(0), 0

    def passes(self, now):
        leaked = Fraction((now - self.seen) * self.rate.requests, self.rate.seconds * SECOND)
        self.level, self.seen = max(self.level - leaked, Fraction(0)), now
        if self.level + 1 > self.rate.requests:
            return False
        self.level += 1
        return True


# Rates whose interval is a whole number of microseconds, so that both models are exact.
exact_rates = st.builds(Rate, requests=st.sampled_from([1, 2, 4, 5, 10, 50]), seconds=st.integers(1, 120))
gaps = st.lists(st.one_of(st.just(0), st.integers(0, 5 * SECOND), st.integers(0, 200 * SECOND)), max_size=80)


@given(exact_rates, gaps)
def test_it_agrees_with_a_leaky_bucket(rate, gaps):
    limiter, bucket, now = RateLimiter(), LeakyBucket(rate), NOW
    for gap in gaps:
        now += gap
        assert passes(limiter, rate, now) == bucket.passes(now)


@given(st.builds(Rate, requests=st.integers(1, 40), seconds=st.integers(1, 600)), gaps)
def test_a_refused_caller_passes_after_the_wait_told_and_not_a_second_before(rate, gaps):
    limiter, now = RateLimiter(), NOW
    for gap in gaps:
        now += gap
        wait = wait_told(limiter, rate, now)
        assert isinstance(wait, int)
        if wait:
            assert not passes(limiter, rate, now + (wait - 1) * SECOND)
            now += wait * SECOND
            assert passes(limiter, rate, now)


def test_empty_meters_are_dropped_as_requests_come_in():
    limiter = RateLimiter()
    for number in range(1000):
        limiter.check(number, THREE_A_MINUTE, NOW)
    assert len(limiter) == 1000
    for number in range(1100):
        limiter.check(("later", number), Rate(requests=1000, seconds=1), Instant(NOW + MINUTE + number * SECOND))
    assert len(limiter) < 10


def test_a_long_lived_meter_does_not_hide_the_empty_ones_behind_it():
    limiter = RateLimiter()
    limiter.check("day", Rate(requests=1, seconds=86_400), NOW)
    for number in range(5000):
        limiter.check(number, Rate(requests=1, seconds=1), Instant(NOW + number * SECOND))
    assert len(limiter) < 10
    assert not passes(limiter, Rate(requests=1, seconds=86_400), NOW + 5000 * SECOND, "day")


def test_a_flood_of_keys_is_held_in_bounds():
    limiter = RateLimiter(capacity=100)
    for number in range(1000):
        limiter.check(number, THREE_A_MINUTE, NOW)
        assert len(limiter) <= 100
    once = Rate(requests=1, seconds=60)
    assert passes(limiter, once, NOW, "newest")
    assert not passes(limiter, once, NOW, "newest")
