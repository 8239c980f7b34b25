"""One case measured: everybody answers the same requests of the same days, and is scored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from bench.predictors.all import predictors
from bench.predictors.predictor import play
from bench.quality import ringback
from bench.quality.cases import Case
from bench.quality.score import Score, Told, score, told, typical
from bench.quality.trace import Event, callback_waits, same_day, without_staffing

WARM_UP = 1800.0
"""Seconds of the trace whose requests are scored apart: nobody has seen much yet."""


ENOUGH = 50
"""So many requests of the first half hours, of all days together, are worth a score."""


@dataclass(frozen=True)
class Measured:
    """What everybody, by name, achieved in a case."""

    case: Case
    scores: Mapping[str, Score]
    first_half_hour: Mapping[str, Score]
    """The same of the requests of the first half hour; empty where too few waited then to tell."""
    told_for_nothing: Mapping[str, float]
    """Of those for whom an agent was free, the share who were told more than a minute."""

    @property
    def best_overall(self) -> float:
        """The smallest error of a published predictor over all days together."""
        return min(found.overall for found in self._others.values())

    @property
    def best_worst(self) -> float:
        """The smallest error that a published predictor has on its worst day."""
        return min(found.worst for found in self._others.values())

    @property
    def best(self) -> tuple[str, Score]:
        """The published predictor with the smallest error."""
        return min(self._others.items(), key=lambda item: item[1].rmse)

    @property
    def _others(self) -> dict[str, Score]:
        return {name: found for name, found in self.scores.items() if name not in {ringback.TOLD, ringback.LEARNT}}


def measure(case: Case, first: int, days: int, say: Callable[[str], None]) -> Measured:
    """Play and score so many days, of these seeds on; of some cases, more."""
    late: dict[str, list[Score]] = {}
    early: dict[str, list[Score]] = {}
    free: dict[str, list[float]] = {}
    for seed in range(first, first + days * case.more_days):
        events = case.days(seed)
        answers = _answers(events)
        waits = without_nights(callback_waits(events))
        groups = (
            (late, {caller: wait for caller, (asked, wait) in waits.items() if wait > 0 and asked >= WARM_UP}),
            (early, {caller: wait for caller, (asked, wait) in waits.items() if wait > 0 and asked < WARM_UP}),
        )
        at_once = [caller for caller, (asked, wait) in waits.items() if wait == 0 and asked >= WARM_UP]
        for name, given in answers.items():
            for scores, counted in groups:
                if counted:
                    scores.setdefault(name, []).append(score(counted, given))
            free.setdefault(name, []).extend(given[caller].quoted > 60 for caller in at_once)
        say(f"  {case.kind} {case.agents or ''} seed {seed}: {len(waits):,} callbacks")
    starts = {name: typical(scores) for name, scores in early.items()}
    return Measured(
        case,
        {name: typical(scores) for name, scores in late.items()},
        {name: found for name, found in starts.items() if found.requests >= ENOUGH},
        {name: fmean(shares) for name, shares in free.items() if shares},
    )


def without_nights(waits: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Without those that passed a midnight: a trace says nothing of opening hours, so nobody could foresee the night."""
    return {caller: (asked, wait) for caller, (asked, wait) in waits.items() if same_day(asked, asked + wait)}


def _answers(events: list[Event]) -> dict[str, Mapping[str, Told]]:
    given: dict[str, Mapping[str, Told]] = {
        name: {caller: told(seconds) for caller, seconds in points.items()}
        for name, points in play(events, predictors()).items()
    }
    given[ringback.TOLD] = ringback.answers(events)
    given[ringback.LEARNT] = ringback.answers(without_staffing(events))
    return given
