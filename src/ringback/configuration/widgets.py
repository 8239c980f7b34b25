"""Changing widgets and conveys from the console, one at a time: settings, texts, order, and whether they are active.

What ``apply.py`` does with a file as a whole these use cases do with one of them, by the same rules: a removed one
keeps its key, its public id and its short link, so that none of them ever leads to somebody else.
"""

from collections.abc import Mapping
from dataclasses import replace

import ringback.audit.service as audit
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.audit.model import Action, Author, Facts, Search
from ringback.configuration import store
from ringback.configuration.editing import ChangedMeanwhile, free_key, lock, note
from ringback.configuration.kept_widgets import Surroundings, WidgetDraft, kept_widget, surroundings
from ringback.db.tx import ConstraintViolated, Tx
from ringback.forecast.wording import normal_tag
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.ids import new_public_id
from ringback.kernel.tenancy import OrgId, WidgetId
from ringback.widgets.messages import MessageSet
from ringback.widgets.model import Widget, WidgetKind, WidgetSettings

_REMOVALS_LOOKED_AT = 200


def live_callbacks(tx: Tx, org: OrgId, widget_id: WidgetId) -> int:
    """How many callbacks that were asked for through the widget have not ended."""
    return store.count_live_callbacks_of_widget(tx, org, widget_id)


def create_widget(tx: Tx, org: OrgId, kind: WidgetKind, draft: WidgetDraft, *, by: Author, now: Instant) -> WidgetId:
    """A new widget or convey, the last in display order.

    Raises ``InvalidParameters`` with the ``field`` that is wrong: ``call_target``, ``policy``, ``user_data_set``,
    ``default_language``, ``slug``.
    """
    lock(tx, org)
    around = surroundings(tx, org)
    key = free_key(draft.settings.name, widgets.ids_by_key(tx, org), otherwise=kind.value)
    _refuse_what_is_not_there(around, draft)
    _refuse_language(around, draft.settings.default_language)
    widget = Widget(
        id=WidgetId(new_public_id()),
        key=key,
        kind=kind,
        slug=(draft.slug or key) if kind is WidgetKind.CONVEY else None,
        position=max((each.widget.position + 1 for each in around.widgets), default=0),
        call_target_id=draft.call_target_id,
        policy_id=draft.policy_id,
        user_data_set_id=draft.user_data_set_id,
        settings=draft.settings,
        messages=MessageSet(draft.settings.messages),
        template_id=draft.template_id,
    )
    _write(tx, org, widget, now)
    note(tx, org, Action.CREATED, _subject(widget), None, around.facts(widget), by, now)
    organizations.mark_changed(tx, org, now=now)
    return widget.id


def copy_widget(
    tx: Tx, org: OrgId, widget_id: WidgetId, name: str, *, slug: str | None, by: Author, now: Instant
) -> WidgetId:
    """A copy under another name with all settings, texts and references. It is not active: nobody is to meet it yet.

    Raises ``InvalidParameters`` (``slug``), ``NotFound``, and pydantic's ``ValidationError`` for the name and the slug.
    """
    kept = kept_widget(tx, org, widget_id)
    settings = WidgetSettings.model_validate({**kept.settings.model_dump(), "name": name, "active": False})
    draft = WidgetDraft.model_validate({**kept.draft.model_dump(), "settings": settings, "slug": slug})
    return create_widget(tx, org, kept.widget.kind, draft, by=by, now=now)


def change_widget(
    tx: Tx, org: OrgId, widget_id: WidgetId, draft: WidgetDraft, *, seen: str, by: Author, now: Instant
) -> None:
    """Replace all but the texts and whether it is active. ``seen`` is the version that the draft was made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, ``NotFound``, and ``InvalidParameters`` as
    :func:`create_widget` does.
    """
    lock(tx, org)
    around = surroundings(tx, org)
    kept = around.one(widget_id)
    if kept.version != seen:
        raise ChangedMeanwhile("Somebody else has changed this meanwhile.", now=around.facts(kept.widget))
    _refuse_what_is_not_there(around, draft)
    if draft.settings.default_language != kept.settings.default_language:
        _refuse_language(around, draft.settings.default_language)
    own = {"active": kept.settings.active, "messages": kept.settings.messages}
    widget = replace(
        kept.widget,
        slug=(draft.slug or kept.widget.slug) if kept.is_convey else None,
        call_target_id=draft.call_target_id,
        policy_id=draft.policy_id,
        user_data_set_id=draft.user_data_set_id,
        template_id=draft.template_id,
        settings=draft.settings.model_copy(update=own),
    )
    _change(tx, org, around, kept.widget, widget, by, now)


