"""A trace: what could be observed of a queue, line by line in time order, and what became of those who waited.

One JSON object a line, ``t`` in seconds: ``settings`` (default_handle_time, default_agents), ``staffing`` (agents),
``arrived`` (id, kind: hold | callback), ``abandoned`` (id), ``answered`` (id: the wait is over, a callback is launched)
and ``finished`` (id, handle_time). The format is that of ``ringback forecast replay``.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Event = dict[str, Any]
Trace = Sequence[Event]


DAY = 86_400.0


def same_day(one: float, other: float) -> bool:
    """Whether no midnight lies between two moments: a trace says nothing of opening hours, but everybody sleeps."""
    return one // DAY == other // DAY


def read(path: Path) -> list[Event]:
    """The events of a file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write(path: Path, events: Iterable[Event]) -> None:
    """The events into a file, one a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def without_staffing(events: Iterable[Event]) -> list[Event]:
    """The same, as somebody sees it who is not told how many agents are at work."""
    return [event for event in events if event["event"] != "staffing"]


def callback_waits(events: Iterable[Event]) -> dict[str, tuple[float, float]]:
    """For each callback that was launched: when it was asked for, and the seconds until its launch."""
    asked: dict[str, float] = {}
    waits: dict[str, tuple[float, float]] = {}
    for event in events:
        if event["event"] == "arrived" and event["kind"] == "callback":
            asked[event["id"]] = event["t"]
        elif event["event"] == "answered" and event["id"] in asked:
            waits[event["id"]] = (asked[event["id"]], event["t"] - asked[event["id"]])
    return waits
