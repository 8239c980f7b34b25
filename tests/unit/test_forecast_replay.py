"""A trace, line by line: ``ringback forecast replay``."""

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.cli.forecast import forecast
from ringback.forecast.replay import Replay, Told

SETTINGS = {"t": 0, "event": "settings", "default_handle_time": 300, "default_agents": 2}
STAFFED = {"t": 0, "event": "staffing", "agents": 2}


def _arrived(call: str | int, t: float, kind: str = "callback") -> dict[str, Any]:
    return {"t": t, "event": "arrived", "id": call, "kind": kind}


def _answered(call: str | int, t: float) -> dict[str, Any]:
    return {"t": t, "event": "answered", "id": call}


def _finished(call: str | int, t: float, handle_time: float | None = None) -> dict[str, Any]:
    return {"t": t, "event": "finished", "id": call, "handle_time": handle_time}


def _told(events: Iterable[dict[str, Any]], replay: Replay | None = None) -> list[Told]:
    replay = replay or Replay()
    return [told for event in events if (told := replay.take(json.dumps(event))) is not None]


def _busy(callers: int) -> list[dict[str, Any]]:
    """Two agents who talk, and so many callers on hold behind."""
    events = [SETTINGS, STAFFED]
    for talker in ("a", "b"):
        events += [_arrived(talker, 1, "hold"), _answered(talker, 1)]
    return events + [_arrived(f"h{number}", 2, "hold") for number in range(callers)]


def test_each_callback_is_answered_and_nobody_else():
    answers = _told([*_busy(3), _arrived("x", 3), _arrived("y", 4), _arrived(17, 5)])

    assert [answer.id for answer in answers] == ["x", "y", 17]
    assert all(0 <= answer.low <= answer.estimate <= answer.high for answer in answers)
    assert answers[0].estimate < answers[1].estimate < answers[2].estimate


def test_while_an_agent_is_free_nobody_waits():
    assert _told([SETTINGS, STAFFED, _arrived("x", 10)]) == [Told("x", 0, 0, 0)]


def test_those_count_who_came_before_and_still_wait():
    events = _busy(4)
    here = _told([*events, _arrived("x", 10)])[0].estimate
    gone = [
        {"t": 5, "event": "abandoned", "id": "h2"},
        _finished("a", 6, 5),
        _answered("h0", 6),
        _finished("b", 7, 6),
        _answered("h3", 7),  # out of turn
    ]

    assert _told([*events, *gone, _arrived("x", 10)])[0].estimate < here


def test_without_settings_or_staffing_it_begins_with_defaults():
    assert _told([_arrived("x", 0)])[0].estimate == 0
    waiting = [_arrived(number, 0) for number in range(30)]

    assert _told(waiting)[-1].estimate > 600


def test_settings_and_staffing_may_come_at_any_time():
    later = {**SETTINGS, "t": 100, "default_handle_time": 900}
    events = _busy(4)

    before, slower, fewer = (
        _told([*events, *more, _arrived("x", 200)])[0].estimate
        for more in ([], [later], [{**STAFFED, "t": 100, "agents": 1}])
    )
    assert before < slower
    assert before < fewer


def test_an_outage_is_no_error():
    events = [*_busy(2), {"t": 10, "event": "staffing", "agents": 0}, _arrived("x", 20), _finished("a", 30, 29)]
    events += [_finished("b", 40, 39), _arrived("y", 50), {"t": 60, "event": "staffing", "agents": 2}]

    assert all(answer.estimate > 300 for answer in _told(events))
    nobody_ever = [SETTINGS, {**STAFFED, "agents": 0}, _arrived("x", 1), _arrived("y", 5e5)]
    assert len(_told(nobody_ever)) == 2