def change_texts(
    tx: Tx,
    org: OrgId,
    widget_id: WidgetId,
    language: str,
    texts: Mapping[str, str],
    *,
    seen: str,
    by: Author,
    now: Instant,
) -> None:
    """Replace the widget's own texts in a language; without any, the shipped ones are said.

    Raises ``ChangedMeanwhile``, ``InvalidParameters`` (``language``), ``NotFound``, and pydantic's ``ValidationError``
    for texts that cannot be said.
    """
    lock(tx, org)
    around = surroundings(tx, org)
    kept = around.one(widget_id)
    if kept.version_of_texts(language) != seen:
        raise ChangedMeanwhile("Somebody else has changed these texts meanwhile.", now=dict(kept.texts(language)))
    language = kept.language(language)
    if language not in kept.settings.messages:
        _refuse_language(around, language, field="language")
    messages = {**kept.settings.messages, language: texts}
    if not texts:
        del messages[language]
    settings = WidgetSettings.model_validate({**kept.settings.model_dump(), "messages": messages})
    _change(tx, org, around, kept.widget, replace(kept.widget, settings=settings), by, now)


def activate_widget(tx: Tx, org: OrgId, widget_id: WidgetId, *, by: Author, now: Instant) -> None:
    """Let it offer callbacks. Raises ``NotFound``."""
    _switch(tx, org, widget_id, {"active": True}, by, now)


def deactivate_widget(tx: Tx, org: OrgId, widget_id: WidgetId, *, by: Author, now: Instant) -> None:
    """Let it offer nothing, and be left out where customers choose. Raises ``NotFound``."""
    _switch(tx, org, widget_id, {"active": False}, by, now)


def move_widget(tx: Tx, org: OrgId, widget_id: WidgetId, place: int, *, by: Author, now: Instant) -> None:
    """Put it at a place of the display order, 0 for the first. Raises ``NotFound``."""
    lock(tx, org)
    around = surroundings(tx, org)
    moved = around.one(widget_id)
    others = [each for each in around.widgets if each is not moved]
    place = max(0, place)
    ordered = (*others[:place], moved, *others[place:])
    if ordered == around.widgets:
        return
    for position, each in enumerate(ordered):
        if each.widget.position != position:
            widgets.place(tx, org, each.id, position, now=now)
    before, after = ({"keys": [each.widget.key for each in order]} for order in (around.widgets, ordered))
    note(tx, org, Action.CHANGED, ("display_order", "display_order"), before, after, by, now)
    organizations.mark_changed(tx, org, now=now)


def remove_widget(tx: Tx, org: OrgId, widget_id: WidgetId, *, by: Author, now: Instant) -> None:
    """Take it out of use: its public id answers 404. Callbacks asked for through it stay. Raises ``NotFound``."""
    lock(tx, org)
    around = surroundings(tx, org)
    widget = around.one(widget_id).widget
    widgets.remove(tx, org, widget.id, now=now)
    note(tx, org, Action.REMOVED, _subject(widget), around.facts(widget), None, by, now)
    organizations.mark_changed(tx, org, now=now)


