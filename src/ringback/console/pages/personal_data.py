"""Organization > Personal data: what is known of a number, handed out or erased. No address has a number in it."""

import orjson

import ringback.configuration.service as configurations
from ringback.callbacks import personal_data
from ringback.callbacks.model import Callback
from ringback.callbacks.personal_data import StillLive
from ringback.configuration.blocked_numbers import BlockedEntry, blockers_of
from ringback.console.callback_words import state_of
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed
from ringback.console.page import Reader, download, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.telephone_numbers import number_words
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import ContactRequired, InvalidContact, InvalidParameters
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import OrgId

HERE = "personal-data"


async def show(visit: Visit) -> Answer:
    """Ask for the number."""
    return _page(visit, {}, {})


async def look(visit: Visit) -> Answer:
    """What is known of it."""
    return await _looked(visit, visit.form, {})


async def export(visit: Visit) -> Answer:
    """All of it, as a file."""
    try:
        number = await _number(visit, "number")
    except InvalidParameters as error:
        return _page(visit, visit.form, {"number": error.message})
    known = await visit.desk.db.write(personal_data.export, visit.org, number, by=visit.by, now=visit.now)
    blocked = await visit.desk.db.read(blockers_of, visit.org, number)
    told = {**known, "on_block_list": any(entry.blocked.scope == "number" for entry in blocked)}
    content = orjson.dumps(told, option=orjson.OPT_INDENT_2)
    return download(content, "application/json", f"personal-data-{visit.member.organization_key}.json")


async def erase(visit: Visit) -> Answer:
    """Erase it, if the number was typed once more."""
    try:
        number = await _number(visit, "number")
    except InvalidParameters as error:
        return _page(visit, visit.form, {"number": error.message})
    try:
        await _confirmed(visit, number)
        erased = await visit.desk.db.write(personal_data.erase, visit.org, number, by=visit.by, now=visit.now)
    except (InvalidParameters, StillLive) as error:
        return await _looked(visit, visit.form, {"again": error.message})
    count = f"{erased} callback{'' if erased == 1 else 's'}"
    return see_other(visit, visit.at(HERE), notice=f"Erased: {count} of this number. Counts and times stay.")


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself."""
    return see_other(visit, visit.at(HERE))


async def _looked(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    try:
        number = await _number(visit, "number")
    except InvalidParameters as error:
        return _page(visit, typed, {"number": error.message})
    found, blockers, reader = await visit.desk.db.read(_read, visit.org, number)
    return page(
        visit,
        "personal_data.html",
        "Personal data",
        here=HERE,
        status=400 if problems else 200,
        typed=typed,
        problems=problems,
        number=number,
        words=number_words(number),
        found=found,
        live=sum(callback.outcome is None for callback in found),
        blockers=blockers,
        state_of=state_of,
        reader=reader,
    )


def _page(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    status = 400 if problems else 200
    title = "Personal data"
    return page(visit, "personal_data.html", title, here=HERE, status=status, typed=typed, problems=problems, number="")


def _read(tx: Tx, org: OrgId, number: str) -> tuple[list[Callback], list[BlockedEntry], Reader]:
    return personal_data.known_of_number(tx, org, number), blockers_of(tx, org, number), reader_of(tx, org)


async def _number(visit: Visit, field: str) -> str:
    """The number that was typed, in its canonical form. Raises ``InvalidParameters``."""
    settings = await visit.desk.db.read(configurations.settings_of, visit.org)
    try:
        return read_number(visit.form.get(field, ""), settings.numbers.region).key
    except ContactRequired:
        raise InvalidParameters("A number is needed.") from None
    except InvalidContact:
        raise InvalidParameters("This is not a phone number.") from None


async def _confirmed(visit: Visit, number: str) -> None:
    """Raises ``InvalidParameters`` unless the same number was typed once more."""
    if await _number(visit, "again") != number:
        raise InvalidParameters("This is another number.")


_HANDLE = Permission.HANDLE_PERSONAL_DATA

ENTRIES = (
    get("/{org}/personal-data", show, _HANDLE),
    post("/{org}/personal-data", look, _HANDLE),
    get("/{org}/personal-data/export", back, _HANDLE),
    post("/{org}/personal-data/export", export, _HANDLE),
    get("/{org}/personal-data/erase", back, _HANDLE),
    post("/{org}/personal-data/erase", erase, _HANDLE),
)
