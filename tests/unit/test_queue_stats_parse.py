import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.forecast.model import QueueStats
from ringback.http.queue_stats import parse
from ringback.kernel.clock import Instant, after, from_unix
from ringback.kernel.errors import InvalidParameters, InvalidRequest

NOW = Instant(from_unix(1_772_463_600) + 250_000)
STALE_AFTER = 120
TYPES = [None, b"application/json", b"application/x-www-form-urlencoded", b"text/xml", b"\xff"]
FIGURES = ("calls_waiting", "agents_staffed", "agents_available", "handle_time", "oldest_wait")

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
bodies = st.dictionaries(st.sampled_from([*FIGURES, "at", "else"]), values).map(
    lambda body: orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
)
forms = st.dictionaries(st.sampled_from([*FIGURES, "at"]), st.text("0123456789.-+ex%&=", max_size=8)).map(
    lambda form: "&".join(f"{name}={value}" for name, value in form.items()).encode()
)


def report(body, content_type=b"application/json"):
    return parse.report(body, content_type, stale_after=STALE_AFTER, now=NOW)


def at_of(seconds):
    return report(orjson.dumps({"calls_waiting": 1, "at": seconds})).at


@given(st.binary(max_size=40) | bodies | forms, st.sampled_from(TYPES))
def test_whatever_comes_is_a_report_or_an_error_of_the_contract(body, content_type):
    try:
        stats = report(body, content_type)
    except (InvalidRequest, InvalidParameters):
        return
    assert isinstance(stats, QueueStats)
    told = [getattr(stats, figure) for figure in FIGURES]
    assert any(figure is not None for figure in told)
    assert all(0 <= figure <= 100_000 for figure in told if figure is not None)
    assert after(NOW, -STALE_AFTER) < stats.at <= NOW
    if stats.agents_staffed is not None and stats.agents_available is not None:
        assert stats.agents_available <= stats.agents_staffed


def test_the_time_it_was_true():
    second = 1_772_463_600
    assert at_of(None) == NOW
    assert at_of(second) == from_unix(second)
    assert at_of(second + 1) == NOW  # by a clock that is ahead
    assert at_of(second + 60) == NOW
    assert at_of(second - STALE_AFTER + 1) == from_unix(second - STALE_AFTER + 1)
    for seconds in (second + 61, second - STALE_AFTER):
        with pytest.raises(InvalidParameters, match=r"^at is "):
            at_of(seconds)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (b"calls_waiting=4&handle_time=245.5", {"calls_waiting": 4, "handle_time": 245.5}),
        (b"calls_waiting=+4+&oldest_wait=0", {"calls_waiting": 4, "oldest_wait": 0}),
        (b"calls_waiting=0&agents_staffed=&agents_available=", {"calls_waiting": 0}),
        (b"handle_time=245", {"handle_time": 245}),
    ],
)
def test_a_form_says_everything_as_text(form, told):
    assert report(form, b"application/x-www-form-urlencoded") == QueueStats(at=NOW, **told)
