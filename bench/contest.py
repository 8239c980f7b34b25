"""Measuring several contestants in turn, and holding one against another.

Each round measures everybody once, every second round in the opposite order; what is compared are the figures of the
same round, so that a machine that grows slower meanwhile does so for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.setting import Setting

Figures = Mapping[str, float]
"""What one measurement found, by name: ``per second``, ``p99 ms``."""


@dataclass(frozen=True)
class Contestant:
    """Somebody who does the work that is measured."""

    name: str
    measure: Callable[[], Figures]


@dataclass(frozen=True)
class Rounds:
    """The figures of every contestant, round by round."""

    figures: Mapping[str, Sequence[Figures]]

    def median(self, name: str, figure: str) -> float:
        """The median of a figure over the rounds."""
        return median(found[figure] for found in self.figures[name])

    def ratio(self, name: str, to: str, figure: str) -> float:
        """The median of the ratios that two contestants had in the same round."""
        pairs = zip(self.figures[name], self.figures[to], strict=True)
        return median(one[figure] / other[figure] for one, other in pairs)

    def spread(self, name: str, figure: str) -> float:
        """How far the rounds lie apart: (largest - smallest) / median."""
        found = [figures[figure] for figures in self.figures[name]]
        return (max(found) - min(found)) / median(found)


@dataclass(frozen=True)
class Goal:
    """What was asked for and what came."""

    words: str
    wanted: float
    found: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.found >= self.wanted if self.at_least else self.found <= self.wanted

    @property
    def verdict(self) -> str:
        """In words, with how much is missing."""
        if self.met:
            return "met"
        off = abs(self.found - self.wanted) / self.wanted
        return f"missed by {off:.0%}"


@dataclass
class Outcome:
    """A row of the table of goals, measured."""

    row: int
    title: str
    rounds: Rounds
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def hold(setting: Setting, contestants: Sequence[Contestant], *, rounds: int | None = None) -> Rounds:
    """Measure everybody, round after round."""
    figures: dict[str, list[Figures]] = {contestant.name: [] for contestant in contestants}
    for number in range(rounds or setting.rounds):
        for contestant in contestants if number % 2 == 0 else reversed(contestants):
            setting.wait_for_quiet()
            found = contestant.measure()
            figures[contestant.name].append(found)
            told = ", ".join(f"{name} {value:,.4g}" for name, value in found.items())
            setting.say(f"  round {number + 1}  {contestant.name}: {told}")
    return Rounds(figures)
