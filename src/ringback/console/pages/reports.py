"""Reports: what callbacks came to on some days, in sentences, charts, tables and files."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

import ringback.reports.service as reports
from ringback.console.entries import get
from ringback.console.forms import Problems
from ringback.console.page import Reader, download, page
from ringback.console.report_sections import Form, sections
from ringback.console.spreadsheet import MEDIA, Cell, csv_file
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.kernel.errors import NotFound
from ringback.kernel.localtime import local_date, resolve_zone
from ringback.kernel.tenancy import CallTargetId
from ringback.reports.model import Chosen, Days, Report
from ringback.reports.wording import Wording

HERE = "reports"
MOST_DAYS = 400
_PRESETS = ((1, "Today"), (7, "7 days"), (30, "30 days"), (90, "90 days"))
_USUAL_DAYS = 7
_NAMES = ("days", "from", "to", "target", "channel")


class _Asked(NamedTuple):
    """What a report is wanted of."""

    days: Days
    chosen: Chosen
    today: date
    query: dict[str, str]
    problems: Problems


async def show(visit: Visit) -> Answer:
    """The page."""
    configuration = await visit.desk.availability.configuration_of(visit.org)
    reader = Reader(resolve_zone(configuration.settings.time_zone))
    asked = _asked(visit, reader)
    report = await _report(visit, asked)
    channels = [*report.by_bin]
    if asked.chosen.channel:
        channels = await visit.desk.db.read(reports.channels, visit.org, asked.days)
    wording = _wording(asked, reader)
    listed = {asked.chosen.channel or "", *channels} - {""}
    return page(
        visit,
        "reports.html",
        "Reports",
        here=HERE,
        status=400 if asked.problems else 200,
        report=report,
        sections=sections(report, wording) if _says_something(report) and not asked.problems else [],
        wording=wording,
        cell=_writer(wording),
        form=Form,
        days=asked.days,
        presets=[(words, _link(asked, number), _is_preset(asked, number)) for number, words in _PRESETS],
        typed=_typed(asked),
        problems=asked.problems,
        targets=[("", "All"), *((target.id, target.settings.name) for target in configuration.call_targets.values())],
        channels=[("", "All"), *((each, wording.channel(each)) for each in sorted(listed))],
        query=urlencode(asked.query),
        is_filtered=asked.chosen != Chosen(),
    )


async def as_csv(visit: Visit) -> Answer:
    """One report's numbers as a file. Raises ``NotFound`` for a report that there is not."""
    configuration = await visit.desk.availability.configuration_of(visit.org)
    reader = Reader(resolve_zone(configuration.settings.time_zone))
    asked = _asked(visit, reader)
    made = {each.key: each for each in sections(await _report(visit, asked), _wording(asked, reader))}
    section = made.get(visit.path["report"])
    if section is None:
        raise NotFound("There is no such report.")
    content = csv_file([column.title for column in section.file.columns], section.file.rows)
    key = visit.member.organization_key
    return download(content, MEDIA, f"{section.key}-{key}-{asked.days.first}-to-{asked.days.last}.csv")


async def _report(visit: Visit, asked: _Asked) -> Report:
    return await visit.desk.db.read(reports.report, visit.org, asked.days, asked.chosen, now=visit.now)


def _asked(visit: Visit, reader: Reader) -> _Asked:
    """What the address asks for; the last seven days where it asks for nothing that can be told."""
    query = {name: visit.query[name] for name in _NAMES if visit.query.get(name)}
    today = local_date(visit.now, reader.zone)
    problems: Problems = {}
    chosen = Chosen(CallTargetId(query["target"]) if "target" in query else None, query.get("channel"))
    days = _days(query, today, problems)
    if problems:
        days = _last(_USUAL_DAYS, today)
    return _Asked(days, chosen, today, query, problems)


def _days(query: dict[str, str], today: date, problems: Problems) -> Days:
    if "from" not in query and "to" not in query:
        number = query.get("days", "")
        presets = {str(each): each for each, _ in _PRESETS}
        return _last(presets.get(number, _USUAL_DAYS), today)
    first, last = _day(query, "from", problems), _day(query, "to", problems)
    last = min(last or today, today)
    first = first or last - timedelta(days=_USUAL_DAYS - 1)
    if first > last:
        problems.setdefault("from", "This is after the last day.")
    elif (last - first).days >= MOST_DAYS:
        problems.setdefault("from", f"These are more than {MOST_DAYS} days.")
    return Days(first, last)


def _day(query: dict[str, str], name: str, problems: Problems) -> date | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        problems[name] = "This is no date."
        return None
    return day


def _last(number: int, today: date) -> Days:
    return Days(today - timedelta(days=number - 1), today)


def _typed(asked: _Asked) -> dict[str, str]:
    """What the form shows: what was typed, and the days that are shown where nothing was."""
    shown = {"from": asked.days.first.isoformat(), "to": asked.days.last.isoformat()}
    return {**({} if asked.problems else shown), **asked.query}


def _link(asked: _Asked, number: int) -> str:
    kept = {name: value for name, value in asked.query.items() if name in {"target", "channel"}}
    return urlencode({"days": number, **kept})


def _is_preset(asked: _Asked, number: int) -> bool:
    return not asked.problems and asked.days == _last(number, asked.today)


def _wording(asked: _Asked, reader: Reader) -> Wording:
    return Wording(reader.locale, running=asked.days.last >= asked.today)


def _says_something(report: Report) -> bool:
    total = report.total
    return bool(total.requested or total.finished)


def _writer(wording: Wording) -> Callable[[Cell, Form], str]:
    """Writes a table's cells."""

    def write(cell: Cell, form: Form) -> str:
        if cell is None:
            return ""
        if isinstance(cell, str):
            return cell
        match form:
            case Form.SHARE:
                return wording.percent(cell)
            case Form.SECONDS:
                return wording.duration(cell)
            case _:
                return wording.number(cell)

    return write


ENTRIES = (
    get("/{org}/reports", show),
    get("/{org}/reports/{report}.csv", as_csv),
)
