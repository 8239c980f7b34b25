"""Scheduler > Widgets and Scheduler > Conveys: the lists in display order, a new one, a copy, moving one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import ValidationError

from ringback.audit.model import AuditEntry
from ringback.configuration.kept_widgets import KeptWidget, Surroundings, surroundings
from ringback.configuration.widgets import copy_widget, create_widget, move_widget
from ringback.console.entries import Handler, get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import Notice, Reader, Undo, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.pages.widget_form import (
    KINDS_OF_NUMBER,
    ORGANIZATIONS,
    countries,
    languages_of,
    read_draft,
    rules_words,
    slug_explained,
)
from ringback.console.pages.widget_words import CONVEYS, WIDGETS, list_of, offer_words, page_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import OrgId, WidgetId
from ringback.offers.model import Offer
from ringback.widgets.model import WidgetKind


@dataclass(frozen=True, slots=True)
class Scene:
    """The widgets and conveys with all around them, and what each offers now."""

    around: Surroundings
    reader: Reader
    offers: Mapping[WidgetId, Offer]

    def one(self, visit: Visit) -> KeptWidget:
        """The one that the address names. Raises ``NotFound``."""
        return self.around.one(WidgetId(visit.path["widget"]))


async def scene_of(visit: Visit) -> Scene:
    """What the pages about widgets tell of."""
    around, reader = await visit.desk.db.read(_read, visit.org)
    snapshot = await visit.desk.availability.of_organization(visit.org)
    return Scene(around, reader, snapshot.offers)


def _listing(kind: WidgetKind) -> Handler:
    async def show(visit: Visit) -> Answer:
        scene = await scene_of(visit)
        return page(
            visit,
            "widgets.html",
            "Conveys" if kind is WidgetKind.CONVEY else "Widgets",
            here=list_of(kind),
            kind=kind.value,
            listed=scene.around.widgets,
            has_any=any(each.widget.kind is kind for each in scene.around.widgets),
            has_targets=bool(scene.around.call_targets),
            offer_of=lambda kept: offer_words(kept, scene.offers.get(kept.id), scene.reader, visit.now),
            page_of=page_of,
            moved=visit.query.get("moved", ""),
            moved_up=visit.query.get("way") == "up",
            may_edit=visit.may(Permission.CONFIGURE),
        )

    return show


def _starting(kind: WidgetKind) -> Handler:
    async def new(visit: Visit) -> Answer:
        scene = await scene_of(visit)
        first = scene.around.call_targets[0].id if len(scene.around.call_targets) == 1 else ""
        usual = {f"type-{each.value}": "yes" for each in scene.around.settings.numbers.types}
        typed = {"call_target": first, "numbers": ORGANIZATIONS, "active": "yes", **usual}
        return widget_form(visit, scene, kind, typed, {})

    return new


def _creating(kind: WidgetKind) -> Handler:
    async def create(visit: Visit) -> Answer:
        form = visit.form
        draft, problems = read_draft(form, kind)
        if draft is None:
            return widget_form(visit, await scene_of(visit), kind, form, problems)
        if draft.policy_id is not None:
            visit.demand(Permission.MANAGE_ACCESS)
        settings = draft.settings.model_copy(update={"active": form.get("active") == "yes"})
        draft = draft.model_copy(update={"settings": settings})
        try:
            widget_id = await visit.desk.db.write(create_widget, visit.org, kind, draft, by=visit.by, now=visit.now)
        except InvalidParameters as error:
            return widget_form(visit, await scene_of(visit), kind, form, problem_of(error))
        return see_other(visit, visit.at(f"{WIDGETS}/{widget_id}"), notice=f"“{settings.name}” is there.")

    return create


def widget_form(
    visit: Visit,
    scene: Scene,
    kind: WidgetKind,
    typed: Typed,
    problems: Problems,
    *,
    status: HTTPStatus | None = None,
    kept: KeptWidget | None = None,
    last: AuditEntry | None = None,
    differences: Sequence[tuple[str, str, str]] = (),
) -> Answer:
    """The form of a new one, or of one that is there (``kept``); with what ``last`` changed in it meanwhile, if so."""
    around = scene.around
    policy_id = kept.widget.policy_id if kept else None
    return page(
        visit,
        "widget_edit.html",
        f"Edit “{kept.settings.name}”" if kept else f"New {kind.value}",
        here=list_of(kind),
        status=status or (HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK),
        kind=kind.value,
        kept=kept,
        typed={"region": around.settings.numbers.region, **typed},
        problems=problems,
        call_targets=[("", "Choose …")] * (not typed.get("call_target"))
        + [(str(each.id), each.settings.name) for each in around.call_targets],
        policies=[("", "None: open to everybody"), *((str(each.id), each.settings.name) for each in around.policies)],
        policy=around.policy(policy_id),
        may_choose_policy=visit.may(Permission.MANAGE_ACCESS),
        user_data_sets=[
            ("", "None: nothing is passed on"),
            *((str(set_id), each.name) for set_id, (_, each) in around.user_data_sets.items()),
        ],
        templates=[
            ("", "None: as Ringback looks"),
            *((str(template_id), each.name) for template_id, (_, each) in around.templates.items()),
        ],
        languages=languages_of(around, typed.get("default_language", "")),
        organization_rules=rules_words(around.settings.numbers),
        countries=countries(),
        number_kinds=[(f"type-{each.value}", words) for each, words in KINDS_OF_NUMBER.items()],
        base_url=visit.desk.base_url,
        last=last,
        differences=differences,
    )


async def move(visit: Visit) -> Answer:
    """Put it at another place of the display order, at once."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    before = scene.around.widgets.index(kept)
    text = visit.form.get("place", "")
    if not (text.isascii() and text.isdigit()):
        raise InvalidParameters("A place is a number, 0 for the first.")
    place = min(int(text[:6]), len(scene.around.widgets) - 1)
    await visit.desk.db.write(move_widget, visit.org, kept.id, place, by=visit.by, now=visit.now)
    back = Undo(visit.at(f"{page_of(kept)}/move"), {"place": str(before)})
    notice = Notice(f"“{kept.settings.name}” comes as number {place + 1} now.", None if place == before else back)
    way = "up" if place < before else "down"
    address = visit.at(f"{list_of(kept.widget.kind)}?moved={kept.id}&way={way}#row-{kept.id}")
    return see_other(visit, address, notice=notice)


