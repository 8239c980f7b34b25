"""The figures of days whose records are made by hand: instants are minutes from midnight."""

import pytest

from ringback.callbacks.lifecycle import Cause, Outcome
from ringback.kernel.clock import MINUTE
from ringback.simulation import wording
from ringback.simulation.records import AttemptRecord, CallbackRecord, Days, HolderRecord, StaffChange
from ringback.simulation.scenario import find
from ringback.simulation.summary import Waits, summarise


def at(minutes):
    return None if minutes is None else round(minutes * MINUTE)


def holder(number, arrived, *, answered=None, finished=None, abandoned=None):
    return HolderRecord(number, at(arrived), at(answered), at(finished), at(abandoned))


def attempt(claimed, *, ready=None, agent=None, connected=None, ended, free=None, number=1, cause=Cause.ANSWERED):
    until = at(free if free is not None else ended) if agent is not None else None
    return AttemptRecord(number, at(claimed), at(ready), at(agent), until, at(connected), at(ended), cause)


def callback(
    number,
    asked,
    *attempts,
    told=(5, 4, 6),
    told_later=False,
    carried_over=False,
    outcome=Outcome.SUCCESS,
    finished=None,
):
    expected, low, high = (60 * minutes for minutes in told)
    end = at(finished) if finished is not None else attempts[-1].ended_at
    return CallbackRecord(
        number, at(asked), expected, low, high, expected, told_later, carried_over, list(attempts), outcome, end
    )


def days(holders=(), callbacks=(), agents=2, end=100, hours=(0, 100)):
    return Days(
        scenario=find("quiet").scenario,
        holders=list(holders),
        callbacks=list(callbacks),
        staff=[StaffChange(at(0), agents)],
        open_hours=[(at(hours[0]), at(hours[1]))],
        begin=at(0),
        end=at(end),
    )


def reached(claimed, talk=10):
    """A call that is answered after 12 seconds and connected 6 seconds later."""
    return attempt(claimed, ready=claimed + 0.2, agent=claimed + 0.25, connected=claimed + 0.3, ended=claimed + talk)


def test_people_are_counted():
    summary = summarise(
        days(
            [holder(1, 0, answered=1, finished=5), holder(2, 1, abandoned=4)],
            [
                callback(3, 2, reached(6)),
                callback(4, 3, attempt(8, ended=9, cause=Cause.BUSY), outcome=Outcome.UNAVAILABLE),
                callback(5, 3, attempt(8, ended=9, cause=Cause.BUSY), reached(14)),
            ],
        )
    )
    assert (summary.calls, summary.held, summary.abandoned, summary.callbacks) == (5, 2, 1, 3)
    assert (summary.reached, summary.attempts) == (2, 4)
    assert summary.outcomes == {"success": 2, "unavailable": 1}


def test_waits_end_with_the_answer_or_with_giving_up_and_those_of_callbacks_with_the_first_call():
    summary = summarise(
        days(
            [holder(1, 0, answered=1, finished=5), holder(2, 1, abandoned=4)],
            [callback(3, 2, attempt(8, ended=9, cause=Cause.BUSY), reached(14))],
        )
    )
    assert summary.holder_waits == Waits(2, 120, 60, 180, 180)
    assert summary.callback_waits == Waits(1, 360, 360, 360, 360)


def test_promises_are_scored():
    told_and_waited = [((5, 4, 6), 5), ((5, 4, 6), 7), ((5, 4, 6), 7.5), ((10, 8, 12), 8)]
    made = [
        callback(number, 10 * number, reached(10 * number + waited, talk=1), told=told)
        for number, (told, waited) in enumerate(told_and_waited)
    ]
    promises = summarise(days(callbacks=made)).promises
    assert promises.scored == 4
    assert promises.mean_wait == pytest.approx(60 * 6.875)
    assert promises.relative_error == pytest.approx(((0 + 4 + 6.25 + 4) / 4) ** 0.5 / 6.875)
    assert promises.bias == pytest.approx((0 - 2 - 2.5 + 2) / 4 / 6.875)
    assert promises.coverage == 0.5
    assert promises.missed == 0.25  # exactly two minutes late is not missed


def test_the_night_is_no_wait():
    summary = summarise(days(callbacks=[callback(1, 10, reached(90), carried_over=True)]))
    assert summary.carried_over == 1
    assert summary.promises.scored == summary.callback_waits.count == 0
    assert summary.promises.relative_error is None


def test_a_promise_of_another_day_is_no_promise_about_the_queue():
    summary = summarise(days(callbacks=[callback(1, 10, reached(12), told=(900, 900, 900), told_later=True)]))
    assert (summary.told_later, summary.carried_over) == (1, 0)
    assert (summary.promises.scored, summary.callback_waits.count) == (0, 1)


