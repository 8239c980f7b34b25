"""Call target > Texts: what its customers are told without asking, in each language, and how that reads."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import ringback.messaging.service as messaging
from ringback.call_targets.notifications import LONGEST_TEXT, Notification
from ringback.configuration.call_targets import KeptCallTarget, kept_call_target
from ringback.console.call_targets.form import WronglyTyped, read_all
from ringback.console.call_targets.tabs import TEXTS
from ringback.console.call_targets.texts import PLACEHOLDER_WORDS, text_rows
from ringback.console.entries import get, post
from ringback.console.forms import Problems
from ringback.console.page import see_other
from ringback.console.pages.call_target import id_in
from ringback.console.pages.call_target_forms import (
    Filled,
    fields_of,
    form_page,
    kept_in_draft,
    language_of,
    languages_of,
    readers_of,
    saved,
)
from ringback.console.pages.widget_form import language_words
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import MINUTE, SECOND, Instant
from ringback.kernel.localtime import resolve_zone
from ringback.kernel.tenancy import CallbackId, WidgetId
from ringback.messaging.engine import PendingCallback
from ringback.messaging.engine.phrases import when
from ringback.messaging.notifications import REMINDED_BEFORE
from ringback.texts import MOST_SEGMENTS

_WAIT = 7 * MINUTE
_LINK = "https://callback.example.com/m/0123456789abcdef.01h0000000.abcdef"


async def show(visit: Visit) -> Answer:
    """The switches, and the texts in one language."""
    return await _page(visit, None)


async def preview(visit: Visit) -> Answer:
    """How the texts that are typed read. Nothing is saved."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    problems: Problems = {}
    try:
        read_all(readers_of(TEXTS, language_of(visit, kept)), visit.form, kept.latest)
    except WronglyTyped as wrong:
        problems = wrong.problems
    seen = visit.form.get("seen", "")
    return await _page(visit, Filled(visit.form, problems), status=HTTPStatus.OK, seen=seen)


async def save(visit: Visit) -> Answer:
    """Keep what was typed in the draft."""
    filled = await saved(visit, TEXTS)
    return kept_in_draft(visit, TEXTS) if filled is None else await _page(visit, filled)


async def back(visit: Visit) -> Answer:
    """An address that only a form is sent to was asked for by itself."""
    return see_other(visit, visit.at(f"call-targets/{id_in(visit)}/{TEXTS.slug}"))


async def _page(visit: Visit, filled: Filled | None, **values: Any) -> Answer:
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    account = await visit.desk.db.read(messaging.kept_account, visit.org, visit.desk.sealer)
    language = language_of(visit, kept)
    held = filled or Filled(fields_of(TEXTS, kept.latest, language), {})
    facts = _facts(kept, visit.member.organization_name, language, visit.now)
    written = {
        tag: len(texts.model_dump(exclude_defaults=True)) for tag, texts in kept.latest.notifications.texts.items()
    }
    return await form_page(
        visit,
        TEXTS,
        filled,
        language=language,
        languages=[
            (tag, f"{language_words(tag)}{f', {written[tag]} of its own' if tag in written else ''}")
            for tag in languages_of(kept)
        ],
        language_name=language_words(language),
        rows=text_rows(kept.latest, language, held.typed, held.problems, facts),
        placeholders=PLACEHOLDER_WORDS,
        is_sending=account.exists and account.settings.active and bool(account.settings.numbers),
        longest=LONGEST_TEXT,
        most=MOST_SEGMENTS,
        **values,
    )


def _facts(
    kept: KeptCallTarget, organization_name: str, language: str, now: Instant
) -> Mapping[Notification, Mapping[str, str]]:
    """What examples tell: a callback in seven minutes, one that is booked, and one that is tried again."""
    settings, zone = kept.latest, resolve_zone(kept.target.zone_name)

    def facts(at: int, *, booked: bool = False) -> Mapping[str, str]:
        appointment = Instant(at) if booked else None
        callback = PendingCallback(CallbackId(""), settings.name, WidgetId(""), Instant(at), appointment)
        return {
            "organization_name": organization_name,
            "widget_name": settings.name,
            "when": when(callback, zone, language, now, names_zone=True),
            "manage_url": _LINK,
            "number": settings.agent.caller_id,
        }

    usual = facts(now + _WAIT)
    return {
        **dict.fromkeys(Notification, usual),
        Notification.REMINDER: facts(now + REMINDED_BEFORE, booked=True),
        Notification.MISSED: facts(now + settings.retry.delay * SECOND),
    }


_ONE = f"/{{org}}/call-targets/{{target}}/{TEXTS.slug}"

ENTRIES = (
    get(_ONE, show),
    post(_ONE, save, Permission.CONFIGURE),
    get(f"{_ONE}/preview", back, Permission.CONFIGURE),
    post(f"{_ONE}/preview", preview, Permission.CONFIGURE),
)
