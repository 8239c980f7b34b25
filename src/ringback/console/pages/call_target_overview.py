"""The first page of a call target: what is in force, where it is used, and what would be offered when."""

from dataclasses import dataclass
from datetime import date, time
from http import HTTPStatus

from markupsafe import Markup, escape

from ringback.configuration.call_targets import KeptCallTarget
from ringback.console.call_targets.fields import Tab
from ringback.console.call_targets.form import shown, version
from ringback.console.call_targets.hours_picture import week_picture
from ringback.console.call_targets.lists import dates_of
from ringback.console.call_targets.preview import Assumed, Look, local_moment, look, today_of
from ringback.console.call_targets.tabs import CALLING, OFFERS, OVERVIEW, SLOTS
from ringback.console.call_targets.words import setting_words
from ringback.console.durations import read_duration
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed
from ringback.console.now.standing import Standing, minutes_words, range_words, standing_of
from ringback.console.page import see_other
from ringback.console.pages.call_target import Opened, id_in, open_with_queue, target_page
from ringback.console.pages.call_target_forms import saved
from ringback.console.pages.call_targets import HERE, agents_words, hours_sentence, standing_now
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.forecast.wording import moment_words
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.localtime import resolve_zone

_YEARS = range(2000, 2200)
_TELLING = {
    OFFERS: {"offer_asap", "max_requested_callbacks", "max_estimate", "offer_scheduled"},
    SLOTS: {"slots.length_minutes", "slots.capacity", "slots.days_ahead"},
    CALLING: {"first_party", "agent.destination", "retry.max_attempts", "pacing.max_queue_depth"},
}
"""The settings that say most of how a call target works."""


async def show(visit: Visit) -> Answer:
    """What is in force, where it is used, and what would be offered when."""
    return await overview(visit, {}, {})


async def rename(visit: Visit) -> Answer:
    """Keep another name in the draft."""
    filled = await saved(visit, OVERVIEW)
    if filled is None:
        where = visit.at(f"{HERE}/{id_in(visit)}")
        return see_other(visit, where, notice="Kept in the draft. It is in force once the draft is published.")
    if filled.theirs is None:
        return await overview(visit, filled.typed, filled.problems, status=HTTPStatus.BAD_REQUEST)
    problems = {"name": f"Somebody else calls it “{filled.theirs[0].before}” by now."}
    return await overview(visit, filled.typed, problems, status=HTTPStatus.CONFLICT)


async def overview(visit: Visit, typed: Typed, problems: Problems, *, status: int = HTTPStatus.OK) -> Answer:
    """The first page, with what was typed into its form for the name."""
    opened = await visit.desk.db.read(open_with_queue, visit.org, id_in(visit), visit.now)
    snapshot = await visit.desk.availability.of_organization(visit.org)
    reader = await visit.desk.db.read(reader_of, visit.org)
    kept = opened.kept
    asked, asked_problems = _asked(visit, kept)
    fields = shown(OVERVIEW.settings, kept.latest)
    return await target_page(
        visit,
        kept,
        OVERVIEW,
        "call_target_overview.html",
        status=HTTPStatus.BAD_REQUEST if asked_problems else status,
        standing=standing_now(kept, snapshot, reader, visit),
        agents=agents_words(kept, snapshot),
        live=opened.live,
        load=opened.facts.loads.get(kept.id),
        hours=hours_sentence(kept.settings),
        coming=[row for row in dates_of(kept.settings) if row.date >= today_of(kept.target, visit.now)][:3],
        picture=week_picture(kept.settings.hours.weekly),
        facts=_in_force(kept),
        asked=asked,
        asked_problems=asked_problems,
        looks=_looks(opened, asked),
        fields=fields,
        typed=typed or fields,
        problems=problems,
        seen=version(fields),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the preview is asked."""

    typed: dict[str, str]
    at: Instant | None
    """None where that could not be read."""
    remark: str
    """Where the clocks skip the time, or show it twice."""
    assumed: Assumed
    is_asked: bool
    """Whether anything was typed, or it is only shown as it is now."""


def _asked(visit: Visit, kept: KeptCallTarget) -> tuple[Asked, Problems]:
    """What the address asks; where it says nothing, it is about now."""
    query = visit.query
    local = to_datetime(visit.now, resolve_zone(kept.target.zone_name))
    typed = {
        "on": query.get("on", "").strip() or f"{local:%Y-%m-%d}",
        "at": query.get("at", "").strip() or f"{local:%H:%M}",
        "estimate": query.get("estimate", "").strip(),
        "waiting": query.get("waiting", "").strip(),
    }
    problems: Problems = {}
    at: Instant | None = visit.now
    remark = ""
    if query.get("on", "").strip() or query.get("at", "").strip():
        at, remark = _moment(typed, kept, problems)
    promise = waiting = None
    if typed["estimate"]:
        try:
            promise = read_duration(typed["estimate"])
        except ValueError as error:
            problems["estimate"] = str(error)
    if typed["waiting"]:
        if typed["waiting"].isascii() and typed["waiting"].isdigit() and len(typed["waiting"]) < 7:
            waiting = int(typed["waiting"])
        else:
            problems["waiting"] = "Write a whole number."
    is_asked = any(query.get(name) for name in typed)
    return Asked(typed, None if problems else at, remark, Assumed(promise, waiting), is_asked), problems


def _moment(typed: Typed, kept: KeptCallTarget, problems: Problems) -> tuple[Instant | None, str]:
    day = _day(typed["on"])
    if day is None:
        problems["on"] = "This is no date."
    try:
        clock = time.fromisoformat(typed["at"]).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        problems["at"] = "This is no time; write it like 14:30."
        return None, ""
    return (None, "") if day is None else local_moment(day, clock, kept.target)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


@dataclass(frozen=True, slots=True)
class Shown:
    """One side of the preview."""

    title: str
    look: Look
    standing: Standing
    local: str
    """The moment, in the call target's zone."""
    estimate: str
    """What customers are told; empty where that has no meaning."""
    range: str


def _looks(opened: Opened, asked: Asked) -> list[Shown]:
    """What is in force and, beside it, the draft."""
    if asked.at is None:
        return []
    sides = [("In force", opened.kept.target)]
    if opened.kept.draft:
        sides.append(("With the draft", opened.as_drafted()))
    return [
        _shown(title, look(opened.configuration, target, opened.facts, asked.at, asked.assumed))
        for title, target in sides
    ]


def _shown(title: str, seen: Look) -> Shown:
    zone = resolve_zone(seen.target.zone_name)

    def moment(instant: Instant) -> Markup:
        """In the call target's zone whoever reads it, since that is what was asked for."""
        return escape(moment_words(instant, zone, "en-GB", seen.at))

    told = seen.offer.estimate
    return Shown(
        title=title,
        look=seen,
        standing=standing_of(seen.target, seen.situation, seen.offer, seen.at, moment),
        local=f"{to_datetime(seen.at, zone):%a %Y-%m-%d %H:%M %Z}",
        estimate=minutes_words(told.promise) if told else "",
        range=range_words(told.low, told.high) if told else "",
    )


def _in_force(kept: KeptCallTarget) -> list[tuple[Tab, list[tuple[str, str]]]]:
    """The settings that say most, each in a few words, by tab."""
    found = []
    for tab, names in _TELLING.items():
        texts = shown(tab.settings, kept.settings)
        found.append(
            (tab, [(each.label, setting_words(each, texts[each.name])) for each in tab.settings if each.name in names])
        )
    return found


ENTRIES = (
    get("/{org}/call-targets/{target}", show),
    post("/{org}/call-targets/{target}", rename, Permission.CONFIGURE),
)
