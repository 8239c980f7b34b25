"""Call targets: the list, a new one, a copy."""

from pydantic import ValidationError

from ringback.availability.snapshot import Snapshot, offer_of
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import KeptCallTarget, create_call_target, kept_call_targets
from ringback.console.call_targets.hours_words import week_words
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.now.standing import Standing, standing_of
from ringback.console.page import Reader, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters
from ringback.kernel.tenancy import CallTargetId

HERE = "call-targets"


async def show(visit: Visit) -> Answer:
    """All call targets, with how each stands now."""
    kept = await visit.desk.db.read(kept_call_targets, visit.org)
    reader = await visit.desk.db.read(reader_of, visit.org)
    snapshot = await visit.desk.availability.of_organization(visit.org)
    return page(
        visit,
        "call_targets.html",
        "Call targets",
        here=HERE,
        call_targets=[
            (each, standing_now(each, snapshot, reader, visit), agents_words(each, snapshot)) for each in kept
        ],
        hours_of=lambda each: hours_sentence(each.settings),
        may_edit=visit.may(Permission.CONFIGURE),
    )


async def new(visit: Visit) -> Answer:
    """The form for a new one; ``like`` in the address names one to copy."""
    like = visit.query.get("like", "")
    names = {each.id: each.settings.name for each in await visit.desk.db.read(kept_call_targets, visit.org)}
    original = names.get(CallTargetId(like))
    return await _form(visit, {"like": like, "name": f"{original} copy"[:120] if original else ""}, {})


async def create(visit: Visit) -> Answer:
    """Make it."""
    like = CallTargetId(visit.form.get("like", ""))
    name = visit.form.get("name", "").strip()
    try:
        call_target_id = await visit.desk.db.write(
            create_call_target, visit.org, name, like=like or None, by=visit.by, now=visit.now
        )
    except ValidationError as error:
        return await _form(visit, visit.form, problems_of(error))
    except InvalidParameters as error:
        return await _form(visit, visit.form, problem_of(error))
    notice = f"“{name}” is there. Nobody can ask for a callback on it until a widget uses it."
    return see_other(visit, visit.at(f"{HERE}/{call_target_id}"), notice=notice)


def standing_now(kept: KeptCallTarget, snapshot: Snapshot, reader: Reader, visit: Visit) -> Standing | None:
    """How it stands, by what customers are told; None for one that is younger than that."""
    situation, target = snapshot.situations.get(kept.id), snapshot.configuration.call_targets.get(kept.id)
    if situation is None or target is None:
        return None
    offer = offer_of(target, situation, active=True, now=visit.now)
    return standing_of(target, situation, offer, visit.now, lambda instant: reader.near(instant, visit.now))


def agents_words(kept: KeptCallTarget, snapshot: Snapshot) -> tuple[str, str]:
    """How many agents are reckoned with now, and who says so."""
    situation = snapshot.situations.get(kept.id)
    told = situation.estimate.facts.agents if situation else None
    if told is None:
        return str(kept.settings.estimate.default_agents), "assumed"
    return str(told), "planned" if kept.settings.estimate.staffing else "told"


def hours_sentence(settings: CallTargetSettings) -> str:
    """The week in one line, with a capital."""
    words = week_words(settings.hours.weekly)
    return f"{words[:1].upper()}{words[1:]}"


async def _form(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    others = await visit.desk.db.read(kept_call_targets, visit.org)
    return page(
        visit,
        "call_target_new.html",
        "New call target",
        here=HERE,
        status=400 if problems else 200,
        typed=typed,
        problems=problems,
        originals=[("", "The settings that come with Ringback"), *((each.id, each.settings.name) for each in others)],
    )


ENTRIES = (
    get("/{org}/call-targets", show),
    get("/{org}/call-targets/new", new, Permission.CONFIGURE),
    post("/{org}/call-targets/new", create, Permission.CONFIGURE),
)
