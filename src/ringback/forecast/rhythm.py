"""How many agents worked at each time of the days before, so that shifts are expected to change as they did then."""

from ringback.forecast.model import Staffing
from ringback.kernel.clock import DAY, MINUTE, SECOND, Instant

_SLOT = 5 * MINUTE
_SLOTS = DAY // _SLOT
_NEWEST_DAY = 0.5
"""The weight of the last day against all before it."""
_ALIKE = 0.25
"""A day is taken to be like those before while the number of agents differs by no more than this share."""
_CHANGE = 0.04
"""A difference of less than this share, or of half an agent, is none."""


class Rhythm:
    """The number of agents through the day, in slots of five minutes. Days are counted from instant 0."""

    def __init__(self) -> None:
        self._usual: list[float | None] = [None] * _SLOTS
        self._slot = 0
        self._sum = 0.0
        self._seconds = 0.0
        self._until = Instant(0)
        self._steps: tuple[Staffing, ...] = ()
        self._steps_of = -1

    def saw(self, agents: float | None, now: Instant) -> None:
        """So many agents were at work since the last time it was told; None: nobody knows."""
        moment, self._until = max(self._until, Instant(now - DAY)), max(self._until, now)
        while moment < now:
            slot = moment // _SLOT
            if slot != self._slot:
                self._close()
                self._slot = slot
            end = min(now, (slot + 1) * _SLOT)
            if agents is not None:
                self._sum += agents * (end - moment)
                self._seconds += end - moment
            moment = Instant(end)

    def ahead(self, agents: float, now: Instant) -> tuple[Staffing, ...]:
        """The changes to expect within a day, if this one is like those before, now that so many ``agents`` work."""
        slot = now // _SLOT
        usual = self._usual[slot % _SLOTS]
        if usual is None or abs(usual - agents) > max(_ALIKE * max(usual, agents), 0.5):
            return ()
        scale = agents / usual if usual and agents else 1.0
        if self._steps_of != slot:
            self._steps, self._steps_of = self._changes_after(slot, usual), slot
        since = (now - slot * _SLOT) / SECOND
        return tuple(Staffing(step.after - since, round(step.agents * scale)) for step in self._steps)

    def _changes_after(self, slot: int, level: float) -> tuple[Staffing, ...]:
        """After so many seconds since the beginning of the slot."""
        steps = []
        for number in range(1, _SLOTS):
            usual = self._usual[(slot + number) % _SLOTS]
            if usual is not None and abs(usual - level) > max(0.5, _CHANGE * level):
                level = usual
                steps.append(Staffing(number * _SLOT / SECOND, round(level)))
        return tuple(steps)

    def _close(self) -> None:
        if self._seconds > 0:
            place, seen = self._slot % _SLOTS, self._sum / self._seconds
            before = self._usual[place]
            self._usual[place] = seen if before is None else before + (seen - before) * _NEWEST_DAY
        self._sum = self._seconds = 0.0
