"""Messaging > Conversations: read them, find one, and see who wants no texts. Not for viewers: people are in them."""

from urllib.parse import quote

import ringback.configuration.service as configurations
import ringback.messaging.service as messaging
from ringback.configuration.blocked_numbers import blockers_of
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import Notice, Reader, Undo, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.telephone_numbers import number_words
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant
from ringback.kernel.errors import ContactRequired, InvalidContact, NotFound
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import StoredText, Thread

HERE = "messaging/conversations"
_A_PAGE = 50
_SHOWN = 500
"""Texts of a conversation."""


async def show(visit: Visit) -> Answer:
    """Conversations, the one that went on last first."""
    asked, problems = visit.query.get("number", "").strip(), dict[str, str]()
    reader, region = await visit.desk.db.read(_reader, visit.org)
    number = ""
    if asked:
        number, problems = _canonical(asked, region)
    before = visit.query.get("before", "")
    found = await visit.desk.db.read(
        messaging.list_conversations,
        visit.org,
        number=number,
        before=Instant(int(before)) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        limit=_A_PAGE + 1,
    )
    return page(
        visit,
        "conversations.html",
        "Conversations",
        here=HERE,
        status=400 if problems else 200,
        conversations=[] if problems else found[:_A_PAGE],
        older=found[_A_PAGE - 1].updated_at if len(found) > _A_PAGE else None,
        asked=asked,
        problems=problems,
        reader=reader,
        now=visit.now,
        address_of=address_of,
    )


async def read(visit: Visit) -> Answer:
    """One conversation."""
    thread = _thread(visit)
    texts, reader = await visit.desk.db.read(_read, thread)
    if not texts:
        raise NotFound("There is no such conversation.")
    opted = await visit.desk.db.read(messaging.list_conversations, visit.org, number=thread.customer_number, limit=1)
    blockers = await visit.desk.db.read(blockers_of, visit.org, thread.customer_number)
    return page(
        visit,
        "conversation.html",
        number_words(thread.customer_number),
        here=HERE,
        thread=thread,
        texts=texts,
        reader=reader,
        now=visit.now,
        opted_out=bool(opted and opted[0].opted_out),
        is_blocked=bool(blockers),
    )


async def opt_outs(visit: Visit) -> Answer:
    """Who wants no texts."""
    return await _opt_outs(visit, {}, {})


async def opt_out(visit: Visit) -> Answer:
    """Send nothing more to a number."""
    typed = visit.form.get("number", "")
    try:
        is_new = await visit.desk.db.write(messaging.opt_out, visit.org, typed, by=visit.by, now=visit.now)
    except (ContactRequired, InvalidContact) as error:
        return await _opt_outs(visit, visit.form, {"number": problem_of(error).get("", error.message)})
    undo = Undo(visit.at("messaging/opt-outs/remove"), {"number": typed})
    told = Notice("Nothing more is sent to that number.", undo) if is_new else "That number gets no texts already."
    return see_other(visit, visit.at("messaging/opt-outs"), notice=told)


async def ask_opt_in(visit: Visit) -> Answer:
    """What sending texts again would mean."""
    number = visit.query.get("number", "")
    return page(visit, "opt_in.html", "Send texts to this number again?", here="messaging/opt-outs", number=number)


async def opt_in(visit: Visit) -> Answer:
    """Send texts to a number again."""
    typed = visit.form.get("number", "")
    try:
        was_out = await visit.desk.db.write(messaging.opt_in, visit.org, typed, by=visit.by, now=visit.now)
    except (ContactRequired, InvalidContact) as error:
        return await _opt_outs(visit, visit.form, {"number": error.message})
    undo = Undo(visit.at("messaging/opt-outs"), {"number": typed})
    told = Notice("That number gets texts again.", undo) if was_out else "That number had not opted out."
    return see_other(visit, visit.at("messaging/opt-outs"), notice=told)


def address_of(thread: Thread) -> str:
    """Where one conversation is read, below the organization."""
    return f"{HERE}/{quote(thread.our_number, safe='')}/{quote(thread.customer_number, safe='')}"


async def _opt_outs(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    reader, _ = await visit.desk.db.read(_reader, visit.org)
    found = await visit.desk.db.read(messaging.list_opt_outs, visit.org, limit=_SHOWN)
    return page(
        visit,
        "opt_outs.html",
        "Opt-outs",
        here="messaging/opt-outs",
        status=400 if problems else 200,
        found=found,
        most=_SHOWN,
        typed=typed,
        problems=problems,
        reader=reader,
        now=visit.now,
    )


def _thread(visit: Visit) -> Thread:
    return Thread(visit.org, visit.path["ours"], visit.path["theirs"])


def _canonical(asked: str, region: str) -> tuple[str, Problems]:
    try:
        return read_number(asked, region).e164, {}
    except (ContactRequired, InvalidContact):
        return "", {"number": "This is not a phone number."}


def _reader(tx: Tx, org: OrgId) -> tuple[Reader, str]:
    return reader_of(tx, org), configurations.settings_of(tx, org).numbers.region


def _read(tx: Tx, thread: Thread) -> tuple[list[StoredText], Reader]:
    return messaging.list_texts(tx, thread, limit=_SHOWN), reader_of(tx, thread.org)


ENTRIES = (
    get("/{org}/messaging/conversations", show, Permission.HANDLE_CALLBACKS),
    get("/{org}/messaging/conversations/{ours}/{theirs}", read, Permission.HANDLE_CALLBACKS),
    get("/{org}/messaging/opt-outs", opt_outs, Permission.HANDLE_CALLBACKS),
    post("/{org}/messaging/opt-outs", opt_out, Permission.HANDLE_CALLBACKS),
    get("/{org}/messaging/opt-outs/remove", ask_opt_in, Permission.HANDLE_CALLBACKS),
    post("/{org}/messaging/opt-outs/remove", opt_in, Permission.HANDLE_CALLBACKS),
)
