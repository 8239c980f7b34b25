"""One user data set: its keys, what would be kept of what is sent, and removing it."""

from dataclasses import dataclass
from http import HTTPStatus

import ringback.audit.service as audit
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.user_data_sets import (
    KeptUserDataSet,
    change_user_data_set,
    kept_user_data_set,
    remove_user_data_set,
)
from ringback.console.differences import Line, lines_between
from ringback.console.entries import get, post
from ringback.console.forms import Problems, problem_of
from ringback.console.page import page, see_other
from ringback.console.user_data_rows import KINDS, MOST_ROWS, Draft, kept_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import OrgId, UserDataSetId
from ringback.widgets.model import UserDataSet

HERE = "scheduler/user-data-sets"


@dataclass(frozen=True, slots=True)
class Subject:
    """What the form is about: a user data set that is there, or a new one."""

    kept: KeptUserDataSet | None = None
    seen: str = ""
    """The version that the form was made from."""
    last: AuditEntry | None = None
    """Who was quicker."""
    differences: tuple[Line, ...] = ()

    @property
    def path(self) -> str:
        """Where the form is."""
        return f"{HERE}/{self.kept.id if self.kept else 'new'}"

    @property
    def title(self) -> str:
        """The page's title."""
        return self.kept.settings.name if self.kept else "New user data set"


NEW = Subject()


async def show(visit: Visit) -> Answer:
    """The user data set."""
    kept = await _read(visit)
    draft = Draft.of(kept.settings)
    return set_page(visit, Subject(kept, kept.version), draft if draft.rows else draft.with_row())


async def save(visit: Visit) -> Answer:
    """Save it, or show the form again with a row more or less."""
    kept, seen, draft = await _read(visit), visit.form.get("seen", ""), Draft.read(visit.form)
    subject = Subject(kept, seen)
    if again := shown_again(visit, subject, draft):
        return again
    settings, problems = draft.document()
    if settings is None:
        return set_page(visit, subject, draft, problems)
    try:
        await visit.desk.db.write(
            change_user_data_set, visit.org, kept.id, settings, seen=seen, by=visit.by, now=visit.now
        )
    except InvalidParameters as error:
        return set_page(visit, subject, draft, problem_of(error))
    except ChangedMeanwhile:
        return await _changed_meanwhile(visit, settings, draft)
    return see_other(visit, visit.at(f"{HERE}/{kept.id}"), notice="Saved. It applies from the next request on.")


def shown_again(visit: Visit, subject: Subject, draft: Draft) -> Answer | None:
    """The form with what was typed, when a button other than that for saving was pressed."""
    if "add" in visit.form:
        return set_page(visit, subject, draft.with_row(), focus=f"key-{len(draft.rows)}")
    if "drop" in visit.form:
        return set_page(visit, subject, draft.without_row(visit.form["drop"]))
    return set_page(visit, subject, draft) if "try" in visit.form else None


def set_page(
    visit: Visit, subject: Subject, draft: Draft, problems: Problems | None = None, *, focus: str = ""
) -> Answer:
    """The page with the form."""
    sent = visit.form.get("sent", draft.example())
    return page(
        visit,
        "user_data_set.html",
        subject.title,
        here=HERE,
        status=HTTPStatus.CONFLICT if subject.last else HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        subject=subject,
        draft=draft,
        problems=problems or {},
        kinds=KINDS,
        most=MOST_ROWS,
        sent=sent,
        kept=kept_of(draft, sent),
        focus=focus,
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def ask_remove(visit: Visit) -> Answer:
    """What removing it would mean."""
    kept = await _read(visit)
    return page(visit, "user_data_set_remove.html", f"Remove “{kept.settings.name}”?", here=HERE, kept=kept)


async def remove(visit: Visit) -> Answer:
    """Remove it."""
    kept = await _read(visit)
    await visit.desk.db.write(remove_user_data_set, visit.org, kept.id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(HERE), notice=f"“{kept.settings.name}” is removed.")


async def _read(visit: Visit) -> KeptUserDataSet:
    return await visit.desk.db.read(kept_user_data_set, visit.org, UserDataSetId(visit.path["data_set"]))


async def _changed_meanwhile(visit: Visit, settings: UserDataSet, draft: Draft) -> Answer:
    kept = await _read(visit)
    theirs, mine = (each.model_dump(mode="json") for each in (kept.settings, settings))
    last = await visit.desk.db.read(_last_change, visit.org, kept.key)
    return set_page(visit, Subject(kept, kept.version, last, tuple(lines_between(theirs, mine))), draft)


def _last_change(tx: Tx, org: OrgId, key: str) -> AuditEntry | None:
    entries = audit.search(tx, org, Search(subject_kind="user_data_set", subject_key=key), limit=5)
    return next((entry for entry in entries if entry.subject_key == key), None)


_ONE = "/{org}/scheduler/user-data-sets/{data_set}"

ENTRIES = (
    get(_ONE, show),
    post(_ONE, save, Permission.CONFIGURE),
    get(f"{_ONE}/remove", ask_remove, Permission.CONFIGURE),
    post(f"{_ONE}/remove", remove, Permission.CONFIGURE),
)
