"""What the members of a class mean: the string below each in the source, else the words here.

The words here are for members whose name says enough to a reader of the code, but not to one of the documentation.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from itertools import pairwise

from docs.generate.markdown import prose

from ringback.access.model import PolicySettings
from ringback.call_targets.model import (
    AgentDestination,
    CallTargetSettings,
    DuplicateRule,
    EstimateSettings,
    FirstParty,
    PacingSettings,
    RetrySettings,
    SlotSettings,
)
from ringback.callbacks.lifecycle import Cause, Outcome, State
from ringback.configuration.file import (
    BlockedNumbersTable,
    OrganizationDocument,
    PolicyTable,
    TokenTable,
    WidgetTable,
)
from ringback.hours.model import Holiday, OpeningHours, Override
from ringback.limits.model import Rate
from ringback.organizations.model import OrganizationSettings
from ringback.settings import Settings
from ringback.widgets.model import UserDataKey, UserDataSet, WidgetSettings

WORDS: Mapping[tuple[type, str], str] = {
    (Settings, "log_format"): "How log lines are written: for people, or one JSON object a line.",
    (Settings, "log_level"): "The least important lines that are written.",
    (OrganizationDocument, "organization"): "The organization itself.",
    (OrganizationDocument, "policies"): "Access control policies, each under its key.",
    (OrganizationDocument, "user_data_sets"): "What may be passed on to the agent, each under its key.",
    (OrganizationDocument, "templates"): "How the pages of conveys look, each under its key.",
    (OrganizationDocument, "call_targets"): "The lines of business, each under its key.",
    (OrganizationDocument, "widgets"): "The ways to ask for a callback, each under its key.",
    (OrganizationDocument, "conveys"): "The hosted callback pages, each under its key.",
    (OrganizationDocument, "blocked_numbers"): "Whom never to call.",
    (OrganizationSettings, "name"): "What customers know it by.",
    (OrganizationSettings, "time_zone"): "An IANA name. The zone of every call target that has none of its own.",
    (OrganizationSettings, "default_language"): "The language where nobody asks for another.",
    (OrganizationSettings, "numbers"): "Which numbers may be called.",
    (OrganizationSettings, "limits"): "Rate limits.",
    (PolicySettings, "name"): "What people call it.",
    (PolicySettings, "description"): "A note for people.",
    (PolicySettings, "match"): "Where there are networks and tokens: whether `all` must hold, or `any` one.",
    (PolicyTable, "tokens"): "API access tokens, each under its name.",
    (TokenTable, "expires"): "From when on it opens nothing: a date (its first instant in the organization's zone) or "
    "a date and time. Absent: never.",
    (TokenTable, "revoked"): "It opens nothing any more, for good.",
    (UserDataSet, "name"): "What people call it.",
    (UserDataSet, "keys"): "The keys that are kept.",
    (UserDataKey, "key"): "The key in `user_data`.",
    (UserDataKey, "label"): "What the agent reads in place of the key.",
    (UserDataKey, "default"): "What it is when nothing was sent. Absent: then the key is left out.",
    (CallTargetSettings, "name"): "What customers know it by.",
    (CallTargetSettings, "hours"): "When it is open. Absent: always.",
    (CallTargetSettings, "offer_asap"): "Offer callbacks as soon as possible.",
    (CallTargetSettings, "offer_scheduled"): "Offer booked times.",
    (CallTargetSettings, "next_business_day_limit"): "How many callbacks may wait for the next opening.",
    (CallTargetSettings, "slots"): "Booked times.",
    (CallTargetSettings, "duplicate_rule"): "What a number's second live callback gets: `refuse` it, `keep` the first "
    "and tell its estimate, `replace` the first (ASAP keeps its place in line), `allow` both.",
    (CallTargetSettings, "first_party"): "Who is dialled first.",
    (CallTargetSettings, "agent"): "Where the agents are.",
    (CallTargetSettings, "customer_dial_timeout"): "Seconds that the customer's telephone may ring.",
    (CallTargetSettings, "retry"): "Further attempts.",
    (CallTargetSettings, "pacing"): "How fast callbacks are released.",
    (CallTargetSettings, "estimate"): "What the estimate begins with.",
    (SlotSettings, "length_minutes"): "Minutes from one bookable time to the next.",
    (SlotSettings, "capacity"): "Callbacks in each slot.",
    (SlotSettings, "days_ahead"): "How many days after today can be booked.",
    (RetrySettings, "max_attempts"): "Calls in all, the first one included.",
    (RetrySettings, "delay"): "Seconds from the end of the first call to the second.",
    (RetrySettings, "after_hours"): "Call again while closed, too.",
    (PacingSettings, "calls_per_second"): "Calls that may begin in a second; less than 1 is allowed.",
    (EstimateSettings, "default_handle_time"): "Seconds that a call takes.",
    (EstimateSettings, "default_agents"): "Agents at work.",
    (AgentDestination, "failover"): "Where to try when the destination does not answer.",
    (AgentDestination, "caller_id"): "The number that the customer sees. Absent: the telephone network's own.",
    (OpeningHours, "weekly"): 'The week: a table of the days `mon` to `sun`, or `"always"`.',
    (OpeningHours, "overrides"): "Dates with other hours.",
    (OpeningHours, "holidays"): "Dates on which nothing opens.",
    (Override, "date"): "The date.",
    (Override, "closed"): "Nothing opens on that date.",
    (Override, "open"): "The openings of that date, in place of the week's.",
    (Override, "name"): "A note for people.",
    (Holiday, "date"): "The date.",
    (Holiday, "name"): "A note for people.",
    (Rate, "requests"): "How many requests,",
    (Rate, "seconds"): "in how many seconds.",
    (WidgetSettings, "active"): "Switched off, it offers nothing.",
    (WidgetTable, "call_target"): "The key of the call target that it connects to.",
    (BlockedNumbersTable, "numbers"): "Single numbers, with + and country code.",
    (BlockedNumbersTable, "prefixes"): "All numbers that begin so, with + and country code.",
    (DuplicateRule, "REFUSE"): "The second is refused: `DuplicateRequest`.",
    (DuplicateRule, "KEEP"): "The first stays; the answer is the first one's, with its present estimate.",
    (DuplicateRule, "REPLACE"): "The second takes the place of the first.",
    (DuplicateRule, "ALLOW"): "Both stay.",
    (FirstParty, "CUSTOMER"): "The customer, then the agent.",
    (FirstParty, "AGENT"): "The agent, then the customer.",
    (State, "FINISHED"): "Over; the outcome says how.",
    (Outcome, "SUCCESS"): "Customer and agent talked.",
    (Outcome, "CANCELED"): "Called off before anybody was dialled, or the number has come onto the never-call list.",
    (Cause, "ANSWERED"): "Both talked, and one hung up.",
    (Cause, "BUSY"): "The line was busy.",
    (Cause, "NO_ANSWER"): "It rang until the time was up.",
    (Cause, "MACHINE"): "A machine answered.",
    (Cause, "REJECTED"): "The call was turned down.",
    (Cause, "INVALID_NUMBER"): "There is no such number. Not tried again.",
    (Cause, "CONGESTION"): "The network had no free line.",
    (Cause, "FAILED"): "A fault of the network or of the system.",
    (Cause, "CANCELED"): "Given up before both talked: by us, or by a customer who would not wait.",
}


def of(owner: type, member: str) -> str:
    """What ``member`` of ``owner`` means. Raises ``LookupError`` where neither the source nor :data:`WORDS` says it."""
    for holder in owner.__mro__:
        if told := written(holder).get(member) or WORDS.get((holder, member)):
            return prose(told)
    raise LookupError(f"say what {owner.__name__}.{member} means: below it in the source, or in {__file__}")


def written(owner: type) -> dict[str, str]:
    """The strings that stand below the members of a class of ours in its source."""
    if not owner.__module__.startswith("ringback"):
        return {}
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        _name(member): ast.literal_eval(below.value)
        for member, below in pairwise(body)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and _name(member)
    }


def _name(member: ast.stmt) -> str:
    target: ast.expr | None = None
    if isinstance(member, ast.AnnAssign):
        target = member.target
    elif isinstance(member, ast.Assign):
        target = member.targets[0]
    return target.id if isinstance(target, ast.Name) else ""
