"""The form of a widget or convey: from its draft to what stands in the fields, and back with all that is wrong."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

import phonenumbers
from babel import Locale
from pydantic import BaseModel, ValidationError

from ringback.configuration.kept_widgets import Surroundings, WidgetDraft
from ringback.console.forms import Problems, Typed, problems_of
from ringback.forecast.wording import nearest_locale, primary_language
from ringback.kernel.phone import NumberKind, NumberRules
from ringback.kernel.tenancy import CallTargetId, PolicyId, TemplateId, UserDataSetId
from ringback.widgets.model import WidgetKind, WidgetSettings

KINDS_OF_NUMBER: Mapping[NumberKind, str] = {
    NumberKind.FIXED_LINE: "Fixed line",
    NumberKind.MOBILE: "Mobile",
    NumberKind.FIXED_LINE_OR_MOBILE: "Fixed line or mobile, where numbers do not tell",
    NumberKind.VOIP: "Internet telephone",
    NumberKind.TOLL_FREE: "Toll-free, of its own country",
    NumberKind.PERSONAL_NUMBER: "Personal number",
    NumberKind.PAGER: "Pager",
    NumberKind.UAN: "Company-wide number",
    NumberKind.VOICEMAIL: "Voicemail",
}
"""The kinds of number that may be called at all."""

LABELS = {
    "name": "Name",
    "call_target": "Call target",
    "policy": "Access control policy",
    "user_data_set": "User data set",
    "template": "Template",
    "default_language": "Default language",
    "by_text": "By text message",
    "slug": "End of the link",
    "numbers": "Numbers that may be called",
    "region": "Country of numbers without a country code",
    "countries": "Countries",
    **{f"type-{kind.value}": words for kind, words in KINDS_OF_NUMBER.items()},
}
"""The name of each field."""

Model = TypeVar("Model", bound=BaseModel)

OWN, ORGANIZATIONS = "own", "organization"


def typed_of(draft: WidgetDraft, usual: NumberRules) -> dict[str, str]:
    """What stands in the fields. ``usual`` are the organization's phone rules: what one begins with."""
    settings = draft.settings
    rules = settings.numbers or usual
    return {
        "name": settings.name,
        "call_target": draft.call_target_id,
        "policy": draft.policy_id or "",
        "user_data_set": draft.user_data_set_id or "",
        "template": draft.template_id or "",
        "default_language": settings.default_language,
        "by_text": "yes" if settings.by_text else "no",
        "slug": draft.slug or "",
        "numbers": OWN if settings.numbers else ORGANIZATIONS,
        "region": rules.region,
        "countries": ", ".join(rules.countries),
        **{f"type-{kind.value}": "yes" for kind in rules.types},
    }


def read_draft(
    form: Typed, kind: WidgetKind, present: WidgetDraft | None = None
) -> tuple[WidgetDraft | None, Problems]:
    """The draft that the fields make, or what is wrong with them. ``present`` is the one they were made from."""
    problems: Problems = {}
    was = present.settings.numbers if present else None
    numbers = _read_rules(form, was, problems) if form.get("numbers") == OWN else None
    settings = _checked(
        WidgetSettings,
        {
            "name": form.get("name", ""),
            "by_text": form.get("by_text") != "no",
            "default_language": form.get("default_language", ""),
            "numbers": numbers,
        },
        problems,
    )
    draft = _checked(
        WidgetDraft,
        {
            "settings": settings or WidgetSettings(name="to be corrected"),
            "call_target_id": CallTargetId(form.get("call_target", "")),
            "policy_id": PolicyId(form.get("policy", "")) or None,
            "user_data_set_id": UserDataSetId(form.get("user_data_set", "")) or None,
            "template_id": TemplateId(form.get("template", "")) or None,
            "slug": (form.get("slug", "").strip() or None) if kind is WidgetKind.CONVEY else None,
        },
        problems,
    )
    return (None if problems else draft), slug_explained(problems)


def slug_explained(problems: Problems) -> Problems:
    """What is wrong with a slug, in words about links."""
    words = "Lower-case letters, digits, - and _ only, at most 63; a letter or digit first."
    return {**problems, "slug": words} if "slug" in problems else problems


def differences(around: Surroundings, theirs: Typed, mine: Typed) -> list[tuple[str, str, str]]:
    """Name, their value and mine, of each field in which two forms differ."""
    return [
        (label, _shown(around, name, theirs.get(name, "")), _shown(around, name, mine.get(name, "")))
        for name, label in LABELS.items()
        if theirs.get(name, "") != mine.get(name, "")
    ]


def rules_words(rules: NumberRules) -> str:
    """Phone rules in a sentence."""
    names = dict(countries())
    allowed = ", ".join(names.get(code, code) for code in rules.countries or (rules.region,))
    told = [kind for kind in KINDS_OF_NUMBER if kind in rules.types and kind is not NumberKind.FIXED_LINE_OR_MOBILE]
    kinds = ", ".join(KINDS_OF_NUMBER[kind].partition(",")[0].lower() for kind in told or rules.types)
    return f"Numbers of {allowed}: {kinds}."


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """Code and name of every country with a numbering plan, by name."""
    names = Locale("en").territories
    pairs = ((str(code), str(names.get(code, code))) for code in phonenumbers.SUPPORTED_REGIONS)
    return tuple(sorted(pairs, key=lambda pair: pair[1]))


def language_words(tag: str) -> str:
    """A language tag with its English name: "Portuguese, Brazil (pt-BR)"."""
    known = nearest_locale(tag)
    name = Locale.parse(known, sep="-").get_display_name("en")
    if name is None or primary_language(known) != primary_language(tag):
        return tag
    return f"{name.replace(' (', ', ').rstrip(')')} ({tag})"


def languages_of(around: Surroundings, present: str) -> list[tuple[str, str]]:
    """What can be chosen as default language: none of its own, what the organization speaks, and what it has now."""
    usual = around.settings.default_language
    tags = dict.fromkeys([*around.settings.languages, *([present] if present else [])])
    return [("", f"The organization's: {language_words(usual)}"), *((tag, language_words(tag)) for tag in tags)]


def _read_rules(form: Typed, present: NumberRules | None, problems: Problems) -> NumberRules | None:
    """Kinds keep the order that they have: it says nothing, and a change of it would be noted as one."""
    had = [kind for kind in (present or NumberRules()).types if form.get(f"type-{kind.value}")]
    chosen = [kind for kind in KINDS_OF_NUMBER if form.get(f"type-{kind.value}") and kind not in had]
    codes = re.split(r"[\s,;]+", form.get("countries", ""))
    values = {
        "region": form.get("region", ""),
        "countries": [code for code in codes if code],
        "types": [*had, *chosen],
    }
    return _checked(NumberRules, values, problems)


def _checked(model: type[Model], values: Mapping[str, object], problems: Problems) -> Model | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems.update(problems_of(error))
        if "types" in problems:
            problems["types"] = "Choose at least one kind of number."
        return None


def _shown(around: Surroundings, name: str, value: str) -> str:
    """A field's value in words."""
    named: Mapping[str, str] = {
        "call_target": {str(each.id): each.settings.name for each in around.call_targets},
        "policy": {"": "open to everybody", **{str(each.id): each.settings.name for each in around.policies}},
        "user_data_set": {str(set_id): each.name for set_id, (_, each) in around.user_data_sets.items()},
        "template": {str(template_id): each.name for template_id, (_, each) in around.templates.items()},
        "numbers": {OWN: "rules of its own", ORGANIZATIONS: "the organization's rules"},
    }.get(name, {})
    return named.get(value, value)
