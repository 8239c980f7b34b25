"""The pages of a call target that are forms: hours, offers, slots, calling, estimate, prompts, texts.

What is saved goes into the draft. A form carries the version of its own fields, so that two people who work on two
tabs do not disturb each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import KeptCallTarget, kept_call_target
from ringback.configuration.drafts import edit_draft
from ringback.configuration.editing import ChangedMeanwhile
from ringback.console.call_targets.fields import (
    PROMPT_LABELS,
    Setting,
    Tab,
    notification_settings,
    prompt_settings,
)
from ringback.console.call_targets.form import Reader, WronglyTyped, read, read_all, shown, version
from ringback.console.call_targets.hours_picture import staffing_picture, week_picture
from ringback.console.call_targets.lists import (
    SPARE_SHIFTS,
    dates_of,
    read_prompts,
    read_shifts,
    read_texts,
    shown_prompts,
    shown_shifts,
    shown_texts,
)
from ringback.console.call_targets.preview import today_of
from ringback.console.call_targets.tabs import CALLING, ESTIMATE, HOURS, OFFERS, PROMPTS, SLOTS, TEXTS
from ringback.console.call_targets.words import setting_words
from ringback.console.differences import Line
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import see_other
from ringback.console.pages.call_target import id_in, target_page, zone_names
from ringback.console.visit import Visit
from ringback.forecast.wording import primary_language
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.telephony.default_prompts import DEFAULT_PROMPTS

PLACEHOLDERS_OF_PROMPTS = {
    "organization_name": "the organization",
    "call_target_name": "this call target",
    "customer_name": "of the customer, where it is known",
    "customer_number": "digit by digit",
    "user_data": "what came with the request",
    "minutes": "in “Later confirmed”: how many",
}
"""Each placeholder with what it stands for."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed into a form, and what became of it."""

    typed: Typed
    problems: Problems
    theirs: tuple[Line, ...] | None = None
    """Where somebody else has changed the same fields meanwhile: each with theirs and what was typed."""


async def show(visit: Visit, tab: Tab) -> Answer:
    """The form."""
    return await form_page(visit, tab, None)


async def save(visit: Visit, tab: Tab) -> Answer:
    """Keep what was typed in the draft."""
    filled = await saved(visit, tab)
    if filled is not None:
        return await form_page(visit, tab, filled)
    return kept_in_draft(visit, tab)


def kept_in_draft(visit: Visit, tab: Tab) -> Answer:
    """Back to the form, in the same language."""
    where = f"{visit.at(f'call-targets/{id_in(visit)}/{tab.slug}')}{_query(visit, tab)}"
    return see_other(visit, where, notice="Kept in the draft. It is in force once the draft is published.")


async def saved(visit: Visit, tab: Tab) -> Filled | None:
    """Keep what was typed; what to show again when that cannot be."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    language = language_of(visit, kept)

    def edit(settings: CallTargetSettings) -> CallTargetSettings:
        if version(fields_of(tab, settings, language)) != visit.form.get("seen"):
            raise ChangedMeanwhile("Somebody else has changed these settings meanwhile.")
        changed = read_all(readers_of(tab, language), visit.form, settings)
        _refuse_unspoken(changed, settings, kept)
        return changed

    try:
        await visit.desk.db.write(edit_draft, visit.org, kept.id, edit, by=visit.by, now=visit.now)
    except WronglyTyped as wrong:
        return Filled(visit.form, wrong.problems)
    except InvalidParameters as error:
        return Filled(visit.form, problem_of(error))
    except ChangedMeanwhile:
        latest = await visit.desk.db.read(kept_call_target, visit.org, kept.id)
        theirs = _theirs(fields_of(tab, latest.latest, language), visit.form, tab, language)
        return Filled(visit.form, {}, theirs) if theirs else None  # both have typed the same
    return None


async def form_page(visit: Visit, tab: Tab, filled: Filled | None, **values: Any) -> Answer:
    """The page with the form, perhaps with what was typed."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    language = language_of(visit, kept)
    fields = fields_of(tab, kept.latest, language)
    in_force = fields_of(tab, kept.settings, language)
    status = HTTPStatus.OK
    if filled is not None:
        status = HTTPStatus.CONFLICT if filled.theirs is not None else HTTPStatus.BAD_REQUEST
    today = today_of(kept.target, visit.now)
    usual = {
        "status": status,
        "typed": filled.typed if filled else fields,
        "problems": filled.problems if filled else {},
        "theirs": filled.theirs if filled else None,
        "seen": version(fields),
        "was": lambda setting: (
            setting_words(setting, in_force[setting.name]) if in_force[setting.name] != fields[setting.name] else ""
        ),
        "today": today,
        "past": sum(row.date < today for row in dates_of(kept.latest)),
    }
    more = _MORE[tab.slug](kept, language) if tab.slug in _MORE else {}
    template = f"call_target_{tab.slug}.html" if tab.slug in _MORE else "call_target_form.html"
    return await target_page(visit, kept, tab, template, **{**usual, **more, **values})


