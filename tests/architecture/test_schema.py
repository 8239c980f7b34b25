"""The words that the database allows are those of the code."""

import re

import pytest
from sqlalchemy import CheckConstraint

from ringback.call_targets.model import FirstParty
from ringback.callbacks.lifecycle import IN_LINE, LIVE_CALL, Cause, Outcome, State
from ringback.callbacks.model import Kind
from ringback.db import schema
from ringback.identity.model import Role
from ringback.messaging.model import Direction, TextKind, TextState
from ringback.widgets.model import WidgetKind

WORDS = {
    "attempts.cause": {*Cause},
    "attempts.first_party": {*FirstParty},
    "blocked_numbers.scope": {"number", "prefix"},
    "callbacks.outcome": {*Outcome},
    "callbacks.state": {*State},
    "callbacks.type": {*Kind},
    "report_counts.type": {*Kind},
    "invitations.role": {*Role},
    "memberships.role": {*Role},
    "text_opt_outs.source": {"word", "gateway", "console"},
    "texts.direction": {*Direction},
    "texts.kind": {*TextKind},
    "texts.state": {*TextState},
    "widgets.kind": {*WidgetKind},
}


def listed() -> dict[str, set[str]]:
    """The words of each CHECK that lists some, by table and column."""
    found = {}
    for table in schema.metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint):
                lists = re.fullmatch(r"(\w+) IN \(('.*')\)", str(constraint.sqltext))
                if lists:
                    found[f"{table.name}.{lists[1]}"] = set(re.findall(r"'(\w+)'", lists[2]))
    return found


def test_the_database_lists_the_words_of_the_code():
    assert listed() == WORDS


@pytest.mark.parametrize(("condition", "states"), [(schema.LIVE_CALL, LIVE_CALL), (schema.IN_LINE, IN_LINE)])
def test_the_conditions_of_indexes_are_the_sets_of_the_lifecycle(condition, states):
    assert set(re.findall(r"'(\w+)'", condition)) == states


OF_NO_ORGANIZATION = {
    "organizations": "the organizations themselves",
    "users": "a person may be at home in several organizations; memberships, which say in which, begin with one",
    "sessions": "a person's, who may go from one organization to another within it",
    "sign_in_limits": "who somebody is, and so where at home, is not known before they have signed in",
}
"""Tables whose key does not begin with the organization, and why."""


def test_every_key_begins_with_the_organization():
    others = {
        table.name
        for table in schema.metadata.tables.values()
        if next(iter(table.primary_key.columns)).name != "org_id"
    }
    assert others == OF_NO_ORGANIZATION.keys()
