"""API Messages of a widget: its own texts in a language beside those that ship, and what readers get to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import ValidationError

from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.kept_widgets import KeptWidget
from ringback.configuration.widgets import change_texts
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import page, see_other
from ringback.console.pages.widget_form import language_words
from ringback.console.pages.widget_words import (
    MESSAGES,
    PLACEHOLDER_WORDS,
    MessageWords,
    Sample,
    everything_known,
    list_of,
    page_of,
    samples,
)
from ringback.console.pages.widgets import Scene, scene_of
from ringback.console.visit import Visit
from ringback.forecast.wording import nearest_locale, normal_tag, primary_language, resolve_locale
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.widgets.default_messages import DEFAULT_MESSAGES
from ringback.widgets.messages import LONGEST_MESSAGE, MessageError, MessageKey, MessageSet, parse, render

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One message: its own text as it is typed, what ships, and how both read."""

    key: MessageKey
    words: MessageWords
    text: str
    shipped: tuple[str, ...]
    """The texts that are said without one of its own: the second where a fact of the first is not known."""
    said: tuple[tuple[str, str], ...]
    """Situations, and what is said in each."""
    is_said_now: bool
    problem: str


async def show(visit: Visit) -> Answer:
    """The texts in one language."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    asked = visit.query.get("language", "").strip()
    if asked and normal_tag(asked) is None:
        problem = {"language": "This is no language tag such as en or pt-BR."}
        return _messages_page(visit, scene, _usual(scene, kept), kept.texts(_usual(scene, kept)), problem)
    language = kept.language(asked or _usual(scene, kept))
    return _messages_page(visit, scene, language, kept.texts(language), {})


async def preview(visit: Visit) -> Answer:
    """How the texts that are typed read. Nothing is saved."""
    scene = await scene_of(visit)
    texts = read_texts(visit.form)
    if visit.form.get("reset") in texts:
        del texts[visit.form["reset"]]
    return _messages_page(visit, scene, _language(visit, scene), texts, {}, status=HTTPStatus.OK)


async def save(visit: Visit) -> Answer:
    """Save the texts of a language, unless somebody else has meanwhile."""
    scene = await scene_of(visit)
    kept, language, texts = scene.one(visit), _language(visit, scene), read_texts(visit.form)
    try:
        await visit.desk.db.write(
            change_texts,
            visit.org,
            kept.id,
            language,
            texts,
            seen=visit.form.get("seen", ""),
            by=visit.by,
            now=visit.now,
        )
    except InvalidParameters as error:
        return _messages_page(visit, scene, language, texts, problem_of(error))
    except ValidationError:
        return _messages_page(visit, scene, language, texts, {"": "Nothing was saved yet: look at what is marked."})
    except ChangedMeanwhile:
        return _messages_page(visit, await scene_of(visit), language, texts, {}, status=HTTPStatus.CONFLICT)
    notice = f"Saved. {_number_words(len(texts))} in {language_words(language)}."
    return see_other(visit, visit.at(f"{page_of(kept)}/messages?language={language}"), notice=notice)


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself."""
    return see_other(visit, visit.at(f"{page_of((await scene_of(visit)).one(visit))}/messages"))


def read_texts(form: Typed) -> dict[str, str]:
    """The texts in a form, by key; an empty one is none."""
    typed = {key.value: form.get(f"text-{key.value}", "").strip() for key in MessageKey}
    return {key: text for key, text in typed.items() if text}


