"""The lists among a call target's settings, in forms: shifts, holidays and exceptions, words of a language."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from ringback.call_targets.model import CallTargetSettings
from ringback.console.call_targets.field_kinds import WHOLE
from ringback.console.call_targets.fields import notification_settings, prompt_settings
from ringback.console.call_targets.form import Facts, WronglyTyped, facts_of, read, sent_back, validated
from ringback.console.call_targets.hours_words import openings_words, read_openings, read_week, week_words
from ringback.console.forms import Problems, Typed
from ringback.hours.model import Holiday, Override

SPARE_SHIFTS = 2
"""Empty rows for new ones."""


def shown_shifts(settings: CallTargetSettings) -> dict[str, str]:
    """Two fields for each planned shift: how many agents, and when."""
    fields: dict[str, str] = {}
    for place, shift in enumerate(settings.estimate.staffing):
        fields[f"shift.{place}.agents"] = str(shift.agents)
        fields[f"shift.{place}.hours"] = sent_back(week_words(shift.weekly), lines=False)
    return fields


def read_shifts(typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with the shifts that were typed; a row that was emptied is gone.

    A form has empty rows, too: one without any row is none of ours, and changes nothing.
    """
    before = shown_shifts(settings)
    kept: list[Facts] = facts_of(settings)["estimate"]["staffing"]
    rows = sorted({int(name.split(".")[1]) for name in typed if name.startswith("shift.") and _is_row(name)})
    if not rows:
        return settings
    problems: Problems = {}
    shifts: list[Facts] = []
    for place in rows:
        agents, hours = (typed.get(f"shift.{place}.{part}", "").strip() for part in ("agents", "hours"))
        if not agents and not hours:
            continue
        unchanged = (before.get(f"shift.{place}.agents"), before.get(f"shift.{place}.hours")) == (agents, hours)
        shifts.append(kept[place] if unchanged else _read_shift(place, agents, hours, problems))
    facts = facts_of(settings)
    facts["estimate"]["staffing"] = shifts
    if problems:
        raise WronglyTyped(problems)
    if shifts == kept:
        return settings
    return validated(facts, ())


def shown_prompts(language: str, settings: CallTargetSettings) -> dict[str, str]:
    """The texts of one language."""
    texts = settings.prompts.get(language)
    return {
        each.name: sent_back(getattr(texts, each.path[-1]), lines=True) if texts else ""
        for each in prompt_settings(language)
    }


