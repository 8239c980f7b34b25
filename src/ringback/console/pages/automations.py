"""Messaging > Automations: the conversations by text; what starts each, what it says, and a telephone to try it on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

import ringback.messaging.service as messaging
from ringback.configuration.editing import ChangedMeanwhile
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed
from ringback.console.page import page, see_other
from ringback.console.pages.phone import TELEPHONES, Phone, is_by_script, phone_of, text_from_phone
from ringback.console.pages.reading import reader_of
from ringback.console.pages.widget_form import language_words
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import DAY, HOUR, MINUTE, Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import CallbackId, WidgetId
from ringback.messaging.default_flows import default_automations
from ringback.messaging.engine import Offered, PendingCallback, Setting
from ringback.messaging.flow import PLACEHOLDERS, Automations, Flow, GeneralText, example, longest
from ringback.messaging.rehearsal import Exchange, Scene, rehearse
from ringback.messaging.service import KeptAutomations
from ringback.texts import MOST_SEGMENTS, Size

HERE = "messaging/automations"
GENERAL = "general"
"""The page of what is said in no conversation in particular."""
FALLBACK = "en"

NAMES = {
    "callme": ("Ask for a callback", "Queues, as soon as possible or a time, confirmed."),
    "cancel": ("Cancel", "Tells what is pending, asks, cancels."),
    "status": ("Status", "What is pending, and when it comes."),
    "time": ("Move", "Another time for what is pending."),
    "help": ("Help", "What can be texted."),
}
_SAID: Mapping[str, tuple[str | None, ...]] = {
    "callme": (None, "1", "1"),
    "cancel": (None, "YES"),
    "time": (None, "1", "2"),
    GENERAL: ("hello", "HELP", "STOP", "START"),
}
"""What the customer of the example says; None is the keyword."""

GENERAL_NAMES = {
    GeneralText.UNKNOWN: "To what nobody asked for",
    GeneralText.UNREADABLE: "To a picture",
    GeneralText.AGAIN: "Before a question that is asked again",
    GeneralText.NOT_OFFERED: "Before times that are listed again",
    GeneralText.LOST: "After several answers that make no sense",
    GeneralText.FAILED: "When something went wrong on our side",
    GeneralText.OPTED_OUT: "To STOP",
    GeneralText.OPTED_IN: "To START",
    GeneralText.HELP: "To HELP",
}


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text in one language."""

    key: str
    name: str
    text: str
    shipped: str
    reads: str
    """As a customer reads it, with usual values."""
    size: Size | None
    """What it takes with long values."""
    problem: str

    @property
    def is_too_long(self) -> bool:
        """Whether long values do not fit."""
        return self.size is not None and self.size.segments > MOST_SEGMENTS