def test_events_of_calls_that_are_not_known_or_over_are_counted():
    replay = Replay()
    odd = [
        _answered("nobody", 3),
        _finished("nobody", 3),
        {"t": 3, "event": "abandoned", "id": "nobody"},
        _arrived("a", 3),  # talks
        _finished("a", 4),
        _finished("a", 5),
    ]

    assert _told([*_busy(0), *odd], replay) == []
    assert replay.ignored == {"answered": 1, "finished": 2, "abandoned": 1, "arrived": 1}
    assert replay.bad_lines == 0


def test_a_handle_time_that_is_not_told_is_as_long_as_was_seen():
    def estimate(handle_time: float | None) -> int:
        calls = [event for n in range(20) for event in (_arrived(n, n * 100, "hold"), _answered(n, n * 100))]
        ends = [_finished(n, n * 100 + 600, handle_time) for n in range(20)]
        events = sorted([SETTINGS, *calls, *ends], key=lambda event: event["t"])
        return _told([*events, *(_arrived(f"c{n}", 5000) for n in range(9))])[-1].estimate

    assert estimate(None) == estimate(600)


def test_a_call_that_is_never_finished_does_not_talk_for_ever():
    lost = [_arrived("a", 0, "hold"), _answered("a", 0), _arrived("b", 0, "hold"), _answered("b", 0)]

    assert _told([SETTINGS, STAFFED, *lost, _arrived("x", 50)])[0].estimate > 0
    assert _told([SETTINGS, STAFFED, *lost, _arrived("x", 50_000)])[0].estimate == 0


BAD_LINES = {
    "no JSON": "is not JSON",
    '["t", 5]': "is not a JSON object",
    '{"event": "staffing", "agents": 3}': "t: is missing",
    '{"t": "5", "event": "staffing", "agents": 3}': 't: "5" is not a number',
    '{"t": NaN, "event": "staffing", "agents": 3}': "t: NaN is not between",
    '{"t": true, "event": "staffing", "agents": 3}': "t: true is not a number",
    '{"t": 5}': "event: null is not a kind of event",
    '{"t": 5, "event": "lunch"}': 'event: "lunch" is not a kind of event',
    '{"t": 5, "event": "staffing", "agents": -1}': "agents: -1 is not between",
    '{"t": 5, "event": "staffing"}': "agents: is missing",
    '{"t": 5, "event": "settings", "default_handle_time": 0, "default_agents": 3}': "default_handle_time: 0 is not",
    '{"t": 5, "event": "settings", "default_handle_time": 90}': "default_agents: is missing",
    '{"t": 5, "event": "arrived", "id": "x"}': "kind: is missing",
    '{"t": 5, "event": "arrived", "id": "x", "kind": "fax"}': 'kind: "fax" is neither',
    '{"t": 5, "event": "arrived", "id": {"x": 1}, "kind": "hold"}': 'id: {"x": 1} is neither',
    '{"t": 5, "event": "answered"}': "id: is missing",
    '{"t": 5, "event": "finished", "id": "x", "handle_time": "long"}': 'handle_time: "long" is not a number',
    '{"t": -1, "event": "staffing", "agents": 3}': "t: goes back from 0 to -1",
    '{"t": 1e400, "event": "staffing", "agents": 3}': "t: Infinity is not between",
    "[" * 50_000: "is not JSON",
    f'{{"t": 5, "event": "{"x" * 200_000}"}}': "has more than 100000 characters",
}


@pytest.mark.parametrize(("line", "problem"), BAD_LINES.items(), ids=lambda text: text[:40])
def test_what_is_wrong_with_a_line_is_told_with_its_number_and_key(line: str, problem: str):
    replay = Replay()

    replay.take(json.dumps(SETTINGS))
    replay.take("")
    assert replay.take(line) is None

    assert replay.bad_lines == 1
    assert replay.problems[0].startswith(f"line 3: {problem}")


