"""Organization > Personal data: what is known of a number, handed out or erased. No address has a number in it."""

from collections.abc import Mapping
from typing import Any

import orjson

import ringback.configuration.service as configurations
from ringback.audit.model import Author
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
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.errors import ContactRequired, InvalidContact, InvalidParameters
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import OrgId
from ringback.messaging.personal_data import erase_texts, texts_told, wants_no_texts

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
    told = await visit.desk.db.write(_export, visit.org, number, by=visit.by, now=visit.now)
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
        erased = await visit.desk.db.write(_erase, visit.org, number, by=visit.by, now=visit.now)
    except (InvalidParameters, StillLive) as error:
        return await _looked(visit, visit.form, {"again": error.message})
    words = _counted(erased["callbacks"], erased["texts"])
    return see_other(visit, visit.at(HERE), notice=f"Erased: {words} of this number. Counts and times stay.")


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself."""
    return see_other(visit, visit.at(HERE))


async def _looked(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    try:
        number = await _number(visit, "number")
    except InvalidParameters as error:
        return _page(visit, typed, {"number": error.message})
    found, texts, blockers, reader = await visit.desk.db.read(_read, visit.org, number)
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
        counted=_counted(len(found), texts) if found or texts else "",
        live=sum(callback.outcome is None for callback in found),
        blockers=blockers,
        state_of=state_of,
        reader=reader,
    )


def _page(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    status = 400 if problems else 200
    title = "Personal data"
    return page(visit, "personal_data.html", title, here=HERE, status=status, typed=typed, problems=problems, number="")


def _read(tx: Tx, org: OrgId, number: str) -> tuple[list[Callback], int, list[BlockedEntry], Reader]:
    texts = len(texts_told(tx, org, number))
    return personal_data.known_of_number(tx, org, number), texts, blockers_of(tx, org, number), reader_of(tx, org)


def _export(tx: Tx, org: OrgId, number: str, *, by: Author, now: Instant) -> Mapping[str, Any]:
    """All that is known of a number, wherever it is kept."""
    callbacks, texts = personal_data.callbacks_told(tx, org, number), texts_told(tx, org, number)
    facts = {"callbacks": len(callbacks), "texts": len(texts)}
    personal_data.note_export(tx, org, number, facts, by=by, now=now)
    blocked = any(entry.blocked.scope == "number" for entry in blockers_of(tx, org, number))
    return {
        "number": number,
        "exported_at": to_datetime(now).isoformat(),
        "callbacks": callbacks,
        "texts": texts,
        "wants_no_texts": wants_no_texts(tx, org, number),
        "on_block_list": blocked,
    }


def _erase(tx: Tx, org: OrgId, number: str, *, by: Author, now: Instant) -> Mapping[str, int]:
    """Erase it, all or nothing. Raises ``StillLive``."""
    callbacks = personal_data.erase_callbacks(tx, org, number, now=now)
    facts = {"callbacks": callbacks, "texts": erase_texts(tx, org, number)}
    if any(facts.values()):
        personal_data.note_erasure(tx, org, number, facts, by=by, now=now)
    return facts


def _counted(callbacks: int, texts: int) -> str:
    words = f"{callbacks} callback{'' if callbacks == 1 else 's'}"
    return f"{words} and {texts} text{'' if texts == 1 else 's'}" if texts else words


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
