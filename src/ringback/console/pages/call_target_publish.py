"""What becomes of a draft, and of a call target: publish, discard, remove; its history, and bringing a state back."""

from http import HTTPStatus

from ringback.audit.model import AuditEntry
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import KeptCallTarget, kept_call_target, live_callbacks, remove_call_target
from ringback.configuration.drafts import (
    changes_of,
    discard_draft,
    edit_draft,
    entry_of,
    publish_draft,
    version_to_publish,
)
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.merge import with_switches_of
from ringback.console.call_targets.preview import consequences, look
from ringback.console.call_targets.tabs import HISTORY, OVERVIEW
from ringback.console.call_targets.words import difference, difference_of_facts, settings_of
from ringback.console.entries import get, post
from ringback.console.page import Notice, Undo, page, see_other
from ringback.console.pages.call_target import id_in, open_with_queue, target_page
from ringback.console.pages.call_targets import HERE
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import CallTargetId, OrgId

_A_PAGE = 30


async def ask_publish(visit: Visit) -> Answer:
    """What publishing the draft would change, and what that would mean now."""
    return await _publish_page(visit, HTTPStatus.OK)


async def publish(visit: Visit) -> Answer:
    """Put it in force, unless something has changed since that was shown."""
    seen = visit.form.get("seen", "")
    try:
        settings = await visit.desk.db.write(
            publish_draft, visit.org, id_in(visit), seen=seen, by=visit.by, now=visit.now
        )
    except ChangedMeanwhile:
        return await _publish_page(visit, HTTPStatus.CONFLICT)
    notice = f"Published: “{settings.name}” goes by it from now on."
    return see_other(visit, visit.at(f"{HERE}/{id_in(visit)}"), notice=notice)


async def discard(visit: Visit) -> Answer:
    """Forget the draft; it can be brought back."""
    call_target_id = id_in(visit)
    entry = await visit.desk.db.write(discard_draft, visit.org, call_target_id, by=visit.by, now=visit.now)
    where = visit.at(f"{HERE}/{call_target_id}")
    undo = Undo(f"{where}/history/{entry}", {"state": "before"}) if entry else None
    return see_other(visit, where, notice=Notice("The draft is discarded.", undo))


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the call target."""
    return see_other(visit, visit.at(f"{HERE}/{id_in(visit)}"))


async def ask_remove(visit: Visit) -> Answer:
    """What removing the call target would mean, or why it cannot be."""
    kept, live = await visit.desk.db.read(_with_live, visit.org, id_in(visit))
    title = f"Remove “{kept.settings.name}”?"
    return page(visit, "call_target_remove.html", title, here=HERE, kept=kept, own=f"{HERE}/{kept.id}", live=live)


async def remove(visit: Visit) -> Answer:
    """Take it out of use."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    await visit.desk.db.write(remove_call_target, visit.org, kept.id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(HERE), notice=f"“{kept.settings.name}” is removed.")


async def history(visit: Visit) -> Answer:
    """Who changed what, when, from where."""
    older_than = visit.query.get("older") or None
    kept, entries = await visit.desk.db.read(_read_history, visit.org, id_in(visit), older_than)
    more = entries[_A_PAGE - 1].id if len(entries) > _A_PAGE else ""
    return await target_page(
        visit,
        kept,
        HISTORY,
        "call_target_history.html",
        entries=[
            (each, difference_of_facts(each.before, each.after), _state(each, "after", kept))
            for each in entries[:_A_PAGE]
        ],
        is_first=older_than is None,
        older=more,
    )


async def ask_bring_back(visit: Visit) -> Answer:
    """What a draft from an earlier state would change."""
    kept, entry = await visit.desk.db.read(_read_entry, visit.org, id_in(visit), visit.path["entry"])
    state = visit.query.get("state", "after")
    settings = _state(entry, state, kept)
    return await target_page(
        visit,
        kept,
        HISTORY,
        "call_target_bring_back.html",
        entry=entry,
        state=state,
        settings=settings,
        lines=difference(kept.settings, settings) if settings else [],
    )


async def bring_back(visit: Visit) -> Answer:
    """Make the draft that."""
    kept, entry = await visit.desk.db.read(_read_entry, visit.org, id_in(visit), visit.path["entry"])
    settings = _state(entry, visit.form.get("state", "after"), kept)
    if settings is None:
        raise InvalidParameters("That state is not one that this version of Ringback could work with.")
    await visit.desk.db.write(edit_draft, visit.org, kept.id, lambda _: settings, by=visit.by, now=visit.now)
    where = visit.at(f"{HERE}/{kept.id}")
    return see_other(visit, where, notice="It is in the draft. Look at the difference, then publish it.")


async def _publish_page(visit: Visit, status: int) -> Answer:
    opened = await visit.desk.db.read(open_with_queue, visit.org, id_in(visit), visit.now)
    kept = opened.kept
    means = []
    if kept.draft is not None:
        before, after = (
            look(opened.configuration, target, opened.facts, visit.now) for target in (kept.target, opened.as_drafted())
        )
        means = consequences(before, after, opened.facts, opened.live)
    return await target_page(
        visit,
        kept,
        OVERVIEW,
        "call_target_publish.html",
        status=status,
        means=means,
        seen=version_to_publish(kept),
        has_changed=status == HTTPStatus.CONFLICT,
    )


def _with_live(tx: Tx, org: OrgId, call_target_id: CallTargetId) -> tuple[KeptCallTarget, int]:
    return kept_call_target(tx, org, call_target_id), live_callbacks(tx, org, call_target_id)


def _read_history(
    tx: Tx, org: OrgId, call_target_id: CallTargetId, older_than: str | None
) -> tuple[KeptCallTarget, list[AuditEntry]]:
    kept = kept_call_target(tx, org, call_target_id)
    return kept, changes_of(tx, org, kept, older_than=older_than, limit=_A_PAGE + 1)


def _read_entry(tx: Tx, org: OrgId, call_target_id: CallTargetId, entry_id: str) -> tuple[KeptCallTarget, AuditEntry]:
    kept = kept_call_target(tx, org, call_target_id)
    return kept, entry_of(tx, org, kept, entry_id)


def _state(entry: AuditEntry, which: str, kept: KeptCallTarget) -> CallTargetSettings | None:
    """The settings before or after a change, with the switches as they are; None where they are none today."""
    facts = entry.before if which == "before" else entry.after
    settings = settings_of(facts)
    return None if settings is None else with_switches_of(kept.settings, settings)


_ONE = "/{org}/call-targets/{target}"

ENTRIES = (
    get(f"{_ONE}/publish", ask_publish, Permission.CONFIGURE),
    post(f"{_ONE}/publish", publish, Permission.CONFIGURE),
    get(f"{_ONE}/discard", back),
    post(f"{_ONE}/discard", discard, Permission.CONFIGURE),
    get(f"{_ONE}/remove", ask_remove, Permission.CONFIGURE),
    post(f"{_ONE}/remove", remove, Permission.CONFIGURE),
    get(f"{_ONE}/history", history, Permission.READ_AUDIT_LOG),
    get(f"{_ONE}/history/{{entry}}", ask_bring_back, Permission.READ_AUDIT_LOG),
    post(f"{_ONE}/history/{{entry}}", bring_back, Permission.CONFIGURE),
)