def fields_of(tab: Tab, settings: CallTargetSettings, language: str) -> dict[str, str]:
    """What the tab's form shows."""
    fields = shown(tab.settings, settings)
    if tab is ESTIMATE:
        fields |= shown_shifts(settings)
    if tab is PROMPTS:
        fields |= shown_prompts(language, settings)
    if tab is TEXTS:
        fields |= shown_texts(language, settings)
    return fields


def language_of(visit: Visit, kept: KeptCallTarget) -> str:
    """The language whose texts are shown: the one asked for, if there can be texts in it."""
    asked = visit.form.get("language") or visit.query.get("language") or ""
    languages = languages_of(kept)
    return asked if asked in languages else languages[0]


def languages_of(kept: KeptCallTarget) -> list[str]:
    """Those spoken here, and those in which there are texts."""
    latest = kept.latest
    spoken = latest.languages or kept.languages
    return list(dict.fromkeys((*spoken, *latest.prompts, *latest.notifications.texts))) or ["en"]


def readers_of(tab: Tab, language: str) -> list[Reader]:
    """What puts the form's fields into the settings."""
    readers: list[Reader] = [partial(read, tab.settings)]
    if tab is ESTIMATE:
        readers.append(read_shifts)
    if tab is PROMPTS:
        readers.append(partial(read_prompts, language))
    if tab is TEXTS:
        readers.append(partial(read_texts, language))
    return readers


def _refuse_unspoken(changed: CallTargetSettings, before: CallTargetSettings, kept: KeptCallTarget) -> None:
    """As a configuration file is refused: texts in a language that the organization does not offer are never read."""
    offered = {primary_language(language) for language in kept.languages}
    unspoken = [each for each in changed.languages if primary_language(each) not in offered]
    if unspoken and changed.languages != before.languages:
        spoken = ", ".join(kept.languages)
        raise WronglyTyped({"languages": f"“{unspoken[0]}” is not among the organization's languages ({spoken})."})


def _theirs(fields: Mapping[str, str], typed: Typed, tab: Tab, language: str) -> tuple[Line, ...]:
    """Each field that is not what was typed: as it is now, and as it was typed."""
    of_language = {PROMPTS.slug: prompt_settings, TEXTS.slug: notification_settings}.get(tab.slug)
    settings: tuple[Setting, ...] = (*tab.settings, *(of_language(language) if of_language else ()))
    labels = {setting.name: setting for setting in settings}
    lines = []
    for name, now in fields.items():
        mine = typed.get(name, "")
        if mine == now:
            continue
        setting = labels.get(name)
        label = setting.label if setting else name.replace("shift.", "Shift ").replace(".", ": ")
        told = (setting_words(setting, each) if setting else each for each in (now, mine))
        lines.append(Line(label, *told))
    return tuple(lines)


def _query(visit: Visit, tab: Tab) -> str:
    language = visit.form.get("language", "")
    return f"?language={language}" if tab in {PROMPTS, TEXTS} and language.replace("-", "").isalnum() else ""


def _of_hours(kept: KeptCallTarget, _language: str) -> dict[str, Any]:
    weekly, in_force = kept.latest.hours.weekly, kept.settings.hours.weekly
    return {
        "picture": week_picture(weekly),
        "picture_in_force": week_picture(in_force) if weekly != in_force else (),
        "dates": dates_of(kept.latest),
        "dates_in_force": {(row.kind, row.date, row.words, row.name) for row in dates_of(kept.settings)},
        "zones": zone_names(),
        "date_typed": {},
        "date_problems": {},
    }


def _of_estimate(kept: KeptCallTarget, _language: str) -> dict[str, Any]:
    shifts = kept.latest.estimate.staffing
    staffed = staffing_picture(shifts) if shifts else ()
    return {
        "shifts": range(len(shifts) + SPARE_SHIFTS),
        "staffed": staffed,
        "most": max((step.agents for day in staffed for step in day.steps), default=0),
    }


def _of_prompts(kept: KeptCallTarget, language: str) -> dict[str, Any]:
    shipped = DEFAULT_PROMPTS.get(primary_language(language), DEFAULT_PROMPTS["en"])
    return {
        "language": language,
        "languages": languages_of(kept),
        "written": {tag: len(texts.model_dump(exclude_defaults=True)) for tag, texts in kept.latest.prompts.items()},
        "prompts": prompt_settings(language),
        "shipped": {f"prompts.{language}.{name}": shipped[name] for name in PROMPT_LABELS},
        "placeholders": PLACEHOLDERS_OF_PROMPTS,
    }


_MORE: Mapping[str, Callable[[KeptCallTarget, str], dict[str, Any]]] = {
    HOURS.slug: _of_hours,
    OFFERS.slug: lambda _kept, _language: {},
    ESTIMATE.slug: _of_estimate,
    PROMPTS.slug: _of_prompts,
    TEXTS.slug: lambda _kept, _language: {},
}
"""The tabs with a template of their own, and what it shows besides the fields."""

ENTRIES = tuple(
    entry
    for tab in (HOURS, OFFERS, SLOTS, CALLING, ESTIMATE, PROMPTS)
    for entry in (
        get(f"/{{org}}/call-targets/{{target}}/{tab.slug}", partial(show, tab=tab)),
        post(f"/{{org}}/call-targets/{{target}}/{tab.slug}", partial(save, tab=tab), Permission.CONFIGURE),
    )
)