def test_a_line_that_cannot_be_used_changes_nothing():
    for line in BAD_LINES:
        replay, undisturbed = Replay(), Replay()
        events = [*_busy(3), _arrived("x", 30)]
        assert _told(events[:5], replay) == _told(events[:5], undisturbed)
        replay.take(line)
        assert _told(events[5:], replay) == _told(events[5:], undisturbed)


def test_of_very_many_problems_the_first_are_told_and_all_are_counted():
    replay = Replay()
    for _ in range(5000):
        replay.take("?")

    assert (len(replay.problems), replay.bad_lines) == (1000, 5000)


@settings(max_examples=200)
@given(
    st.text(max_size=80) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_no_text_makes_it_fail(line: str):
    Replay().take(line)


class Centre:
    """A small contact centre, made up as it goes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._waiting: list[str] = []
        self._talking: list[str] = []

    def trace(self, length: int) -> Iterator[dict[str, Any]]:
        now = 0.0
        if self._chance.random() < 0.7:
            yield {"t": now, "event": "settings", "default_handle_time": 200, "default_agents": 4}
        for number in range(length):
            now += self._chance.expovariate(1 / 20)
            choice = self._chance.random()
            if choice < 0.05:
                yield {"t": now, "event": "staffing", "agents": self._chance.randrange(6)}
            elif choice < 0.5:
                self._waiting.append(f"c{number}")
                yield _arrived(f"c{number}", now, self._chance.choice(["hold", "callback"]))
            elif choice < 0.7 and self._waiting:
                call = self._waiting.pop(self._chance.randrange(len(self._waiting)))
                self._talking.append(call)
                yield _answered(call, now)
            elif choice < 0.8 and self._waiting:
                yield {"t": now, "event": "abandoned", "id": self._waiting.pop()}
            elif self._talking:
                yield _finished(self._talking.pop(0), now, self._chance.expovariate(1 / 200))


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(0, 200))
def test_it_knows_only_the_lines_before(seed: int, length: int, kept: int):
    """A trace that ends earlier has the same answers, as far as it goes."""
    whole = [*Centre(seed).trace(length)]
    answers = _told(whole)

    beginning = _told(whole[:kept])

    assert answers[: len(beginning)] == beginning
    assert all(0 <= answer.low <= answer.estimate <= answer.high for answer in answers)


# The command


def _run(arguments: list[str], given: str = "") -> Any:
    return CliRunner().invoke(forecast, ["replay", *arguments], input=given)


def _written(events: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def test_the_command_reads_a_file_or_its_input_and_writes_a_line_for_each_callback(tmp_path: Path):
    trace = _written([*_busy(3), _arrived("x", 3), _arrived(4, 5)])
    (tmp_path / "trace.jsonl").write_text(trace, encoding="utf-8")

    from_file, piped = _run([str(tmp_path / "trace.jsonl")]), _run(["-"], trace)

    assert (from_file.exit_code, piped.exit_code) == (0, 0)
    assert from_file.stdout == piped.stdout
    lines = [json.loads(line) for line in from_file.stdout.splitlines()]
    assert [line["id"] for line in lines] == ["x", 4]
    assert all(list(line) == ["id", "estimate", "low", "high"] for line in lines)
    assert all(type(line[key]) is int for line in lines for key in ("estimate", "low", "high"))


def test_the_command_tells_all_errors_at_the_end_and_uses_what_it_can(tmp_path: Path):
    trace = _written(_busy(1)) + "?\n" + _written([_arrived("x", 3), _answered("y", 4)]) + '{"t": 1}\n'

    played = _run(["-"], trace)

    assert played.exit_code == 1
    assert [json.loads(line)["id"] for line in played.stdout.splitlines()] == ["x"]
    assert "2 lines of the trace could not be used" in played.exception.message
    assert [problem.split(":")[0] for problem in played.exception.problems] == ["line 8", "line 11"]
    assert "1 x answered" in played.stderr


def test_a_file_that_is_not_there_is_a_wrong_command():
    assert _run(["/nowhere/trace.jsonl"]).exit_code == 2
