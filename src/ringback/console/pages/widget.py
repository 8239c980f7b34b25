"""One widget or convey: what it is and offers now, its settings, switching it, removing it and bringing it back."""

from http import HTTPStatus

import ringback.audit.service as audit
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.kept_widgets import KeptWidget
from ringback.configuration.widgets import (
    activate_widget,
    change_widget,
    deactivate_widget,
    live_callbacks,
    remove_widget,
    restore_widget,
)
from ringback.console.entries import get, post
from ringback.console.forms import problem_of
from ringback.console.page import Notice, Undo, page, see_other
from ringback.console.pages.api import lets_nobody_in
from ringback.console.pages.widget_form import differences, language_words, read_draft, rules_words, typed_of
from ringback.console.pages.widget_words import (
    MESSAGES,
    WIDGETS,
    asks_for_token,
    guard_words,
    list_of,
    offer_words,
    page_of,
)
from ringback.console.pages.widgets import scene_of, widget_form
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import Forbidden, InvalidParameters
from ringback.kernel.tenancy import OrgId, WidgetId


async def show(visit: Visit) -> Answer:
    """What it is, and what it offers now."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    settings, around = kept.settings, scene.around
    place = around.widgets.index(kept) + 1
    return page(
        visit,
        "widget.html",
        settings.name,
        here=list_of(kept.widget.kind),
        kept=kept,
        own=page_of(kept),
        offer=offer_words(kept, scene.offers.get(kept.id), scene.reader, visit.now),
        guard=guard_words(kept.policy, visit.now),
        lets_nobody_in=kept.policy is not None and lets_nobody_in(kept.policy, visit.now),
        shuts_browsers_out=asks_for_token(kept),
        place=place,
        others=len(around.widgets),
        language=language_words(settings.default_language or around.settings.default_language),
        has_own_language=bool(settings.default_language),
        texts={language_words(each): len(texts) for each, texts in settings.messages.items()},
        number_of_messages=len(MESSAGES),
        rules=rules_words(settings.numbers or around.settings.numbers),
        base_url=visit.desk.base_url,
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def edit(visit: Visit) -> Answer:
    """The form for its settings."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    typed = {**typed_of(kept.draft, scene.around.settings.numbers), "seen": kept.version}
    return widget_form(visit, scene, kept.widget.kind, typed, {}, kept=kept)


async def save(visit: Visit) -> Answer:
    """Save them, unless somebody else has meanwhile. Only those who manage access change what guards it."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    kind, form = kept.widget.kind, {**visit.form, "policy": _policy(visit, kept)}
    draft, problems = read_draft(form, kind, kept.draft)
    if kept.is_convey and not form.get("slug", "").strip():
        problems = {**problems, "slug": "This is needed."}
    if draft is None or problems:
        return widget_form(visit, scene, kind, form, problems, kept=kept)
    seen = form.get("seen", "")
    try:
        await visit.desk.db.write(change_widget, visit.org, kept.id, draft, seen=seen, by=visit.by, now=visit.now)
    except InvalidParameters as error:
        return widget_form(visit, scene, kind, form, problem_of(error), kept=kept)
    except ChangedMeanwhile:
        return await _conflict(visit, form)
    return see_other(visit, visit.at(page_of(kept)), notice="Saved. It holds from the next request on.")


async def activate(visit: Visit) -> Answer:
    """Let it offer callbacks, at once."""
    kept = (await scene_of(visit)).one(visit)
    await visit.desk.db.write(activate_widget, visit.org, kept.id, by=visit.by, now=visit.now)
    back = Undo(visit.at(f"{page_of(kept)}/deactivate"), {})
    return see_other(visit, visit.at(page_of(kept)), notice=Notice(f"“{kept.settings.name}” is active.", back))


async def deactivate(visit: Visit) -> Answer:
    """Let it offer nothing, at once."""
    kept = (await scene_of(visit)).one(visit)
    await visit.desk.db.write(deactivate_widget, visit.org, kept.id, by=visit.by, now=visit.now)
    back = Undo(visit.at(f"{page_of(kept)}/activate"), {})
    notice = Notice(f"“{kept.settings.name}” is not active: it offers nothing.", back)
    return see_other(visit, visit.at(page_of(kept)), notice=notice)


async def ask_remove(visit: Visit) -> Answer:
    """What removing it would mean."""
    kept = (await scene_of(visit)).one(visit)
    live = await visit.desk.db.read(live_callbacks, visit.org, kept.id)
    title = f"Remove “{kept.settings.name}”?"
    here = list_of(kept.widget.kind)
    return page(
        visit,
        "widget_remove.html",
        title,
        here=here,
        kept=kept,
        own=page_of(kept),
        live=live,
        base_url=visit.desk.base_url,
    )


async def remove(visit: Visit) -> Answer:
    """Take it out of use."""
    kept = (await scene_of(visit)).one(visit)
    await visit.desk.db.write(remove_widget, visit.org, kept.id, by=visit.by, now=visit.now)
    back = Undo(visit.at(f"{page_of(kept)}/restore"), {})
    notice = Notice(f"“{kept.settings.name}” is removed.", back)
    return see_other(visit, visit.at(list_of(kept.widget.kind)), notice=notice)


async def restore(visit: Visit) -> Answer:
    """Bring a removed one back as it was."""
    widget_id = WidgetId(visit.path["widget"])
    await visit.desk.db.write(restore_widget, visit.org, widget_id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(f"{WIDGETS}/{widget_id}"), notice="It is back, with its old public id.")


def _policy(visit: Visit, kept: KeptWidget) -> str:
    """The policy that the form asks for; the present one for those who may not choose. Raises ``Forbidden``."""
    present = kept.widget.policy_id or ""
    wanted = visit.form.get("policy", present)
    if wanted != present and not visit.may(Permission.MANAGE_ACCESS):
        raise Forbidden("Your role does not allow to choose what guards a widget.")
    return wanted


async def _conflict(visit: Visit, form: dict[str, str]) -> Answer:
    """The form once more, with what somebody else has changed meanwhile."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    usual = scene.around.settings.numbers
    mine, _ = read_draft(form, kept.widget.kind, kept.draft)
    typed = typed_of(mine, usual) if mine else form
    last = await visit.desk.db.read(_last_change, visit.org, kept.widget.kind.value, kept.widget.key)
    return widget_form(
        visit,
        scene,
        kept.widget.kind,
        {**form, "seen": kept.version},
        {},
        status=HTTPStatus.CONFLICT,
        kept=kept,
        last=last,
        differences=differences(scene.around, typed_of(kept.draft, usual), typed),
    )


def _last_change(tx: Tx, org: OrgId, kind: str, key: str) -> AuditEntry | None:
    entries = audit.search(tx, org, Search(subject_kind=kind, subject_key=key), limit=20)
    return next((entry for entry in entries if entry.subject_key == key), None)


_ONE = "/{org}/scheduler/widgets/{widget}"

ENTRIES = (
    get(_ONE, show),
    get(f"{_ONE}/edit", edit, Permission.CONFIGURE),
    post(f"{_ONE}/edit", save, Permission.CONFIGURE),
    post(f"{_ONE}/activate", activate, Permission.CONFIGURE),
    post(f"{_ONE}/deactivate", deactivate, Permission.CONFIGURE),
    get(f"{_ONE}/remove", ask_remove, Permission.CONFIGURE),
    post(f"{_ONE}/remove", remove, Permission.CONFIGURE),
    post(f"{_ONE}/restore", restore, Permission.CONFIGURE),
)
