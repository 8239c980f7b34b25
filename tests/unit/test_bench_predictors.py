"""The predictors that Ringback is held against, each by hand."""

from dataclasses import replace

import pytest
from bench.predictors.all import predictors
from bench.predictors.delay_history import AnswerRate, Asterisk, HeadOfLine, LastToEnterService, Webex
from bench.predictors.predictor import Predictor, play
from bench.predictors.queue import Queue, Recent
from bench.predictors.queue_length import QueueLength, QueueLengthWithAbandonment, QueueLengthWithHoldersAbandoning
from bench.predictors.vendors import Cisco, Genesys, Google
from bench.quality.trace import Event
from bench.quality.workload import trace, workload


def _event(t, what, caller=None, **more) -> Event:
    return {"t": float(t), "event": what, **({"id": caller} if caller else {}), **more}


# Two agents. a and b are served at once; c, d, e wait; d gives up at 100; a ends at 100 and c is taken; x asks at 160,
# behind e, who has waited since 40.
DAY = [
    _event(0, "settings", default_handle_time=300, default_agents=7),
    _event(0, "staffing", agents=2),
    _event(0, "arrived", "a", kind="hold"),
    _event(0, "answered", "a"),
    _event(10, "arrived", "b", kind="hold"),
    _event(10, "answered", "b"),
    _event(20, "arrived", "c", kind="callback"),
    _event(30, "arrived", "d", kind="hold"),
    _event(40, "arrived", "e", kind="hold"),
    _event(100, "abandoned", "d"),
    _event(100, "finished", "a", handle_time=100),
    _event(100, "answered", "c"),
    _event(160, "arrived", "x", kind="callback"),
]


def _told(predictor: Predictor, events=DAY, caller="x") -> float:
    return play(events, [predictor])[predictor.name][caller]


def test_queue_length_is_those_who_wait_and_the_caller_over_the_pace_of_the_agents():
    assert _told(QueueLength()) == pytest.approx(2 * 100 / 2)


def test_queue_length_starts_from_the_configured_handle_time():
    assert _told(QueueLength(), caller="c") == pytest.approx(1 * 300 / 2)


def test_queue_length_with_abandonment_takes_those_into_account_who_give_up():
    # One gave up in 80 (c) + 70 (d) + 120 (e) seconds of waiting.
    alpha = 1 / 270
    assert _told(QueueLengthWithAbandonment()) == pytest.approx(1 / 0.02 + 1 / (0.02 + alpha))


def test_queue_length_with_holders_abandoning_counts_the_seconds_of_holders_alone():
    alpha = 1 / 190
    assert _told(QueueLengthWithHoldersAbandoning()) == pytest.approx(1 / 0.02 + 1 / (0.02 + alpha))


def test_holders_are_a_share_of_those_who_are_ahead():
    # y asks behind e (hold) and x (callback): half of those ahead may give up.
    events = [*DAY, _event(160, "arrived", "y", kind="callback")]
    alpha = 1 / 190
    wanted = sum(1 / (0.02 + alpha * still / 2) for still in range(3))
    assert _told(QueueLengthWithHoldersAbandoning(), events, "y") == pytest.approx(wanted)


def test_the_last_to_enter_service_had_waited_80_seconds():
    assert _told(LastToEnterService()) == 80


def test_the_head_of_the_line_has_waited_120_seconds():
    assert _told(HeadOfLine()) == 120


def test_the_head_of_an_empty_line_has_not_waited():
    assert _told(HeadOfLine(), [*DAY[:6], _event(50, "arrived", "x", kind="callback")]) == 0


def test_asterisk_averages_in_whole_numbers():
    # (3 * 0 + 0) >> 2, again, then (3 * 0 + 80) >> 2 = 20; then (60 + 121) >> 2 = 45.
    assert _told(Asterisk()) == 20
    events = [
        *DAY[:-1],
        _event(161.9, "finished", "b", handle_time=151.9),
        _event(161.9, "answered", "e"),
        _event(170, "arrived", "x", kind="callback"),
    ]
    assert _told(Asterisk(), events) == 45


def _served(t, wait, caller) -> list[Event]:
    return [_event(t - wait, "arrived", caller, kind="hold"), _event(t, "answered", caller)]


