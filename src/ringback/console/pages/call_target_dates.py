"""Holidays and exceptions of a call target: one by one, or a country's as a proposal. All go into the draft."""

from collections.abc import Callable
from http import HTTPStatus

import ringback.configuration.service as configurations
from ringback.call_targets.model import CallTargetSettings
from ringback.configuration.call_targets import kept_call_target
from ringback.configuration.drafts import edit_draft
from ringback.console.call_targets.form import WronglyTyped
from ringback.console.call_targets.lists import DateRow, dates_of, with_date, with_holidays, without_dates
from ringback.console.call_targets.preview import today_of
from ringback.console.call_targets.tabs import HOURS
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed
from ringback.console.page import Notice, Undo, page, see_other
from ringback.console.pages.call_target import id_in
from ringback.console.pages.call_target_forms import form_page
from ringback.console.pages.call_targets import HERE
from ringback.console.visit import Visit
from ringback.hours.holidays import propose
from ringback.hours.model import Holiday
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters

_PROPOSED_YEARS = 3
_FIELD = "date."


async def add(visit: Visit) -> Answer:
    """Add a holiday or an exception, or put it in place of the one on that date."""
    try:
        await _edit(visit, lambda settings: with_date(visit.form, settings))
    except WronglyTyped as wrong:
        more = {"date_typed": visit.form, "date_problems": wrong.problems}
        answer = await form_page(visit, HOURS, None, **more)
        return Answer(HTTPStatus.BAD_REQUEST, answer.body, answer.headers)
    kind = "holiday" if visit.form.get("kind") == "holiday" else "exception"
    date = visit.form.get("date", "").strip()
    undo = Undo(_at(visit, "dates/remove"), {"kind": kind, "date": date})
    return see_other(visit, _at(visit) + "#dates", notice=Notice(f"{date} is in the draft.", undo))


async def remove(visit: Visit) -> Answer:
    """Remove one, or those that have passed."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    rows = dates_of(kept.latest)
    if visit.form.get("past"):
        today = today_of(kept.target, visit.now)
        gone = [row for row in rows if row.date < today]
    else:
        named = (visit.form.get("kind"), visit.form.get("date"))
        gone = [row for row in rows if (row.kind, str(row.date)) == named]
    dates = {(row.kind, row.date) for row in gone}
    await _edit(visit, lambda settings: without_dates(dates, settings))
    if not gone:
        notice = Notice("Somebody else has removed it already.")
    elif len(gone) == 1:
        notice = Notice(f"{gone[0].date} is not in the draft any more.", _back(visit, gone[0]))
    else:
        notice = Notice(f"{len(gone)} dates are not in the draft any more.")
    return see_other(visit, _at(visit) + "#dates", notice=notice)


async def proposal(visit: Visit) -> Answer:
    """A country's holidays, for a person to choose from."""
    kept = await visit.desk.db.read(kept_call_target, visit.org, id_in(visit))
    organization = await visit.desk.db.read(configurations.settings_of, visit.org)
    year = today_of(kept.target, visit.now).year
    typed = {
        "country": visit.query.get("country", organization.numbers.region).strip().upper(),
        "region": visit.query.get("region", "").strip(),
        "year": visit.query.get("year", str(year)).strip(),
    }
    problems: Problems = {}
    found = await _proposed(visit, typed, problems)
    today = today_of(kept.target, visit.now)
    return page(
        visit,
        "call_target_holidays.html",
        f"{kept.settings.name}: holidays of a country",
        here=HERE,
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        kept=kept,
        own=f"{HERE}/{kept.id}",
        typed=typed,
        problems=problems,
        years=[(str(each), str(each)) for each in range(year, year + _PROPOSED_YEARS)],
        found=[each for each in found if each.date >= today],
        known={each.date for each in kept.latest.hours.holidays},
    )


async def confirm(visit: Visit) -> Answer:
    """Add those that were chosen."""
    chosen = [(name.removeprefix(_FIELD), value) for name, value in visit.form.items() if name.startswith(_FIELD)]
    try:
        holidays = [Holiday.model_validate({"date": date, "name": name[:200]}) for date, name in chosen]
        await _edit(visit, lambda settings: with_holidays(holidays, settings))
    except (ValueError, WronglyTyped) as error:
        raise InvalidParameters("These are no holidays: open the page again and choose.") from error
    count = "1 holiday is" if len(holidays) == 1 else f"{len(holidays)} holidays are"
    return see_other(visit, _at(visit) + "#dates", notice=f"{count} in the draft.")


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the page they are on."""
    return see_other(visit, _at(visit) + "#dates")


async def _proposed(visit: Visit, typed: Typed, problems: Problems) -> list[Holiday]:
    if not (typed["year"].isascii() and typed["year"].isdigit() and len(typed["year"]) == 4):
        problems["year"] = "Choose a year."
        return []
    try:
        return await visit.desk.slowly(propose, typed["country"], [int(typed["year"])], typed["region"] or None)
    except InvalidParameters as error:
        problems["country"] = error.message
        return []


async def _edit(visit: Visit, edit: Callable[[CallTargetSettings], CallTargetSettings]) -> None:
    await visit.desk.db.write(edit_draft, visit.org, id_in(visit), edit, by=visit.by, now=visit.now)


def _back(visit: Visit, row: DateRow) -> Undo:
    kind = "holiday" if row.kind == "holiday" else "closed" if row.words == "closed" else "open"
    fields = {"kind": kind, "date": str(row.date), "open": row.words if kind == "open" else "", "name": row.name}
    return Undo(_at(visit, "dates"), fields)


def _at(visit: Visit, below: str = "") -> str:
    return visit.at(f"{HERE}/{id_in(visit)}/hours/{below}".rstrip("/"))


_HOURS = "/{org}/call-targets/{target}/hours"

ENTRIES = (
    get(f"{_HOURS}/dates", back),
    post(f"{_HOURS}/dates", add, Permission.CONFIGURE),
    get(f"{_HOURS}/dates/remove", back),
    post(f"{_HOURS}/dates/remove", remove, Permission.CONFIGURE),
    get(f"{_HOURS}/holidays", proposal, Permission.CONFIGURE),
    post(f"{_HOURS}/holidays", confirm, Permission.CONFIGURE),
)