def restore_widget(tx: Tx, org: OrgId, widget_id: WidgetId, *, by: Author, now: Instant) -> None:
    """Bring a removed one back as it was, under its old public id.

    What guarded it comes from the audit log, since it must not come back open to everybody. Raises ``NotFound`` when
    nothing of the kind was removed, and ``InvalidParameters`` when what it needs has gone meanwhile.
    """
    lock(tx, org)
    around = surroundings(tx, org)
    widget = widgets.removed(tx, org, widget_id, default_language=around.settings.default_language)
    was = _removed_facts(tx, org, widget) if widget else None
    if widget is None or was is None:
        raise NotFound("There is no such widget.")
    policies = {policy.key: policy.id for policy in around.policies}
    sets = {key: set_id for set_id, (key, _) in around.user_data_sets.items()}
    templates = {key: template_id for template_id, (key, _) in around.templates.items()}
    policy, data_set = was.get("policy"), was.get("user_data_set")
    is_gone = widget.call_target_id not in {target.id for target in around.call_targets}
    if is_gone or (policy and policy not in policies) or (data_set and data_set not in sets):
        raise InvalidParameters("What it refers to has been removed meanwhile, so it cannot come back as it was.")
    widget = replace(
        widget,
        policy_id=policies[policy] if policy else None,
        user_data_set_id=sets[data_set] if data_set else None,
        template_id=templates.get(was.get("template", "")),
    )
    _write(tx, org, widget, now)
    note(tx, org, Action.RESTORED, _subject(widget), None, around.facts(widget), by, now)
    organizations.mark_changed(tx, org, now=now)


def _switch(tx: Tx, org: OrgId, widget_id: WidgetId, update: Mapping[str, bool], by: Author, now: Instant) -> None:
    lock(tx, org)
    around = surroundings(tx, org)
    widget = around.one(widget_id).widget
    settings = widget.settings.model_copy(update=dict(update))
    _change(tx, org, around, widget, replace(widget, settings=settings), by, now)


def _change(tx: Tx, org: OrgId, around: Surroundings, before: Widget, after: Widget, by: Author, now: Instant) -> None:
    if after == before:
        return
    _write(tx, org, after, now)
    note(tx, org, Action.CHANGED, _subject(after), around.facts(before), around.facts(after), by, now)
    organizations.mark_changed(tx, org, now=now)


def _write(tx: Tx, org: OrgId, widget: Widget, now: Instant) -> None:
    """Save it, with its short link if it has one: no other convey may have that, nor have had it elsewhere."""
    holder = store.holder_of_slug(tx, widget.slug) if widget.slug else None
    if holder is not None and holder.id != widget.id:
        if holder.org != org:
            raise _taken("The end of this link is taken: choose another.")
        if holder.id in {each.id for each in widgets.all_of(tx, org, default_language="")}:
            raise _taken(f"Your convey “{holder.key}” has this link: choose another.")
        store.release_slug(tx, org, holder.id)
    try:
        widgets.save(tx, org, widget, now=now)
    except ConstraintViolated as violated:
        raise _taken("The end of this link has just been taken: choose another.") from violated


def _taken(words: str) -> InvalidParameters:
    return InvalidParameters(words, field="slug")


def _refuse_what_is_not_there(around: Surroundings, draft: WidgetDraft) -> None:
    if draft.call_target_id not in {target.id for target in around.call_targets}:
        raise InvalidParameters("Choose a call target.", field="call_target")
    if draft.policy_id is not None and around.policy(draft.policy_id) is None:
        raise InvalidParameters("This policy has been removed meanwhile.", field="policy")
    if draft.user_data_set_id is not None and draft.user_data_set_id not in around.user_data_sets:
        raise InvalidParameters("This user data set has been removed meanwhile.", field="user_data_set")
    if draft.template_id is not None and draft.template_id not in around.templates:
        raise InvalidParameters("This template has been removed meanwhile.", field="template")


def _refuse_language(around: Surroundings, language: str, *, field: str = "default_language") -> None:
    if not language:
        return
    if normal_tag(language) is None:
        raise InvalidParameters("This is no language tag such as en or pt-BR.", field=field)
    if not around.offers(language):
        spoken = ", ".join(around.settings.languages)
        raise InvalidParameters(f"The organization does not speak this language; it speaks {spoken}.", field=field)


def _removed_facts(tx: Tx, org: OrgId, widget: Widget) -> Facts | None:
    """How it was when it was last removed."""
    kind, key = _subject(widget)
    wanted = Search(subject_kind=kind, subject_key=key, action=Action.REMOVED)
    entries = audit.search(tx, org, wanted, limit=_REMOVALS_LOOKED_AT)
    return next((entry.before for entry in entries if entry.subject_key == key), None)


def _subject(widget: Widget) -> tuple[str, str]:
    return widget.kind.value, widget.key