async def show(visit: Visit) -> Answer:
    """All conversations."""
    kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
    return page(
        visit,
        "automations.html",
        "Automations",
        here=HERE,
        kept=kept,
        name_of=name_of,
        defaults=default_automations(),
        keywords_of=lambda flow: [*flow.keywords, *(word for words in flow.local_keywords.values() for word in words)],
        language_words=language_words,
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def one(visit: Visit) -> Answer:
    """One conversation, in one language."""
    kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
    _flow(kept.automations, visit.path["flow"])
    language = _language(kept.automations, visit.path["flow"], visit.query.get("language", ""))
    return await _page(visit, kept, language, _typed(kept, visit.path["flow"], language), {})


async def preview(visit: Visit) -> Answer:
    """How the texts that are typed read, how long they are, and how a conversation goes. Nothing is saved."""
    kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
    language = _language(kept.automations, visit.path["flow"], visit.form.get("language", ""))
    wanted, problems = _wanted(kept.automations, visit.path["flow"], language, visit.form)
    tried = KeptAutomations(wanted) if wanted else kept
    return await _page(visit, tried, language, visit.form, problems, status=HTTPStatus.OK)


async def save(visit: Visit) -> Answer:
    """Save it, unless it does not hold together, or somebody else has changed it meanwhile."""
    kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
    key, form = visit.path["flow"], visit.form
    language = _language(kept.automations, key, form.get("language", ""))
    wanted, problems = _wanted(kept.automations, key, language, form)
    if wanted is None:
        return await _page(visit, kept, language, form, problems)
    try:
        await visit.desk.db.write(
            messaging.change_automations,
            visit.org,
            wanted,
            key,
            seen=form.get("seen", ""),
            by=visit.by,
            now=visit.now,
        )
    except ChangedMeanwhile:
        return await _page(visit, kept, language, {**form, "seen": kept.version}, {}, is_stale=True)
    address = f"{visit.at(HERE)}/{key}?language={quote(language)}"
    return see_other(visit, address, notice="Saved. It holds from the next text on: try it on the telephone.")


async def ask_reset(visit: Visit) -> Answer:
    """What going back to the shipped conversation would mean."""
    key = visit.path["flow"]
    if key != GENERAL and key not in default_automations().flows:
        raise NotFound("There is no such conversation.")
    return page(visit, "automation_reset.html", f"Reset “{name_of(key)[0]}”?", here=HERE, key=key)


async def reset(visit: Visit) -> Answer:
    """Have the conversation that comes with Ringback again."""
    kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
    key, shipped = visit.path["flow"], default_automations()
    if key == GENERAL:
        wanted = kept.automations.model_copy(update={"texts": shipped.texts})
    elif key in shipped.flows:
        wanted = kept.automations.model_copy(update={"flows": {**kept.automations.flows, key: shipped.flows[key]}})
    else:
        raise NotFound("There is no such conversation.")
    await visit.desk.db.write(
        messaging.change_automations, visit.org, wanted, key, seen=kept.version, by=visit.by, now=visit.now
    )
    return see_other(visit, visit.at(f"{HERE}/{key}"), notice="It is as it came with Ringback.")


async def text(visit: Visit) -> Answer:
    """Text from the telephone beside."""
    problem = await text_from_phone(visit)
    key = visit.path["flow"]
    if problem or is_by_script(visit):
        kept = await visit.desk.db.read(messaging.kept_automations, visit.org)
        language = _language(kept.automations, key, "")
        return await _page(visit, kept, language, _typed(kept, key, language), {}, phone_problem=problem)
    return see_other(visit, visit.at(f"{HERE}/{key}") + "#compose")


async def back(visit: Visit) -> Answer:
    """An address that only a form is sent to was asked for by itself."""
    return see_other(visit, visit.at(f"{HERE}/{visit.path['flow']}"))


def name_of(key: str) -> tuple[str, str]:
    """What a conversation is called, and what it is for."""
    return NAMES.get(key, (key, "")) if key != GENERAL else ("In between", "What is said in no conversation.")


async def _page(
    visit: Visit,
    kept: KeptAutomations,
    language: str,
    typed: Typed,
    problems: Problems,
    *,
    status: int | None = None,
    is_stale: bool = False,
    phone_problem: str = "",
) -> Answer:
    key = visit.path["flow"]
    flow = _flow(kept.automations, key)
    phone: Phone = await phone_of(visit, TELEPHONES[0], phone_problem)
    bad = bool(problems or phone_problem)
    return page(
        visit,
        "automation.html",
        name_of(key)[0],
        here=HERE,
        status=status or (HTTPStatus.CONFLICT if is_stale else HTTPStatus.BAD_REQUEST if bad else HTTPStatus.OK),
        key=key,
        about=name_of(key)[1],
        flow=flow,
        rows=_rows(kept.automations, key, language, typed, problems),
        example=example_of(kept.automations, key, language, visit.member.organization_name, visit.now),
        language=language,
        languages=[(tag, language_words(tag)) for tag in _languages(kept.automations, key)],
        typed=typed,
        problems={name: words for name, words in problems.items() if not name.startswith("text.")},
        placeholders=PLACEHOLDERS,
        most=MOST_SEGMENTS,
        is_stale=is_stale,
        is_shipped=_is_shipped(kept.automations, key),
        phone=phone,
        reader=await visit.desk.db.read(reader_of, visit.org),
        now=visit.now,
        may_edit=visit.may(Permission.CONFIGURE),
        may_text=visit.may(Permission.HANDLE_CALLBACKS),
    )


def example_of(automations: Automations, key: str, language: str, name: str, now: Instant) -> list[Exchange]:
    """A short conversation as it would go in that language, with services that only pretend."""
    flow = automations.flows.get(key)
    words = (*flow.local_keywords.get(language, ()), *flow.keywords) if flow else ("",)
    said = [words[0] if each is None else each for each in _SAID.get(key, (None,))]
    return rehearse(Setting(automations, name, (language,), UTC), _scene(now), said, now)


def _scene(now: Instant) -> Scene:
    """Three queues that take callbacks, and a callback that waits in one."""
    first = Instant((now // DAY + 1) * DAY + 14 * HOUR)
    slots = tuple(Instant(first + number * 30 * MINUTE) for number in range(12))
    ids = (WidgetId("billing"), WidgetId("service"))
    message = "We can call you in approximately 7 minutes."
    widgets = tuple(Offered(widget, widget, message, asap=True, scheduled=True, slots=slots) for widget in ids)
    waits = PendingCallback(CallbackId("example"), "support", WidgetId("support"), Instant(now + 7 * MINUTE))
    support = Offered(waits.widget_id, "support", message, asap=True, scheduled=True, slots=slots)
    return Scene((*widgets, support), (waits,))


def _flow(automations: Automations, key: str) -> Flow | None:
    """The conversation; None for what is said in none. Raises ``NotFound``."""
    if key == GENERAL:
        return None
    flow = automations.flows.get(key)
    if flow is None:
        raise NotFound("There is no such conversation.")
    return flow


def _texts(automations: Automations, key: str) -> Mapping[str, Mapping[Any, str]]:
    flow = automations.flows.get(key)
    return flow.texts if flow else automations.texts


def _languages(automations: Automations, key: str) -> list[str]:
    return list(_texts(automations, key))


def _language(automations: Automations, key: str, asked: str) -> str:
    known = _languages(automations, key)
    return asked if asked in known else FALLBACK


def _is_shipped(automations: Automations, key: str) -> bool:
    shipped = default_automations()
    if key == GENERAL:
        return automations.texts == shipped.texts
    return automations.flows.get(key) == shipped.flows.get(key)


def _typed(kept: KeptAutomations, key: str, language: str) -> Typed:
    """The conversation as the form holds it."""
    flow = kept.automations.flows.get(key)
    typed = {"seen": kept.version, "language": language}
    texts = _texts(kept.automations, key)
    keys = texts[FALLBACK]
    typed |= {f"text.{each}": texts.get(language, {}).get(each, "") for each in keys}
    if flow is not None:
        typed |= {
            "active": "yes" if flow.active else "",
            "keywords": " ".join(flow.keywords),
            "local_keywords": " ".join(flow.local_keywords.get(language, ())),
            "patience": str(flow.patience),
            "steps": json.dumps(flow.model_dump(mode="json", exclude_defaults=True)["steps"], indent=2),
            "start": flow.start,
        }
    return typed


def _wanted(automations: Automations, key: str, language: str, form: Typed) -> tuple[Automations | None, Problems]:
    """The conversations with what was typed, or what is wrong with it."""
    document = automations.model_dump(mode="json")
    part = document if key == GENERAL else document["flows"][key]
    texts = {name.removeprefix("text."): words for name, words in form.items() if name.startswith("text.")}
    part["texts"][language] = {name: words for name, words in texts.items() if words.strip()}
    problems: Problems = {}
    if key != GENERAL:
        part["active"] = bool(form.get("active"))
        part["keywords"] = form.get("keywords", "").replace(",", " ").split()
        local = form.get("local_keywords", "").replace(",", " ").split()
        part["local_keywords"] = {**part["local_keywords"], language: local}
        if not local:
            part["local_keywords"].pop(language)
        part["patience"] = form.get("patience", "")
        part["start"] = form.get("start", "")
        try:
            part["steps"] = json.loads(form.get("steps", ""))
        except ValueError as error:
            problems["steps"] = f"This is no JSON: {error}."
    if problems:
        return None, problems
    try:
        return Automations.model_validate(document), {}
    except ValidationError as error:
        return None, _problems(error, key)


def _problems(error: ValidationError, key: str) -> Problems:
    """Each beside the field that it is about."""
    problems: Problems = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        place = [str(part) for part in each["loc"]]
        below = place[2:] if place[:1] == ["flows"] else place
        message = each["msg"].removeprefix("Value error, ")
        words = f"{message[:1].upper()}{message[1:].rstrip('.')}."
        match below:
            case ["texts", _, name, *_]:
                field = f"text.{name}"
            case ["keywords" | "local_keywords" | "patience" | "start" as name, *_]:
                field = name
            case ["steps", *rest]:
                field, words = "steps", f"{' > '.join(rest)}: {words}" if rest else words
            case _:
                field = ""
        problems[field] = f"{problems[field]} {words}" if field in problems else words
    return problems or {"": f"The conversation {key} is not right."}


def _rows(automations: Automations, key: str, language: str, typed: Typed, problems: Problems) -> list[TextRow]:
    shipped = default_automations()
    standard = _texts(shipped, key) if key == GENERAL or key in shipped.flows else {}
    rows = []
    for name in _texts(automations, key)[FALLBACK]:
        words = typed.get(f"text.{name}", "")
        problem = problems.get(f"text.{name}", "")
        reads, taken = ("", None) if problem or not words.strip() else (example(words), longest(words))
        called = GENERAL_NAMES[GeneralText(name)] if key == GENERAL else str(name).replace("_", " ").capitalize()
        rows.append(TextRow(str(name), called, words, standard.get(language, {}).get(name, ""), reads, taken, problem))
    return rows


_ONE = "/{org}/messaging/automations/{flow}"

ENTRIES = (
    get("/{org}/messaging/automations", show),
    get(_ONE, one),
    post(_ONE, save, Permission.CONFIGURE),
    get(f"{_ONE}/preview", back),
    post(f"{_ONE}/preview", preview, Permission.CONFIGURE),
    get(f"{_ONE}/reset", ask_reset, Permission.CONFIGURE),
    post(f"{_ONE}/reset", reset, Permission.CONFIGURE),
    get(f"{_ONE}/text", back),
    post(f"{_ONE}/text", text, Permission.HANDLE_CALLBACKS),
)
