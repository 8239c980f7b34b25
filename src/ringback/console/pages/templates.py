"""Templates: the list, and a copy of one."""

from pydantic import ValidationError

from ringback.configuration.templates import copy_template, kept_template, kept_templates
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import page, see_other
from ringback.console.pages.template import FONTS, HERE
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import TemplateId
from ringback.widgets.look import shades
from ringback.widgets.template import Template


async def show(visit: Visit) -> Answer:
    """All templates, each with a small picture of it and who uses it."""
    return page(
        visit,
        "templates.html",
        "Templates",
        here=HERE,
        templates=await visit.desk.db.read(kept_templates, visit.org),
        fonts={font: words.partition(":")[0] for font, words in FONTS},
        shades=shades,
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def ask_name(visit: Visit) -> Answer:
    """The form for a copy."""
    original = await visit.desk.db.read(kept_template, visit.org, TemplateId(visit.path["template"]))
    return await _copy_form(visit, {"name": f"{original.settings.name} copy"[:120]}, {})


async def copy(visit: Visit) -> Answer:
    """Make the copy."""
    original, name = TemplateId(visit.path["template"]), visit.form.get("name", "").strip()
    try:
        Template(name=name)
        made = await visit.desk.db.write(copy_template, visit.org, original, name, by=visit.by, now=visit.now)
    except ValidationError as error:
        return await _copy_form(visit, visit.form, problems_of(error))
    except InvalidParameters as error:
        return await _copy_form(visit, visit.form, problem_of(error))
    return see_other(visit, visit.at(f"{HERE}/{made}"), notice=f"“{name}” is a copy. No page looks so yet.")


async def _copy_form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    original = await visit.desk.db.read(kept_template, visit.org, TemplateId(visit.path["template"]))
    return page(
        visit,
        "template_copy.html",
        f"Copy “{original.settings.name}”",
        here=HERE,
        status=400 if problems else 200,
        original=original,
        typed=typed,
        problems=problems,
    )


ENTRIES = (
    get("/{org}/scheduler/templates", show),
    get("/{org}/scheduler/templates/{template}/copy", ask_name, Permission.CONFIGURE),
    post("/{org}/scheduler/templates/{template}/copy", copy, Permission.CONFIGURE),
)
