"""One template: its colours, letters and texts with samples of how pages look, where it is used, and removing it."""

from dataclasses import dataclass
from http import HTTPStatus

import ringback.audit.service as audit
import ringback.configuration.service as configurations
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.templates import (
    KeptTemplate,
    change_logo,
    change_template,
    create_template,
    kept_template,
    remove_template,
)
from ringback.console.differences import Line, lines_between
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import page, see_other, stylesheet
from ringback.console.template_form import contrasts, look_of, template_of, typed_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.forecast.wording import primary_language
from ringback.http.answer import Answer
from ringback.http.customer.look import logo_address
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.tenancy import OrgId, TemplateId
from ringback.widgets.logo import LARGEST_LOGO, encoded
from ringback.widgets.look import Look, samples
from ringback.widgets.template import Font, Template

HERE = "scheduler/templates"

FONTS = (
    (Font.SYSTEM, "System: what the device itself writes in"),
    (Font.SERIF, "Serif: with feet, as in books"),
    (Font.ROUNDED, "Rounded: with round ends"),
    (Font.MONOSPACE, "Monospace: every letter as wide as the others"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the form is about: a template that is there, or a new one; and the languages that it can speak."""

    languages: tuple[str, ...]
    """The organization's, its default first, and whatever else the template has texts in."""
    organization_name: str
    kept: KeptTemplate | None = None
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
        return self.kept.settings.name if self.kept else "New template"


async def new(visit: Visit) -> Answer:
    """The form for a new one: Ringback's own look, to be changed."""
    subject = await visit.desk.db.read(_subject, visit.org, None)
    return _template_page(visit, subject, {**typed_of(Template(name="new")), "name": ""})


async def create(visit: Visit) -> Answer:
    """Make it."""
    subject = await visit.desk.db.read(_subject, visit.org, None)
    if "show" in visit.query:
        return _template_page(visit, subject, visit.form)
    settings, problems = template_of(visit.form, subject.languages)
    if settings is None:
        return _template_page(visit, subject, visit.form, problems)
    try:
        await visit.desk.db.write(create_template, visit.org, settings, by=visit.by, now=visit.now)
    except InvalidParameters as error:
        return _template_page(visit, subject, visit.form, problem_of(error))
    return see_other(visit, visit.at(HERE), notice=f"“{settings.name}” is there. Choose it at the conveys it is for.")


async def show(visit: Visit) -> Answer:
    """The template."""
    subject, kept = await _read(visit)
    return _template_page(visit, subject, typed_of(kept.settings, kept.version))


async def save(visit: Visit) -> Answer:
    """Save it; or, while it is filled in, show how it would look."""
    subject, kept = await _read(visit)
    form = visit.form
    if "show" in visit.query:
        return _template_page(visit, subject, form)
    settings, problems = template_of(form, subject.languages)
    if settings is None:
        return _template_page(visit, subject, form, problems)
    seen = form.get("seen", "")
    try:
        await visit.desk.db.write(change_template, visit.org, kept.id, settings, seen=seen, by=visit.by, now=visit.now)
    except InvalidParameters as error:
        return _template_page(visit, subject, form, problem_of(error))
    except ChangedMeanwhile:
        return await _changed_meanwhile(visit, settings)
    notice = "Saved. Pages that are opened from now on look so."
    return see_other(visit, visit.at(f"{HERE}/{kept.id}"), notice=notice)


async def ask_remove(visit: Visit) -> Answer:
    """What removing it would mean."""
    _, kept = await _read(visit)
    return page(visit, "template_remove.html", f"Remove “{kept.settings.name}”?", here=HERE, kept=kept)


async def remove(visit: Visit) -> Answer:
    """Remove it."""
    _, kept = await _read(visit)
    await visit.desk.db.write(remove_template, visit.org, kept.id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(HERE), notice=f"“{kept.settings.name}” is removed.")


async def give_logo(visit: Visit) -> Answer:
    """Put a picture in the place of the organization's name."""
    subject, kept = await _read(visit)
    try:
        logo = encoded(visit.files.get("logo", b""))
    except ValueError as error:
        words = f"{error}"
        problems = {"logo": f"{words[:1].upper()}{words[1:]}." if visit.files.get("logo") else "Choose a picture."}
        return _template_page(visit, subject, typed_of(kept.settings, kept.version), problems)
    await visit.desk.db.write(change_logo, visit.org, kept.id, logo, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(f"{HERE}/{kept.id}"), notice="The logo is on the pages from now on.")


async def take_logo(visit: Visit) -> Answer:
    """Take it away."""
    _, kept = await _read(visit)
    await visit.desk.db.write(change_logo, visit.org, kept.id, "", by=visit.by, now=visit.now)
    notice = "The logo is removed: the organization's name stands there again."
    return see_other(visit, visit.at(f"{HERE}/{kept.id}"), notice=notice)


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the page they are on."""
    return see_other(visit, visit.at(f"{HERE}/{visit.path['template']}"))


async def look(visit: Visit) -> Answer:
    """The stylesheet of the samples."""
    named = Look.named(visit.path["look"])
    if named is None:
        raise NotFound("There is no such look.")
    return stylesheet(samples(named))


async def _read(visit: Visit) -> tuple[Subject, KeptTemplate]:
    kept = await visit.desk.db.read(kept_template, visit.org, TemplateId(visit.path["template"]))
    return await visit.desk.db.read(_subject, visit.org, kept), kept


async def _changed_meanwhile(visit: Visit, settings: Template) -> Answer:
    subject, kept = await _read(visit)
    theirs, mine = (each.model_dump(mode="json", exclude={"logo"}) for each in (kept.settings, settings))
    last = await visit.desk.db.read(_last_change, visit.org, kept.key)
    differences = tuple(lines_between(theirs, mine))
    subject = Subject(subject.languages, subject.organization_name, kept, last, differences)
    return _template_page(visit, subject, {**visit.form, "seen": kept.version})


def _subject(tx: Tx, org: OrgId, kept: KeptTemplate | None) -> Subject:
    settings = configurations.settings_of(tx, org)
    spoken = {primary_language(tag): tag for tag in reversed((settings.default_language, *settings.languages))}
    own = tuple(kept.settings.texts) if kept else ()
    covered = {primary_language(tag) for tag in own}
    others = tuple(tag for language, tag in reversed(spoken.items()) if language not in covered)
    default = primary_language(settings.default_language)
    ordered = sorted((*own, *others), key=lambda tag: primary_language(tag) != default)
    return Subject(tuple(ordered), settings.name, kept)


def _last_change(tx: Tx, org: OrgId, key: str) -> AuditEntry | None:
    entries = audit.search(tx, org, Search(subject_kind="template", subject_key=key), limit=5)
    return next((entry for entry in entries if entry.subject_key == key), None)


def _template_page(visit: Visit, subject: Subject, typed: Typed, problems: Problems | None = None) -> Answer:
    dressed = look_of(typed)
    used_by = subject.kept.used_by if subject.kept else ()
    return page(
        visit,
        "template.html",
        subject.title,
        here=HERE,
        status=HTTPStatus.CONFLICT if subject.last else HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        subject=subject,
        typed=typed,
        problems=problems or {},
        fonts=FONTS,
        look=f"{HERE}/look/{dressed.name}.css",
        contrasts=contrasts(dressed),
        logo=_logo_of(visit, subject),
        queue=used_by[0].settings.name if used_by else "billing",
        may_edit=visit.may(Permission.CONFIGURE),
    )


def _logo_of(visit: Visit, subject: Subject) -> str:
    """The logo's address; empty when there is none."""
    logo = subject.kept.settings.logo if subject.kept else ""
    root = visit.console().removesuffix("/console")
    return f"{root}/{logo_address(visit.org, logo)}" if logo else ""


_ALL = "/{org}/scheduler/templates"
_ONE = f"{_ALL}/{{template}}"

ENTRIES = (
    get(f"{_ALL}/new", new, Permission.CONFIGURE),
    post(f"{_ALL}/new", create, Permission.CONFIGURE),
    get(f"{_ALL}/look/{{look}}.css", look),
    get(_ONE, show),
    post(_ONE, save, Permission.CONFIGURE),
    get(f"{_ONE}/remove", ask_remove, Permission.CONFIGURE),
    post(f"{_ONE}/remove", remove, Permission.CONFIGURE),
    get(f"{_ONE}/logo", back),
    post(f"{_ONE}/logo", give_logo, Permission.CONFIGURE, largest=LARGEST_LOGO + 16 * 1024),
    get(f"{_ONE}/logo/remove", back),
    post(f"{_ONE}/logo/remove", take_logo, Permission.CONFIGURE),
)