async def ask_copy(visit: Visit) -> Answer:
    """The form for a copy."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    return _copy_form(visit, kept, {"name": f"{kept.settings.name} copy"[:120]}, {})


async def copy(visit: Visit) -> Answer:
    """Make the copy."""
    kept, form = (await scene_of(visit)).one(visit), visit.form
    name, slug = form.get("name", "").strip(), form.get("slug", "").strip() or None
    try:
        copied = await visit.desk.db.write(copy_widget, visit.org, kept.id, name, slug=slug, by=visit.by, now=visit.now)
    except ValidationError as error:
        return _copy_form(visit, kept, form, slug_explained(problems_of(error)))
    except InvalidParameters as error:
        return _copy_form(visit, kept, form, problem_of(error))
    return see_other(visit, visit.at(f"{WIDGETS}/{copied}"), notice=f"“{name}” is a copy. It is not active yet.")


def _copy_form(visit: Visit, kept: KeptWidget, typed: Typed, problems: Problems) -> Answer:
    return page(
        visit,
        "widget_copy.html",
        f"Copy “{kept.settings.name}”",
        here=list_of(kept.widget.kind),
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        kept=kept,
        own=page_of(kept),
        typed=typed,
        problems=problems,
        base_url=visit.desk.base_url,
    )


def _read(tx: Tx, org: OrgId) -> tuple[Surroundings, Reader]:
    return surroundings(tx, org), reader_of(tx, org)


_ONE = "/{org}/scheduler/widgets/{widget}"

ENTRIES = (
    *(
        entry
        for path, kind in ((WIDGETS, WidgetKind.WIDGET), (CONVEYS, WidgetKind.CONVEY))
        for entry in (
            get(f"/{{org}}/{path}", _listing(kind)),
            get(f"/{{org}}/{path}/new", _starting(kind), Permission.CONFIGURE),
            post(f"/{{org}}/{path}/new", _creating(kind), Permission.CONFIGURE),
        )
    ),
    post(f"{_ONE}/move", move, Permission.CONFIGURE),
    get(f"{_ONE}/copy", ask_copy, Permission.CONFIGURE),
    post(f"{_ONE}/copy", copy, Permission.CONFIGURE),
)
