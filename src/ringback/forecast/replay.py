"""Estimates for a trace: what each callback in it would have been told, by somebody who knew the lines before it alone.

A trace is one JSON object a line, ``t`` in seconds, ascending. ``docs/how-to/replay-a-trace.md`` describes it. What is
wrong with a line is noted, and the line left out; an event of a call that is not known, or over, is counted.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ringback.forecast.estimate import estimate
from ringback.forecast.line import CallKind, Line
from ringback.forecast.memory import Memory
from ringback.forecast.model import Basis
from ringback.kernel.clock import SECOND, Instant, from_unix

DEFAULT_AGENTS = 5
DEFAULT_HANDLE_TIME = 300
"""What is assumed of a trace that does not begin with its settings."""

_MOST_PROBLEMS = 1000
_LONGEST_LINE = 100_000
_LATEST = 1e12
_MOST_AGENTS = 1_000_000

CallId = str | int


@dataclass(frozen=True, slots=True)
class Told:
    """What a callback would have been told, in seconds."""

    id: CallId
    estimate: int
    low: int
    high: int


class _BadLineError(Exception):
    """A line that cannot be used, and what is wrong with it."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}" if key else problem)


@dataclass
class Replay:
    """Takes a trace line by line. Keeps those who wait or talk, and what is learned; nothing else."""

    problems: list[str] = field(default_factory=list)
    """What is wrong with which line: the first of them, if there are very many."""
    bad_lines: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    """Events of calls that were not known, or over, by kind of event."""

    def __post_init__(self) -> None:
        self._memory = Memory()
        self._line = Line(self._memory, default_agents=DEFAULT_AGENTS, default_handle_time=DEFAULT_HANDLE_TIME)
        self._promised: dict[CallId, tuple[Instant, Basis]] = {}
        self._number = 0
        self._now = -math.inf

    def take(self, text: str) -> Told | None:
        """Take in the next line; an answer if somebody asks for a callback in it."""
        self._number += 1
        if not text.strip():
            return None
        try:
            return self._take(_read(text))
        except _BadLineError as bad:
            self.bad_lines += 1
            if len(self.problems) < _MOST_PROBLEMS:
                self.problems.append(f"line {self._number}: {bad}")
            return None

    def _take(self, event: dict[str, Any]) -> Told | None:
        t = _number(event, "t", least=-_LATEST, most=_LATEST)
        if t < self._now:
            raise _BadLineError("t", f"goes back from {self._now:g} to {t:g}")
        now = from_unix(t)
        match event.get("event"):
            case "settings":
                self._set(event)
            case "staffing":
                self._line.staffing(round(_number(event, "agents", least=0, most=_MOST_AGENTS)), now)
            case "arrived":
                return self._arrived(_call(event), _kind(event), t)
            case "abandoned":
                self._count("abandoned", known=self._line.abandoned(_call(event), now))
                self._promised.pop(_call(event), None)
            case "answered":
                self._count("answered", known=self._line.answered(_call(event), now))
                self._score(_call(event), now)
            case "finished":
                self._finished(event, now)
            case unknown:
                raise _BadLineError("event", f"{_shown(unknown)} is not a kind of event")
        self._now = t
        return None

    def _set(self, event: dict[str, Any]) -> None:
        handle_time = _number(event, "default_handle_time", least=1, most=1e6)
        agents = _number(event, "default_agents", least=1, most=_MOST_AGENTS)
        self._line.default_handle_time, self._line.default_agents = round(handle_time), round(agents)

    def _arrived(self, call: CallId, kind: CallKind, t: float) -> Told | None:
        self._now = t
        now = from_unix(t)
        if self._line.knows(call):
            self._count("arrived", known=False)
            return None
        answer = None
        if kind is CallKind.CALLBACK:
            told = estimate(self._line.facts(now), self._memory)
            self._promised[call] = (now, told.basis)
            answer = Told(call, told.seconds, told.low, told.high)
        self._line.arrived(call, kind, now)
        return answer

    def _score(self, call: CallId, now: Instant) -> None:
        if call in self._promised:
            asked_at, basis = self._promised.pop(call)
            self._memory.scored(basis, (now - asked_at) / SECOND)

    def _finished(self, event: dict[str, Any], now: Instant) -> None:
        handle_time = None
        if event.get("handle_time") is not None:
            handle_time = _number(event, "handle_time", least=0, most=_LATEST)
        self._count("finished", known=self._line.finished(_call(event), handle_time, now))

    def _count(self, event: str, *, known: bool) -> None:
        if not known:
            self.ignored[event] += 1


def _read(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST_LINE:
        raise _BadLineError("", f"has more than {_LONGEST_LINE} characters")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _BadLineError("", f"is not JSON ({error})") from error
    if not isinstance(event, dict):
        raise _BadLineError("", f"is not a JSON object but {_shown(event)}")
    return event


def _number(event: dict[str, Any], key: str, *, least: float, most: float) -> float:
    value = _present(event, key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BadLineError(key, f"{_shown(value)} is not a number")
    if not least <= value <= most:  # nor is NaN
        raise _BadLineError(key, f"{_shown(value)} is not between {least:g} and {most:g}")
    return float(value)


def _call(event: dict[str, Any]) -> CallId:
    value = _present(event, "id")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _BadLineError("id", f"{_shown(value)} is neither a text nor a whole number")
    return value


def _kind(event: dict[str, Any]) -> CallKind:
    value = _present(event, "kind")
    try:
        return CallKind(value)
    except ValueError:
        raise _BadLineError("kind", f"{_shown(value)} is neither 'hold' nor 'callback'") from None


def _present(event: dict[str, Any], key: str) -> Any:
    if key not in event:
        raise _BadLineError(key, "is missing")
    return event[key]


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
