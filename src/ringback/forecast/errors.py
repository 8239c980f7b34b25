"""What past errors teach: by how much to correct an estimate, and how wide its range has to be."""

from dataclasses import dataclass

_SCORES_REMEMBERED = 300
_FEWEST_SCORES = 5
_IN_FLIGHT = 0.37
"""The share of those ahead whose waits end together with this one's, and are wrong for the same reasons."""
_MOST_CORRECTED = 4.0

_LOW, _HIGH = 0.16, 0.95
"""The quantiles at which the range is to end."""
_FIRST_LOW, _FIRST_HIGH = -0.994, 1.645
"""Where they lie, in standard deviations, as long as nothing is known."""
_STEP = 0.05
_STEPS_TOGETHER = 60
"""When more people wait than this, steps are smaller: the answers to many estimates are on their way at once."""
_CERTAIN = 0.8
"""The weight of those who found a free agent, as they were told, among the waits that the range is to hold."""
_NEAREST_LOW, _NEAREST_HIGH, _FURTHEST = 0.0, 0.3, 8.0


@dataclass(slots=True)
class Errors:
    """How waits compare with what was expected of them: sums over the last scores."""

    scores: float = 0.0
    waited: float = 0.0
    expected: float = 0.0
    waited_squared: float = 0.0
    expected_squared: float = 0.0
    crossed: float = 0.0
    ahead: float = 0.0

    def add(self, expected: float, waited: float, ahead: int) -> None:
        """One more wait, with so many ahead when it was estimated."""
        if self.scores >= _SCORES_REMEMBERED:
            self._fade(1 - 1 / _SCORES_REMEMBERED)
        self.scores += 1
        self.waited += waited
        self.expected += expected
        self.waited_squared += waited**2
        self.expected_squared += expected**2
        self.crossed += waited * expected
        self.ahead += ahead

    def factor(self, caution: float) -> float:
        """By how much waits were longer than expected, as far as it cannot be chance.

        The past error is believed in part from where its square is ``caution`` times the variance that chance gives it.

        The ratio of the sums, drawn toward 1 by the variance that chance gives it (as by James & Stein). Those who wait
        at the same time share their luck, so they count as fewer.
        """
        if self.scores < _FEWEST_SCORES or self.expected <= 0:
            return 1.0
        ratio = self.waited / self.expected
        if ratio == 1:
            return 1.0
        residual = self.waited_squared - 2 * ratio * self.crossed + ratio**2 * self.expected_squared
        shared = 1 + _IN_FLIGHT * self.ahead / self.scores
        chance = max(0.0, residual) / self.expected**2 * shared
        believed = max(0.0, 1 - caution * chance / (ratio - 1) ** 2)
        return min(_MOST_CORRECTED, max(1 / _MOST_CORRECTED, 1 + (ratio - 1) * believed))

    def _fade(self, kept: float) -> None:
        self.scores *= kept
        self.waited *= kept
        self.expected *= kept
        self.waited_squared *= kept
        self.expected_squared *= kept
        self.crossed *= kept
        self.ahead *= kept


@dataclass(slots=True)
class Ends:
    """The ends of the range, in standard deviations from the mean."""

    low: float = _FIRST_LOW
    high: float = _FIRST_HIGH

    def certain(self) -> None:
        """Somebody found a free agent, as told."""
        self._move(_CERTAIN, _LOW, _HIGH - 1)

    def scored(self, ahead: int, *, below: bool, above: bool) -> None:
        """A wait with so many ahead lay below the range, above it, or within."""
        self._move(min(1.0, _STEPS_TOGETHER / (1 + ahead)), _LOW - below, _HIGH - 1 + above)

    def _move(self, weight: float, low: float, high: float) -> None:
        """Move the ends a little, so that in the long run as many waits lie beyond them as should.

        Quantiles by stochastic approximation (Robbins & Monro 1951; as in the adaptive conformal inference of Gibbs &
        Candes 2021): a miss moves an end outwards by much, a hit inwards by little.
        """
        self.low = min(max(self.low + _STEP * weight * low, -_FURTHEST), -_NEAREST_LOW)
        self.high = min(max(self.high + _STEP * weight * high, _NEAREST_HIGH), _FURTHEST)
