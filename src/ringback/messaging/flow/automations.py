"""Flows that are right as a whole: only these are published, and only these are run."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from ringback.kernel.document import Key
from ringback.messaging.flow.checks import problems_between_flows, problems_of_flow
from ringback.messaging.flow.model import AutomationsDraft, FlowDraft


class Flow(FlowDraft):
    """A flow that keeps the rules of ``checks.py``: every branch ends, every text is there and fits."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := problems_of_flow(self):
            raise ValueError("; ".join(problems))
        return self


class Automations(AutomationsDraft):
    """All conversations of an organization; no keyword starts two of them."""

    flows: Mapping[Key, Flow] = Field(max_length=50)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if problems := problems_between_flows(self):
            raise ValueError("; ".join(problems))
        return self
