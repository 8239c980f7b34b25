"""What is measured: text-book days of several kinds and sizes, and the scenarios that Ringback ships."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product

from bench.quality import workload
from bench.quality.trace import Event
from ringback.simulation.arrivals import midnight
from ringback.simulation.play import play
from ringback.simulation.scenario import Scenario, shipped
from ringback.simulation.trace import Trace

SIZES = (5, 10, 50, 200)
MORE_DAYS = 3


@dataclass(frozen=True)
class Case:
    """A kind of day."""

    kind: str
    agents: int | None
    """How many, for text-book days; the scenarios have their own."""
    days: Callable[[int], list[Event]]
    """A trace of it, by seed; staffing told."""
    more_days: int = 1
    """So many times as many days are measured as of other kinds: where they are unlike each other, few decide."""


def text_book(kinds: Iterable[str], sizes: Iterable[int]) -> Iterator[Case]:
    """The text-book days."""
    for kind, agents in product(kinds, sizes):
        wanted = workload.workload(kind, agents)
        yield Case(kind, agents, partial(workload.trace, wanted), more_days=MORE_DAYS if wanted.any_outage else 1)


def scenarios() -> Iterator[Case]:
    """The shipped scenarios, played by the product's simulator with the product's dispatcher."""
    for name, written in shipped().items():
        wanted = written.scenario.model_copy(update={"staffing_told": True})
        yield Case(name, None, partial(_played, wanted))


def _played(scenario: Scenario, seed: int) -> list[Event]:
    lines = io.StringIO()
    play(scenario.model_copy(update={"seed": seed}), trace=Trace(lines, midnight(scenario, 1)))
    return [json.loads(line) for line in lines.getvalue().splitlines()]