def _messages_page(
    visit: Visit, scene: Scene, language: str, texts: Texts, problems: Problems, *, status: HTTPStatus | None = None
) -> Answer:
    kept = scene.one(visit)
    present = kept.texts(language)
    is_stale = status is HTTPStatus.CONFLICT
    target_speaks = kept.call_target.settings.languages or scene.around.settings.languages
    tags = dict.fromkeys([*scene.around.settings.languages, *kept.settings.messages, language])
    return page(
        visit,
        "widget_messages.html",
        f"API Messages of “{kept.settings.name}”",
        here=list_of(kept.widget.kind),
        status=status or (HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK),
        kept=kept,
        own=page_of(kept),
        language=language,
        languages=[(tag, language_words(tag), len(kept.texts(tag))) for tag in tags],
        language_name=language_words(language),
        is_offered=scene.around.offers(language),
        is_spoken=bool(resolve_locale(language, target_speaks, "")),
        is_shipped=primary_language(language) in DEFAULT_MESSAGES,
        rows=_rows(visit, scene, kept, language, texts),
        placeholders=_placeholders(visit, scene, kept, language),
        longest=LONGEST_MESSAGE,
        zone=kept.call_target.zone_name,
        seen=kept.version_of_texts(language) if is_stale else visit.form.get("seen", kept.version_of_texts(language)),
        is_stale=is_stale,
        differences=[
            (MESSAGES[key].name, present.get(key, ""), texts.get(key, ""))
            for key in MessageKey
            if present.get(key, "") != texts.get(key, "")
        ],
        problems=problems,
        may_edit=visit.may(Permission.CONFIGURE),
    )


def _rows(visit: Visit, scene: Scene, kept: KeptWidget, language: str, texts: Texts) -> list[Row]:
    wrong = {key: problem for key, text in texts.items() if (problem := _problem(text))}
    offer = scene.offers.get(kept.id)
    right = {key: text for key, text in texts.items() if key not in wrong}
    others = {tag: own for tag, own in kept.settings.messages.items() if tag != language}
    default = kept.settings.default_language or scene.around.settings.default_language
    messages = MessageSet({**others, language: right}, default)
    shown = samples(kept, scene.around.settings.name, visit.desk.base_url, offer, visit.now)
    shipped = DEFAULT_MESSAGES.get(primary_language(language), {})

    def said(key: MessageKey, sample: Sample) -> str:
        return messages.say(key, sample.values, language, kept.call_target.calendar.zone, visit.now).text

    return [
        Row(
            key=key,
            words=words,
            text=texts.get(key, ""),
            shipped=tuple(shipped.get(key, ())),
            said=() if key in wrong else tuple((sample.title, said(key, sample)) for sample in shown[key]),
            is_said_now=offer is not None and offer.state.value == key.value,
            problem=wrong.get(key, ""),
        )
        for key, words in MESSAGES.items()
    ]


def _placeholders(visit: Visit, scene: Scene, kept: KeptWidget, language: str) -> list[tuple[str, str, str]]:
    """Each placeholder as it is written, what it gives, and an example of that."""
    known = everything_known(kept, scene.around.settings.name, visit.desk.base_url, visit.now)
    zone, locale = kept.call_target.calendar.zone, nearest_locale(language)
    return [
        (f"{{{{{name}}}}}", words, render(parse(f"{{{{{name}}}}}"), known, locale, zone, visit.now))
        for name, words in PLACEHOLDER_WORDS.items()
    ]


def _problem(text: str) -> str:
    try:
        parse(text)
    except MessageError as problem:
        words = str(problem)
        return f"{words[:1].upper()}{words[1:]}."
    return ""


def _language(visit: Visit, scene: Scene) -> str:
    """The language that a form is about. Raises ``InvalidParameters`` for what is none: no form of ours sends that."""
    language = visit.form.get("language", "").strip()
    if normal_tag(language) is None:
        raise InvalidParameters("This is no language tag such as en or pt-BR.", field="language")
    return scene.one(visit).language(language)


def _usual(scene: Scene, kept: KeptWidget) -> str:
    """The language to begin with."""
    return kept.language(kept.settings.default_language or scene.around.settings.default_language)


def _number_words(number: int) -> str:
    if number == 0:
        return "It says the shipped texts"
    return f"It has {number} text{'s' if number != 1 else ''} of its own"


_ONE = "/{org}/scheduler/widgets/{widget}/messages"

ENTRIES = (
    get(_ONE, show),
    post(_ONE, save, Permission.CONFIGURE),
    get(f"{_ONE}/preview", back, Permission.CONFIGURE),
    post(f"{_ONE}/preview", preview, Permission.CONFIGURE),
)
