"""The settings of a call target in words, one line each, and the difference between two states of them."""

from collections.abc import Iterator

from pydantic import ValidationError

from ringback.audit.model import Facts
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import facts_of
from ringback.console.call_targets.field_kinds import SWITCH
from ringback.console.call_targets.fields import Setting, notification_settings, prompt_settings
from ringback.console.call_targets.form import shown
from ringback.console.call_targets.hours_words import week_words
from ringback.console.call_targets.lists import dates_of
from ringback.console.call_targets.tabs import TABS
from ringback.console.differences import Line, lines_between


def difference(before: CallTargetSettings, after: CallTargetSettings) -> list[Line]:
    """Every setting that differs, in the order of the tabs."""
    old, new = dict(_words_of(before)), dict(_words_of(after))
    names = dict.fromkeys((*new, *old))
    lines = [Line(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]
    if lines or before == after:
        return lines
    return lines_between(facts_of(before), facts_of(after))  # a difference that our words do not show


def difference_of_facts(before: Facts | None, after: Facts | None) -> list[Line]:
    """The same for what the audit log kept: all settings, or only those that changed, perhaps of another version."""
    if before is None or after is None:
        return []
    old, new = settings_of({"name": "unknown", **before}), settings_of({"name": "unknown", **after})
    return lines_between(before, after) if old is None or new is None else difference(old, new)


def settings_of(facts: Facts | None) -> CallTargetSettings | None:
    """The settings that the audit log kept; None where they are none today."""
    try:
        return None if facts is None else CallTargetSettings.model_validate(facts)
    except ValidationError:
        return None


def setting_words(setting: Setting, text: str) -> str:
    """What a field holds, for reading: with its unit, and with words for what is empty."""
    if setting.kind is SWITCH:
        return "on" if text else "off"
    if not text:
        return setting.empty or ""
    if setting.choices:
        return dict(setting.choices).get(text, text)
    return f"{text} {_unit(setting.unit, text)}" if setting.unit else text


def _unit(unit: str, amount: str) -> str:
    """The unit of so many: "1 callback a slot"."""
    what, _, rest = unit.partition(" ")
    return f"{what.removesuffix('s')} {rest}".strip() if amount == "1" and what != "times" else unit


def _words_of(settings: CallTargetSettings) -> Iterator[tuple[str, str]]:
    """Each setting by its name, with what it says."""
    for switch, name in (("register_callbacks", "Register callbacks"), ("process_callbacks", "Process callbacks")):
        yield name, "on" if getattr(settings, switch) else "off"
    for tab in TABS:
        texts = shown(tab.settings, settings)
        for setting in tab.settings:
            name = setting.label if tab.title in {"Overview", setting.label} else f"{tab.title}: {setting.label}"
            yield name, setting_words(setting, texts[setting.name])
    for row in dates_of(settings):
        yield f"{row.kind.title()} {row.date}", f"{row.words} ({row.name})" if row.name else row.words
    for number, shift in enumerate(settings.estimate.staffing, 1):
        agents = "1 agent" if shift.agents == 1 else f"{shift.agents} agents"
        yield f"Shift {number}", f"{agents}, {week_words(shift.weekly)}"
    yield from _own_words_of(settings)


def _own_words_of(settings: CallTargetSettings) -> Iterator[tuple[str, str]]:
    """What is said and written in each language in place of the shipped words."""
    for language in settings.prompts:
        texts = shown(prompt_settings(language), settings)
        for setting in prompt_settings(language):
            if texts[setting.name]:
                yield f"Prompt {setting.label.lower()} ({language})", texts[setting.name]
    for language in settings.notifications.texts:
        texts = shown(notification_settings(language), settings)
        for setting in notification_settings(language):
            if texts[setting.name]:
                yield f"{setting.label} ({language})", texts[setting.name]
