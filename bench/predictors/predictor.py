"""What every predictor is, and how all of them are played a trace."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from bench.predictors.queue import Queue
from bench.quality.trace import Event


class Predictor(Protocol):
    """Somebody who tells a caller how long it will take. Knows the lines before the question, and nothing else."""

    name: str

    def observe(self, event: Event, queue: Queue) -> None:
        """A line was seen; the queue has come to its moment, but has not taken it in."""

    def estimate(self, queue: Queue) -> float:
        """Seconds until the agent, for somebody who joins the queue now (and does not stand in it yet)."""
        ...


def play(events: Iterable[Event], predictors: Sequence[Predictor]) -> dict[str, dict[str, float]]:
    """What each predictor, by its name, would have told each callback, by its id."""
    queue = Queue()
    told: dict[str, dict[str, float]] = {predictor.name: {} for predictor in predictors}
    for event in events:
        queue.pass_to(event["t"])
        if event["event"] == "arrived" and event["kind"] == "callback":
            for predictor in predictors:
                told[predictor.name][event["id"]] = predictor.estimate(queue)
        for predictor in predictors:
            predictor.observe(event, queue)
        queue.observe(event)
    return told
