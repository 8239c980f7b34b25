"""What a person may set about the simulated telephone network. Durations are in simulated seconds."""

from typing import Self

from pydantic import Field, model_validator

from ringback.kernel.document import Document
from ringback.kernel.tenancy import CallTargetId


class SimulatedTeam(Document):
    """The agents of a call target and how long they talk."""

    agents: int | None = Field(None, ge=0, le=10_000)
    """Absent: as many as the call target is said to have."""
    handle_time: int = Field(300, ge=1, le=7200)
    """Mean seconds of a conversation."""
    handle_time_spread: float = Field(0.5, ge=0, le=5)
    """Standard deviation of a conversation's length over its mean."""


class SimulatorSettings(Document):
    """How the simulated customers and agents behave.

    Customers who are not among the shares answer. Numbers with a scripted ending (``fate.py``) follow no share.
    """

    seed: int = 0
    """Another seed, other fates."""
    speed: float = Field(1.0, gt=0, le=10_000)
    """Simulated seconds that pass in a second of the clock."""
    busy_share: float = Field(0.0, ge=0, le=1)
    no_answer_share: float = Field(0.0, ge=0, le=1)
    machine_share: float = Field(0.0, ge=0, le=1)
    ring_seconds: tuple[int, int] = (2, 8)
    """The shortest and the longest time until a customer answers."""
    patience: int = Field(900, ge=1, le=86_400)
    """How long a customer who has answered waits for an agent; agent first: how long the agents' line rings."""
    team: SimulatedTeam = SimulatedTeam()
    """The agents of every call target that is not named in ``teams``."""
    teams: dict[CallTargetId, SimulatedTeam] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.busy_share + self.no_answer_share + self.machine_share > 1:
            raise ValueError("busy_share, no_answer_share and machine_share are parts of one whole: at most 1 together")
        shortest, longest = self.ring_seconds
        if not 0 < shortest <= longest:
            raise ValueError("ring_seconds are the shortest and the longest time, both above 0: [2, 8]")
        return self

    def team_of(self, call_target_id: CallTargetId) -> SimulatedTeam:
        """The team that answers for a call target."""
        return self.teams.get(call_target_id, self.team)
