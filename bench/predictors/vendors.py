"""The formulas that vendors publish for their own estimates. They know their agents, told to Ringback or not."""

from bench.predictors.queue import Queue, Recent
from bench.quality.trace import Event

HOUR = 3600.0


class Genesys:
    """Stat Server: ``EWT = AHT * CIQU / (AA * EP)``.

    AHT is the mean handle time of an interval, after-call work included, 90 s when no call was handled; CIQU the calls in
    the queue less the agents who are ready, not below 0; AA the agents logged in who are busy or not ready (0.0001 if
    none); EP the share of their time that goes to this queue, here 1. Source: Genesys, "Real-Time Metrics Engine 8.5
    User's Guide", Compound Categories, EstimWaitTime; told in full by lakshmikanth.com, "Genesys: How EWT is calculated".
    Assumed: an interval of an hour, and that the caller does not stand in the queue yet when it is asked, which scores
    better here than the contrary.
    """

    name = "Genesys Stat Server"

    def __init__(self) -> None:
        self._handled = Recent(HOUR)

    def observe(self, event: Event, queue: Queue) -> None:
        """Remember handle times."""
        if event["event"] == "finished" and event["handle_time"]:
            self._handled.add(event["t"], event["handle_time"])

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        unassigned = max(0, len(queue.waiting) - queue.free)
        active = queue.agents - queue.free
        return self._handled.mean(queue.now, 90.0) * unassigned / (active or 0.0001)


class Google:
    """CCAI Platform: ``EWT = average duration / active agents * (queued calls - available agents) + 10 s``.

    Source: cloud.google.com, Contact Center AI Platform, "Estimated wait time prediction calculation": the average duration
    is of the previous hour, only calls that go before the caller's are counted, "10 seconds of wait time is added to the
    EWT for all sessions". The factor for agents of several queues is 1 here, and callbacks stand in the one queue. Assumed:
    not below 10 s, and the configured handle time while no call has ended.
    """

    name = "Google CCAI"

    def __init__(self) -> None:
        self._handled = Recent(HOUR)

    def observe(self, event: Event, queue: Queue) -> None:
        """Remember handle times."""
        if event["event"] == "finished" and event["handle_time"]:
            self._handled.add(event["t"], event["handle_time"])

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        pace = self._handled.mean(queue.now, queue.default_handle_time) / max(1, queue.agents)
        return 10 + pace * max(0, len(queue.waiting) - queue.free)


class Cisco:
    """Unified CCE: ``EWT = (RouterCallsQNow + 1) * AvgHandledCallsTimeTo5 / LoggedOn``; 0 while an agent is available.

    AvgHandledCallsTimeTo5 is the mean handle time of the calls of the last five minutes. Sources: Cisco, "Scripting and
    Media Routing Guide, Unified ICM/Contact Center Enterprise", EWT/MED script; "Understanding Expected Delay", document
    29522: "((CallsQNow + 1) * AHTto5) / Max (Agents Talking [OR] Ready)". Assumed: the script's constant for five minutes
    without a call is the configured handle time.
    """

    name = "Cisco UCCE"

    def __init__(self) -> None:
        self._handled = Recent(300.0)

    def observe(self, event: Event, queue: Queue) -> None:
        """Remember handle times."""
        if event["event"] == "finished" and event["handle_time"]:
            self._handled.add(event["t"], event["handle_time"])

    def estimate(self, queue: Queue) -> float:
        """As told above."""
        if queue.free > len(queue.waiting):
            return 0.0
        handle_time = self._handled.mean(queue.now, queue.default_handle_time)
        return (len(queue.waiting) + 1) * handle_time / max(1, queue.agents)
