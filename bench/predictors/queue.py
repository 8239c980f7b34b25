"""What an automatic call distributor sees of its own queue, kept up line by line from a trace."""

from collections import deque
from dataclasses import dataclass, field

from bench.quality.trace import Event, same_day


@dataclass
class Queue:
    """The queue after the lines seen so far. Moments and durations in seconds."""

    now: float = 0.0
    default_handle_time: float = 300.0
    agents: int = 10
    """At work; what the operator configured until a line tells."""
    waiting: dict[str, float] = field(default_factory=dict)
    """Those who wait, in their order, and since when."""
    holders: int = 0
    """How many of them hold the line; the others take a callback."""
    served: dict[str, float] = field(default_factory=dict)
    """Those who occupy an agent, and since when."""
    last_wait: float = 0.0
    """How long the one waited who was answered last."""
    waited: float = 0.0
    """Seconds that people have waited, all of them together, those who still wait included."""
    held: float = 0.0
    """The same of the holders alone."""
    _kinds: dict[str, str] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """Agents at work who have nobody."""
        return max(0, self.agents - len(self.served))

    def pass_to(self, now: float) -> None:
        """Nothing happens until then."""
        if same_day(self.now, now):  # nobody loses patience in a night
            self.waited += (now - self.now) * len(self.waiting)
            self.held += (now - self.now) * self.holders
        self.now = now

    def wait_of(self, caller: str) -> float | None:
        """How long one who is answered now has waited; None over a night, which says nothing of the day's waits."""
        since = self.waiting.get(caller)
        return self.now - since if since is not None and same_day(since, self.now) else None

    def observe(self, event: Event) -> None:
        """Take in the next line."""
        self.pass_to(event["t"])
        match event["event"]:
            case "settings":
                self.default_handle_time, self.agents = event["default_handle_time"], event["default_agents"]
            case "staffing":
                self.agents = event["agents"]
            case "arrived":
                self.waiting[event["id"]] = self.now
                self._kinds[event["id"]] = event["kind"]
                self.holders += event["kind"] == "hold"
            case "abandoned":
                self._leave(event["id"])
            case "answered":
                wait = self.wait_of(event["id"])
                self.last_wait = self.last_wait if wait is None else wait
                self._leave(event["id"])
                self.served[event["id"]] = self.now
            case "finished":
                self.served.pop(event["id"], None)

    def _leave(self, caller: str) -> None:
        self.holders -= self._kinds.pop(caller, "") == "hold"
        self.waiting.pop(caller, None)


class Recent:
    """The values of the last so many seconds, with their sum at hand."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._values: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def add(self, now: float, value: float) -> None:
        """One more."""
        self._values.append((now, value))
        self._sum += value

    def count(self, now: float) -> int:
        """How many."""
        self._forget(now)
        return len(self._values)

    def mean(self, now: float, default: float) -> float:
        """Their mean; the default where there are none."""
        self._forget(now)
        return self._sum / len(self._values) if self._values else default

    def _forget(self, now: float) -> None:
        while self._values and self._values[0][0] < now - self.seconds:
            self._sum -= self._values.popleft()[1]
