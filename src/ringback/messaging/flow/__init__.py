"""Flows: what a conversation is made of, as data that people edit, and the rules it must keep.

``model`` has the documents, ``checks`` the rules, ``automations`` the documents that keep them.
"""

from ringback.messaging.flow.automations import Automations, Flow
from ringback.messaging.flow.checks import Note, check, example, longest, problems_between_flows, problems_of_flow
from ringback.messaging.flow.model import (
    END,
    AutomationsDraft,
    Choose,
    FlowDraft,
    GeneralText,
    Listed,
    Menu,
    Option,
    PickTime,
    Say,
    Step,
    Use,
)
from ringback.messaging.flow.services import Service
from ringback.messaging.flow.template import PLACEHOLDERS
from ringback.messaging.flow.wording import languages_of

__all__ = [
    "END",
    "PLACEHOLDERS",
    "Automations",
    "AutomationsDraft",
    "Choose",
    "Flow",
    "FlowDraft",
    "GeneralText",
    "Listed",
    "Menu",
    "Note",
    "Option",
    "PickTime",
    "Say",
    "Service",
    "Step",
    "Use",
    "check",
    "example",
    "languages_of",
    "longest",
    "problems_between_flows",
    "problems_of_flow",
]
