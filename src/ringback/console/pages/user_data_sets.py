"""User data sets: the list, a new one, a copy."""

from pydantic import ValidationError

from ringback.configuration.user_data_sets import (
    copy_user_data_set,
    create_user_data_set,
    kept_user_data_set,
    kept_user_data_sets,
)
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import page, see_other
from ringback.console.pages.user_data_set import HERE, NEW, set_page, shown_again
from ringback.console.user_data_rows import Draft
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import UserDataSetId
from ringback.widgets.model import UserDataSet


async def show(visit: Visit) -> Answer:
    """All user data sets, with their keys and who uses them."""
    return page(
        visit,
        "user_data_sets.html",
        "User data sets",
        here=HERE,
        data_sets=await visit.desk.db.read(kept_user_data_sets, visit.org),
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def new(visit: Visit) -> Answer:
    """The form for a new one."""
    return set_page(visit, NEW, Draft("", ()).with_row())


async def create(visit: Visit) -> Answer:
    """Make it, or show the form again with a row more or less."""
    draft = Draft.read(visit.form)
    if again := shown_again(visit, NEW, draft):
        return again
    settings, problems = draft.document()
    if settings is None:
        return set_page(visit, NEW, draft, problems)
    try:
        await visit.desk.db.write(create_user_data_set, visit.org, settings, by=visit.by, now=visit.now)
    except InvalidParameters as error:
        return set_page(visit, NEW, draft, problem_of(error))
    return see_other(visit, visit.at(HERE), notice=f"“{settings.name}” is there. Choose it at the widgets it is for.")


async def ask_name(visit: Visit) -> Answer:
    """The form for a copy."""
    original = await visit.desk.db.read(kept_user_data_set, visit.org, UserDataSetId(visit.path["data_set"]))
    return await _copy_form(visit, {"name": f"{original.settings.name} copy"[:120]}, {})


async def copy(visit: Visit) -> Answer:
    """Make the copy."""
    original, name = UserDataSetId(visit.path["data_set"]), visit.form.get("name", "").strip()
    try:
        UserDataSet(name=name)
        made = await visit.desk.db.write(copy_user_data_set, visit.org, original, name, by=visit.by, now=visit.now)
    except ValidationError as error:
        return await _copy_form(visit, visit.form, problems_of(error))
    except InvalidParameters as error:
        return await _copy_form(visit, visit.form, problem_of(error))
    return see_other(visit, visit.at(f"{HERE}/{made}"), notice=f"“{name}” is a copy. No widget uses it yet.")


async def _copy_form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    original = await visit.desk.db.read(kept_user_data_set, visit.org, UserDataSetId(visit.path["data_set"]))
    return page(
        visit,
        "user_data_set_copy.html",
        f"Copy “{original.settings.name}”",
        here=HERE,
        status=400 if problems else 200,
        original=original,
        typed=typed,
        problems=problems,
    )


ENTRIES = (
    get("/{org}/scheduler/user-data-sets", show),
    get("/{org}/scheduler/user-data-sets/new", new, Permission.CONFIGURE),
    post("/{org}/scheduler/user-data-sets/new", create, Permission.CONFIGURE),
    get("/{org}/scheduler/user-data-sets/{data_set}/copy", ask_name, Permission.CONFIGURE),
    post("/{org}/scheduler/user-data-sets/{data_set}/copy", copy, Permission.CONFIGURE),
)