def read_prompts(language: str, typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with the texts that were typed; a language whose last text was taken away is gone."""
    changed = read(prompt_settings(language), typed, settings)
    texts = changed.prompts.get(language)
    if changed == settings or texts is None or texts.model_dump(exclude_defaults=True):
        return changed
    left = {tag: each for tag, each in changed.prompts.items() if tag != language}
    return changed.model_copy(update={"prompts": left})


def shown_texts(language: str, settings: CallTargetSettings) -> dict[str, str]:
    """The notifications' own texts in one language."""
    texts = settings.notifications.texts.get(language)
    return {
        each.name: sent_back(getattr(texts, each.path[-1]), lines=True) if texts else ""
        for each in notification_settings(language)
    }


def read_texts(language: str, typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with the texts that were typed; a language whose last text was taken away is gone."""
    changed = read(notification_settings(language), typed, settings)
    texts = changed.notifications.texts.get(language)
    if changed == settings or texts is None or texts.model_dump(exclude_defaults=True):
        return changed
    left = {tag: each for tag, each in changed.notifications.texts.items() if tag != language}
    notifications = changed.notifications.model_copy(update={"texts": left})
    return changed.model_copy(update={"notifications": notifications})


@dataclass(frozen=True, slots=True)
class DateRow:
    """A date on which the week does not decide."""

    kind: str
    """``holiday`` or ``exception``."""
    date: dt.date
    words: str
    """When it is open then, as it is typed."""
    name: str
    is_overruled: bool = False
    """A holiday of no effect, since there is an exception on it."""


def dates_of(settings: CallTargetSettings) -> list[DateRow]:
    """Holidays and exceptions together, ascending."""
    hours = settings.hours
    excepted = {override.date for override in hours.overrides}
    rows = [DateRow("exception", each.date, openings_words(each.open), each.name) for each in hours.overrides]
    rows += [DateRow("holiday", each.date, "closed", each.name, each.date in excepted) for each in hours.holidays]
    return sorted(rows, key=lambda row: (row.date, row.kind))


def with_date(typed: Typed, settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with one more holiday or exception, in place of the same kind on that date.

    Typed are ``date``, ``kind`` (``holiday``, ``closed`` or ``open``), ``open`` and ``name``. Raises ``WronglyTyped``.
    """
    problems: Problems = {}
    kind, name = typed.get("kind", ""), typed.get("name", "")
    try:
        date = dt.date.fromisoformat(typed.get("date", "").strip())
    except ValueError:
        raise WronglyTyped({"date": "A date is needed."}) from None
    try:
        openings = read_openings(typed.get("open", "")) if kind == "open" else ()
        if kind == "open" and not openings:
            problems["open"] = "When is it open? Write it like 09:00-12:00, or choose that it is closed."
    except ValueError as error:
        problems["open"] = str(error)
    if problems:
        raise WronglyTyped(problems)
    try:
        if kind == "holiday":
            return with_holidays([Holiday(date=date, name=name)], settings)
        exception = Override(date=date, closed=not openings, open=openings, name=name)
    except ValidationError as error:
        raise WronglyTyped(_of_date(error)) from None
    others = [each for each in settings.hours.overrides if each.date != date]
    return _with_hours(settings, overrides=tuple(sorted([*others, exception], key=lambda each: each.date)))


def with_holidays(holidays: Iterable[Holiday], settings: CallTargetSettings) -> CallTargetSettings:
    """The settings with more holidays, each in place of one on the same date."""
    by_date = {each.date: each for each in (*settings.hours.holidays, *holidays)}
    return _with_hours(settings, holidays=tuple(by_date[date] for date in sorted(by_date)))


def without_dates(dates: Collection[tuple[str, dt.date]], settings: CallTargetSettings) -> CallTargetSettings:
    """The settings without the holidays and exceptions that are named by kind and date."""
    hours = settings.hours
    return _with_hours(
        settings,
        overrides=tuple(each for each in hours.overrides if ("exception", each.date) not in dates),
        holidays=tuple(each for each in hours.holidays if ("holiday", each.date) not in dates),
    )


def _is_row(name: str) -> bool:
    place = name.split(".")[1]
    return place.isascii() and place.isdigit() and len(place) < 5


def _read_shift(place: int, agents: str, hours: str, problems: Problems) -> Facts:
    shift: Facts = {}
    try:
        shift["agents"] = WHOLE.read(agents)
        if not 1 <= shift["agents"] <= 10_000:
            problems[f"shift.{place}.agents"] = "1 to 10000."
    except ValueError as error:
        problems[f"shift.{place}.agents"] = str(error)
    try:
        week = read_week(hours)
        if not hours:
            problems[f"shift.{place}.hours"] = "When are they at work? Write it like Mon-Fri 09:00-17:00."
        shift["weekly"] = week.model_dump(mode="json")
    except ValidationError as error:
        problems[f"shift.{place}.hours"] = _sentence(error)
    except ValueError as error:
        problems[f"shift.{place}.hours"] = str(error)
    return shift


def _with_hours(
    settings: CallTargetSettings, **changed: tuple[Override, ...] | tuple[Holiday, ...]
) -> CallTargetSettings:
    hours = settings.hours.model_copy(update=changed)
    try:
        hours = type(hours).model_validate(hours.model_dump())
    except ValidationError as error:
        raise WronglyTyped({"date": _sentence(error)}) from None
    return settings.model_copy(update={"hours": hours})


def _of_date(error: ValidationError) -> Problems:
    place = error.errors()[0]["loc"]
    field = place[0] if place and place[0] in {"date", "name", "open"} else "open"
    return {str(field): _sentence(error)}


def _sentence(error: ValidationError) -> str:
    message = error.errors()[0]["msg"].removeprefix("Value error, ")
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
