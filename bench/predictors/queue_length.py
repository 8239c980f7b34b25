"""Predictors from the length of the queue, as the literature has them."""

from bench.predictors.queue import Queue
from bench.quality.trace import Event


class QueueLength:
    """QL: ``W = (n + 1) / (s * mu)`` for n who wait, s agents who are all busy, each ending mu calls a second; else 0.

    The wait in GI/M/s given the queue length: Ibrahim & Whitt, "Real-time delay estimation based on delay history",
    Manufacturing & Service Operations Management 11 (2009) 397-415. There mu is known; here it is the mean of the
    handle times seen, and the configured one until the first call has ended.
    """

    name = "Queue length"

    def __init__(self) -> None:
        self._calls = 0
        self._handled = 0.0

    def observe(self, event: Event, queue: Queue) -> None:
        """Count the calls that have ended."""
        if event["event"] == "finished" and event["handle_time"]:
            self._calls += 1
            self._handled += event["handle_time"]

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        if queue.free > len(queue.waiting):
            return 0.0
        return (len(queue.waiting) + 1) / self.ends_a_second(queue)

    def ends_a_second(self, queue: Queue) -> float:
        """Calls that all agents together end in a second: s * mu."""
        handle_time = self._handled / self._calls if self._calls else queue.default_handle_time
        return max(1, queue.agents) / handle_time


class QueueLengthWithAbandonment(QueueLength):
    """QLa (QLm in the paper): ``W = sum over i = 0..n of 1 / (s * mu + i * alpha)``, alpha the rate at which one gives up.

    The wait in M/M/s+M (Erlang-A) given the queue length: Ibrahim & Whitt, "Real-time delay estimation in overloaded
    multiserver queues with abandonments", Management Science 55 (2009) 1729-1742. There alpha is known; here it is those
    who gave up so far over all seconds that anybody has waited: the maximum-likelihood estimate.
    """

    name = "Queue length, abandonment"

    def __init__(self) -> None:
        super().__init__()
        self._gave_up = 0

    def observe(self, event: Event, queue: Queue) -> None:
        """Count those who give up, too."""
        super().observe(event, queue)
        self._gave_up += event["event"] == "abandoned"

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        if queue.free > len(queue.waiting):
            return 0.0
        waited, share = self.impatient(queue)
        ends, give_up = self.ends_a_second(queue), share * self._gave_up / waited if waited else 0.0
        return sum(1 / (ends + give_up * still) for still in range(len(queue.waiting) + 1))

    def impatient(self, queue: Queue) -> tuple[float, float]:
        """The seconds for which those have waited who may give up, and their share of those who wait: as in the paper, all."""
        return queue.waited, 1.0


class QueueLengthWithHoldersAbandoning(QueueLengthWithAbandonment):
    """The same for a queue in which only those who hold the line give up, and alpha is their rate; ours.

    While i of the n ahead are left, the holders among them are taken to be as large a share as they are now.
    """

    name = "Queue length, abandonment of holders"

    def impatient(self, queue: Queue) -> tuple[float, float]:
        """Only the holders."""
        return queue.held, queue.holders / max(1, len(queue.waiting))
