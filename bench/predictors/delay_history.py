"""Predictors from the waits of those who came before."""

import math
from collections import deque
from statistics import fmean

from bench.predictors.queue import Queue
from bench.quality.trace import Event, same_day


class LastToEnterService:
    """LES: the wait of the one who was answered last.

    Ibrahim & Whitt, "Real-time delay estimation based on delay history", Manufacturing & Service Operations Management 11
    (2009) 397-415.
    """

    name = "Last to enter service"

    def observe(self, event: Event, queue: Queue) -> None:
        """The queue keeps it."""

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        return queue.last_wait


class HeadOfLine:
    """HOL: how long the first in the queue has waited so far; 0 when nobody waits. Same source."""

    name = "Head of line"

    def observe(self, event: Event, queue: Queue) -> None:
        """The queue keeps it."""

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        today = (since for since in queue.waiting.values() if same_day(since, queue.now))
        return queue.now - next(today, queue.now)


class Asterisk:
    """An exponential average of waits in whole seconds: ``holdtime = (3 * holdtime + wait) >> 2``, from 0.

    Asterisk, apps/app_queue.c, ``recalc_holdtime``, called as a caller is connected; ``say_position`` announces
    ``holdtime + 30 - (seconds waited so far)`` in whole minutes. Its rounding is left out here.
    """

    name = "Asterisk moving average"

    def __init__(self) -> None:
        self._holdtime = 0

    def observe(self, event: Event, queue: Queue) -> None:
        """Take in the wait of each who is answered."""
        if event["event"] == "answered" and (wait := queue.wait_of(event["id"])) is not None:
            self._holdtime = (3 * self._holdtime + int(wait)) >> 2

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        return float(self._holdtime)


class Webex:
    """The mean of the valid samples of the last X minutes; a sample is the mean wait of those connected within a minute.

    developer.webex.com, Webex Contact Center, "Estimated Wait Time": "all statistically valid samples (average of wait
    times of those tasks that got connected to an agent in a one minute interval is one sample) for last X minutes ... are
    fetched and mean value of those samples are used as EWT". A sample is valid while the coefficient of variation of its
    waits is at most ``maxCV``; there is no answer unless ``minValidSamples`` percent are valid. X is the integrator's choice
    (5 to 240), the defaults of the other two are not public. Assumed: 5 minutes, with which it scores best here; 40 % and
    50 %, which hardly matter; where it has no answer, the last that it had.
    """

    name = "Webex"

    def __init__(self, *, lookback: int = 5, max_cv: float = 0.4, min_valid: float = 0.5) -> None:
        self._lookback, self._max_cv, self._min_valid = lookback, max_cv, min_valid
        self._minute, self._waits = 0, list[float]()
        self._samples: deque[tuple[int, float | None]] = deque()
        self._last = 0.0

    def observe(self, event: Event, queue: Queue) -> None:
        """Put each wait into its minute."""
        if event["event"] == "answered" and (wait := queue.wait_of(event["id"])) is not None:
            self._close_minute(int(event["t"] // 60))
            self._waits.append(wait)

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        minute = int(queue.now // 60)
        self._close_minute(minute)
        while self._samples and self._samples[0][0] < minute - self._lookback:
            self._samples.popleft()
        valid = [sample for _, sample in self._samples if sample is not None]
        if valid and len(valid) >= self._min_valid * len(self._samples):
            self._last = fmean(valid)
        return self._last

    def _close_minute(self, minute: int) -> None:
        if minute == self._minute:
            return
        if self._waits:
            mean = fmean(self._waits)
            deviation = math.sqrt(fmean((wait - mean) ** 2 for wait in self._waits))
            self._samples.append((self._minute, mean if deviation <= self._max_cv * mean else None))
        self._minute, self._waits = minute, []


class AnswerRate:
    """The queue over the pace at which it was answered of late: ``W = n * window / answered in the window``.

    The departure-rate estimate of callback products that know nothing of agents: Cisco's courtesy callback advances its
    queue by an average dequeue time in the same way (community.cisco.com, "Courtesy callback EWT calculation":
    "D = (EWT + F) / N", "R(p) = p * D - F - C"). No vendor publishes the window; 5 and 15 minutes are measured. Assumed: n
    are those who wait already, which scores better here than n + 1; where nobody was answered in the window, the configured
    handle time and agents.
    """

    def __init__(self, *, minutes: int) -> None:
        self.name = f"Answer rate, {minutes} minutes"
        self._window = minutes * 60.0
        self._answers: deque[float] = deque()
        self._since: float | None = None

    def observe(self, event: Event, queue: Queue) -> None:
        """Remember when people were answered."""
        if event["event"] == "answered":
            self._since = event["t"] if self._since is None else self._since
            self._answers.append(event["t"])

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        while self._answers and self._answers[0] < queue.now - self._window:
            self._answers.popleft()
        if queue.free > len(queue.waiting):
            return 0.0
        if not self._answers or self._since is None:
            return len(queue.waiting) * queue.default_handle_time / max(1, queue.agents)
        return len(queue.waiting) * min(self._window, max(60.0, queue.now - self._since)) / len(self._answers)
