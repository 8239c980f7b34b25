"""A draft on top of what is in force by now."""

from typing import Any

from hypothesis import given
from tests.unit.test_console_call_target_form import documents

from ringback.call_targets.model import CallTargetSettings, Draft
from ringback.configuration.merge import SWITCHES, changed_meanwhile, merged
from ringback.kernel.clock import Instant

BEFORE: dict[str, Any] = {"name": "Sales", "hours": {"weekly": {"mon": ["09:00-17:00"]}}, "slots": {"capacity": 2}}


def settings(**changed: Any) -> CallTargetSettings:
    return CallTargetSettings.model_validate({**BEFORE, **changed})


def draft(**changed: Any) -> Draft:
    return Draft(settings(**changed), settings(), "ann@acme.example", Instant(0))


def test_what_the_draft_does_not_change_stays_as_it_is_by_now() -> None:
    mine = draft(slots={"capacity": 5})
    theirs = settings(name="Sales and service", slots={"capacity": 2, "days_ahead": 14}, register_callbacks=False)
    assert merged(mine, theirs) == settings(
        name="Sales and service", slots={"capacity": 5, "days_ahead": 14}, register_callbacks=False
    )


def test_where_both_change_the_same_setting_the_draft_says_what_would_be() -> None:
    mine = draft(slots={"capacity": 5}, languages=["en"])
    assert merged(mine, settings(slots={"capacity": 3}, languages=["en", "es"])) == mine.settings


def test_a_week_is_one_setting() -> None:
    mine = draft(hours={"weekly": {"mon": ["09:00-17:00"], "sun": ["20:00-23:00"]}})
    theirs = settings(hours={"weekly": {"mon": ["08:00-17:00"]}, "holidays": [{"date": "2026-12-25"}]})
    result = merged(mine, theirs)
    assert result.hours.weekly == mine.settings.hours.weekly
    assert result.hours.holidays == theirs.hours.holidays
    assert merged(draft(), settings(hours={"weekly": "always"})) == settings(hours={"weekly": "always"})


def test_prompts_are_merged_text_by_text() -> None:
    base, mine, theirs, both = (
        settings(prompts={"en": {"ask_minutes": "When?", **texts}})
        for texts in ({}, {"greeting": "Hello."}, {"whisper": "A call."}, {"greeting": "Hello.", "whisper": "A call."})
    )
    assert merged(Draft(mine, base, "ann@acme.example", Instant(0)), theirs) == both
    assert merged(Draft(settings(), base, "ann@acme.example", Instant(0)), theirs).prompts == {}
    assert merged(draft(prompts=mine.prompts), settings(prompts={"de": {}})).prompts.keys() == {"en", "de"}


def test_what_does_not_go_together_is_the_draft_s_with_the_switches_as_they_are() -> None:
    mine = draft(next_business_day=True)
    theirs = settings(offer_asap=False, process_callbacks=False)
    assert merged(mine, theirs) == settings(next_business_day=True, process_callbacks=False)


def test_a_switch_alone_is_no_change_of_which_the_draft_knows_nothing() -> None:
    assert not changed_meanwhile(draft(), settings(register_callbacks=False))
    assert changed_meanwhile(draft(), settings(name="Other"))


@given(documents(), documents())
def test_on_what_it_was_made_from_a_draft_is_what_was_saved(base: CallTargetSettings, mine: CallTargetSettings) -> None:
    mine = mine.model_copy(update={name: getattr(base, name) for name in SWITCHES})
    assert merged(Draft(mine, base, "ann@acme.example", Instant(0)), base) == mine
    assert merged(Draft(base, base, "ann@acme.example", Instant(0)), mine) == mine
