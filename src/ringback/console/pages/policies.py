"""Access control policies: the list, a new one, a copy."""

from pydantic import ValidationError

from ringback.access.model import PolicySettings
from ringback.configuration.policies import clone_policy, create_policy, kept_policies, kept_policy
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import page, see_other
from ringback.console.pages.api import lets_nobody_in, policy_words
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import PolicyId

HERE = "scheduler/policies"


async def show(visit: Visit) -> Answer:
    """All policies, with what each asks for and guards."""
    policies = await visit.desk.db.read(kept_policies, visit.org)
    return page(
        visit,
        "policies.html",
        "Access control policies",
        here=HERE,
        policies=policies,
        words_of=lambda policy: policy_words(policy, visit.now),
        lets_nobody_in=lambda policy: lets_nobody_in(policy, visit.now),
        may_edit=visit.may(Permission.MANAGE_ACCESS),
    )


async def new(visit: Visit) -> Answer:
    """The form for a new policy."""
    return _form(visit, {"match": "all"}, {})


async def create(visit: Visit) -> Answer:
    """Make it."""
    try:
        settings = PolicySettings(name=visit.form.get("name", ""), description=visit.form.get("description", ""))
        policy_id = await visit.desk.db.write(create_policy, visit.org, settings, by=visit.by, now=visit.now)
    except ValidationError as error:
        return _form(visit, visit.form, problems_of(error))
    except InvalidParameters as error:
        return _form(visit, visit.form, problem_of(error))
    notice = f"“{settings.name}” is there. Add the networks and tokens that it lets in."
    return see_other(visit, visit.at(f"{HERE}/{policy_id}"), notice=notice)


async def ask_name(visit: Visit) -> Answer:
    """The form for a copy."""
    original = await visit.desk.db.read(kept_policy, visit.org, PolicyId(visit.path["policy"]))
    return await _clone_form(visit, {"name": f"{original.settings.name} copy"[:120]}, {})


async def clone(visit: Visit) -> Answer:
    """Make the copy."""
    original, name = PolicyId(visit.path["policy"]), visit.form.get("name", "").strip()
    try:
        PolicySettings(name=name)
        policy_id = await visit.desk.db.write(clone_policy, visit.org, original, name, by=visit.by, now=visit.now)
    except ValidationError as error:
        return await _clone_form(visit, visit.form, problems_of(error))
    except InvalidParameters as error:
        return await _clone_form(visit, visit.form, problem_of(error))
    return see_other(visit, visit.at(f"{HERE}/{policy_id}"), notice=f"“{name}” is a copy, without the tokens.")


def _form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    status = 400 if problems else 200
    return page(visit, "policy_new.html", "New policy", here=HERE, status=status, typed=typed, problems=problems)


async def _clone_form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    original = await visit.desk.db.read(kept_policy, visit.org, PolicyId(visit.path["policy"]))
    return page(
        visit,
        "policy_clone.html",
        f"Copy “{original.settings.name}”",
        here=HERE,
        status=400 if problems else 200,
        original=original,
        typed=typed,
        problems=problems,
    )


ENTRIES = (
    get("/{org}/scheduler/policies", show),
    get("/{org}/scheduler/policies/new", new, Permission.MANAGE_ACCESS),
    post("/{org}/scheduler/policies/new", create, Permission.MANAGE_ACCESS),
    get("/{org}/scheduler/policies/{policy}/clone", ask_name, Permission.MANAGE_ACCESS),
    post("/{org}/scheduler/policies/{policy}/clone", clone, Permission.MANAGE_ACCESS),
)