def test_who_was_called_after_somebody_behind_them_was_overtaken():
    in_order = [callback(1, 0, reached(5)), callback(2, 1, reached(5)), callback(3, 2, reached(6))]
    assert summarise(days(callbacks=in_order)).fairness.overtaken == 0
    two_behind = [callback(1, 0, reached(9)), callback(2, 1, reached(8)), callback(3, 2, reached(7))]
    assert summarise(days(callbacks=two_behind)).fairness.overtaken == 2
    retries = [callback(1, 0, attempt(4, ended=5, cause=Cause.BUSY), reached(20)), callback(2, 1, reached(6))]
    assert summarise(days(callbacks=retries)).fairness.overtaken == 0
    never_called = callback(1, 0, outcome=Outcome.EXPIRED, finished=30)
    assert summarise(days(callbacks=[never_called, callback(2, 1, reached(6))])).fairness.overtaken == 1


def test_calls_outside_of_the_hours_are_found():
    made = [callback(1, 0, reached(10)), callback(2, 0, reached(39.99)), callback(3, 0, reached(40))]
    assert summarise(days(callbacks=made, hours=(10, 40))).fairness.outside_hours == 1


def test_time_is_lost_while_somebody_is_free_and_a_telephone_rings():
    ringing = [callback(1, 0, attempt(10, ready=12, agent=12, connected=12, ended=30))]
    assert summarise(days(callbacks=ringing)).fairness.idle_share == pytest.approx(2 / 200)
    both_busy = [holder(7, 0, answered=0, finished=50), holder(8, 0, answered=0, finished=11)]
    assert summarise(days(both_busy, ringing)).fairness.idle_share == pytest.approx(1 / 200)


def test_agent_first_the_agent_waits_until_the_customer_answers():
    made = [
        callback(1, 0, attempt(10, agent=10, ready=11, connected=11, ended=20)),
        callback(2, 0, attempt(30, agent=30, ended=31, free=32, cause=Cause.NO_ANSWER), outcome=Outcome.UNAVAILABLE),
    ]
    assert summarise(days(callbacks=made)).fairness.idle_share == pytest.approx((1 + 2) / 200)


def test_customers_wait_from_being_ready_until_connected_or_gone():
    made = [callback(1, 0, reached(5)), callback(2, 1, attempt(6, ready=7, ended=8), outcome=Outcome.ABANDONED)]
    after_answer = summarise(days(callbacks=made)).fairness.after_answer
    assert (after_answer.count, after_answer.p50, after_answer.longest) == (2, pytest.approx(6), 60)


def test_agents_are_occupied_by_both_kinds():
    summary = summarise(days([holder(1, 0, answered=10, finished=50)], [callback(2, 0, reached(59.75, talk=20.25))]))
    assert summary.staffed_hours == pytest.approx(200 / 60)
    assert summary.agent_use == pytest.approx((40 + 20) / 200)


def test_what_would_have_been_without_callbacks_stands_beside():
    without = days([holder(1, 0, answered=3, finished=5), holder(2, 0, abandoned=9)])
    summary = summarise(days([holder(1, 0, answered=1, finished=5)], [callback(2, 0, reached(5))]), without)
    assert (summary.holder_waits.longest, summary.holder_waits_without.longest) == (60, 540)
    assert (summary.abandoned, summary.abandoned_without) == (0, 1)


def test_nothing_at_all_has_figures():
    summary = summarise(days(agents=0))
    assert (summary.calls, summary.agent_use, summary.fairness.idle_share) == (0, 0.0, 0.0)
    assert "0 people called" in wording.in_a_sentence(summary)
    assert "overtaken" in wording.text_of(summary)


def test_quantiles_are_nearest_ranks():
    assert Waits.of(range(1, 11)) == Waits(10, 5.5, 5, 9, 10)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.6, "1 h 00 min"),
        (5400, "1 h 30 min"),
    ],
)
def test_durations_in_words(seconds, words):
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(("share", "words"), [(0, "0%"), (0.004, "0.4%"), (0.5, "50%"), (0.996, "99.6%"), (1, "100%")])
def test_shares_in_words(share, words):
    assert wording.percent(share) == words


def test_what_is_not_as_it_should_be_is_marked():
    late = summarise(days(callbacks=[callback(1, 0, reached(50)), callback(2, 0, reached(5))]))
    rows = {row.label: row.good for section in wording.sections(late) for row in section.rows}
    assert rows["called more than 2 min late"] is False
    assert rows["overtaken"] is False
    assert rows["calls outside hours"] is True
    assert rows["called"] is None