def test_webex_averages_the_minutes_that_agree_with_themselves():
    answers = [*_served(70, 60, "p"), *_served(75, 60, "q"), *_served(130, 100, "r"), *_served(190, 10, "s")]
    answers += [*_served(191, 150, "t")]  # beside s: a coefficient of variation of 0.875, so that minute does not count
    events = sorted(answers, key=lambda event: event["t"])
    assert _told(Webex(), [*events, _event(240, "arrived", "x", kind="callback")]) == pytest.approx((60 + 100) / 2)


@pytest.mark.parametrize("predictor", [LastToEnterService(), HeadOfLine(), Asterisk(), Webex()])
def test_a_night_is_no_wait(predictor):
    night = [
        *_served(70, 60, "p"),
        _event(80, "arrived", "q", kind="callback"),
        _event(90, "arrived", "r", kind="callback"),
        _event(86_400 + 30, "answered", "q"),
        _event(86_400 + 90, "arrived", "x", kind="callback"),
    ]
    assert _told(predictor, night) <= 60


def test_nobody_loses_patience_in_a_night():
    queue = Queue()
    for event in (_event(100, "arrived", "a", kind="hold"), _event(160, "staffing", agents=0)):
        queue.observe(event)
    queue.pass_to(86_500)
    assert (queue.waited, queue.held) == (60, 60)


def test_webex_keeps_its_last_answer_when_it_has_none():
    events = [*_served(70, 60, "p"), _event(130, "arrived", "x", kind="callback")]
    later = [*events, _event(1000, "arrived", "y", kind="callback")]
    assert _told(Webex(), later, "y") == 60


def test_the_answer_rate_divides_the_queue_by_the_pace_of_late():
    # Answers at 0, 10 and 100: three in the 160 seconds since the first. One waits.
    assert _told(AnswerRate(minutes=5)) == pytest.approx(160 / 3)


def test_the_answer_rate_forgets_what_was_before_its_window():
    events = [*DAY[:-1], _event(350, "arrived", "x", kind="callback")]
    assert _told(AnswerRate(minutes=5), events) == pytest.approx(300 / 1)


def test_genesys_divides_the_work_in_the_queue_by_the_active_agents():
    assert _told(Genesys()) == pytest.approx(100 * 1 / 2)


def test_genesys_takes_90_seconds_until_a_call_was_handled():
    events = [*DAY[:9], _event(50, "arrived", "x", kind="callback")]
    assert _told(Genesys(), events) == pytest.approx(90 * 3 / 2)


@pytest.mark.parametrize("predictor", [Genesys(), Cisco(), QueueLength()])
def test_a_launch_that_found_nobody_is_no_call_that_was_handled(predictor):
    missed = [*DAY[:-1], _event(120, "finished", "c", handle_time=0), _event(120, "answered", "e"), DAY[-1]]
    assert _told(predictor, missed) in {0, 50}


def test_google_adds_10_seconds():
    assert _told(Google()) == pytest.approx(100 / 2 * 1 + 10)


def test_cisco_looks_at_the_calls_of_5_minutes():
    assert _told(Cisco()) == pytest.approx(2 * 100 / 2)
    events = [*DAY[:-1], _event(401, "arrived", "x", kind="callback")]
    assert _told(Cisco(), events) == pytest.approx(2 * 300 / 2)


@pytest.mark.parametrize("predictor", [Genesys(), Cisco(), QueueLength(), QueueLengthWithAbandonment()])
def test_nobody_is_told_a_wait_while_an_agent_is_free(predictor):
    assert _told(predictor, [*DAY[:4], _event(5, "arrived", "x", kind="callback")]) == 0


def test_no_predictor_sees_what_comes_later():
    events = trace(replace(workload("bursty", 5), hours=2.0), 1)
    cut = len(events) // 2
    early = play(events[:cut], predictors())
    assert any(early.values())
    for name, answers in play(events, predictors()).items():
        assert {caller: answers[caller] for caller in early[name]} == early[name]


def test_the_queue_is_kept_up_line_by_line():
    queue = Queue()
    for event in DAY:
        queue.observe(event)
    assert list(queue.waiting) == ["e", "x"]
    assert (queue.holders, set(queue.served), queue.free, queue.last_wait) == (1, {"b", "c"}, 0, 80)


def test_recent_values_are_forgotten_in_time():
    recent = Recent(60)
    recent.add(0, 10)
    recent.add(50, 20)
    assert (recent.mean(60, 5), recent.mean(61, 5), recent.mean(111, 5)) == (15, 20, 5)
