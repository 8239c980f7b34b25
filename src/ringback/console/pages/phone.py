"""Messaging > Phone: simulated telephones that text the organization, as customers would."""

from dataclasses import dataclass, field
from urllib.parse import quote

import ringback.configuration.service as configurations
import ringback.messaging.service as messaging
from ringback.console.entries import get, post
from ringback.console.forms import Problems
from ringback.console.page import Reader, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import ContactRequired, InvalidContact, InvalidParameters
from ringback.kernel.phone import read_number
from ringback.kernel.tenancy import OrgId
from ringback.messaging.model import StoredText, TextKind, TextState, Thread

HERE = "messaging/phone"
TELEPHONES = ("+12015550123", "+12015550124", "+12015550125")
"""Those that are there to begin with; any other number can be used."""
_SHOWN = 100
"""Texts on the screen."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone with what is on its screen."""

    number: str
    ours: str
    """The organization's number that it texts; empty where there is none."""
    is_there: bool
    """The simulator carries the organization's texts."""
    texts: list[StoredText] = field(repr=False)
    typed: str = ""
    problem: str = ""


async def show(visit: Visit) -> Answer:
    """The telephones, and the screen of the chosen one."""
    return await _page(visit, visit.query.get("number", ""))


async def send(visit: Visit) -> Answer:
    """Text from the chosen telephone."""
    number, problem = visit.form.get("number", ""), await text_from_phone(visit)
    if problem or is_by_script(visit):  # the script changes the screen alone
        return await _page(visit, number, problem)
    return see_other(visit, f"{visit.at(HERE)}?number={quote(number)}#compose")


async def text_from_phone(visit: Visit) -> str:
    """Send what was typed on a telephone; what is wrong with it, if it was not sent."""
    form = visit.form
    number, ours, body = form.get("number", ""), form.get("to", ""), form.get("body", "")
    try:
        await visit.desk.db.write(
            messaging.text_by_simulator, visit.org, sender=number, to=ours, body=body, now=visit.now
        )
    except (InvalidParameters, ContactRequired, InvalidContact) as error:
        return error.message
    return ""


async def phone_of(visit: Visit, number: str, problem: str = "") -> Phone:
    """The telephone of that number."""
    account = await visit.desk.db.read(messaging.kept_account, visit.org, visit.desk.sealer)
    settings = account.settings
    ours = settings.numbers[0] if settings.numbers else ""
    is_there = settings.gateway == "simulator" and settings.active and bool(ours)
    stored = await visit.desk.db.read(messaging.list_texts, Thread(visit.org, ours, number), limit=_SHOWN)
    arrived = (text for text in stored if _has_arrived(text))
    texts = sorted(arrived, key=lambda text: (text.tried_at or text.created_at, text.place))
    return Phone(number, ours, is_there, texts, visit.form.get("body", "") if problem else "", problem)


def is_by_script(visit: Visit) -> bool:
    """Whether the page's script has sent the form: it wants the page at once."""
    return visit.exchange.header(b"sec-fetch-mode") == b"cors"


async def _page(visit: Visit, asked: str, problem: str = "") -> Answer:
    reader, region = await visit.desk.db.read(_read, visit.org)
    number, wrong = _chosen(asked, region)
    return page(
        visit,
        "phone.html",
        "Phone",
        here=HERE,
        status=400 if problem or wrong else 200,
        phone=await phone_of(visit, number, problem),
        telephones=list(dict.fromkeys([*TELEPHONES, number])),
        reader=reader,
        now=visit.now,
        typed={"number": asked if wrong else ""},
        problems=wrong,
        may_text=visit.may(Permission.HANDLE_CALLBACKS),
    )


def _has_arrived(text: StoredText) -> bool:
    """Whether it is on the telephone: it was typed there, or has got there."""
    return text.kind is TextKind.INBOUND or text.state in {TextState.DELIVERED, TextState.READ}


def _chosen(number: str, region: str) -> tuple[str, Problems]:
    if not number.strip():
        return TELEPHONES[0], {}
    try:
        return read_number(number, region).e164, {}
    except (ContactRequired, InvalidContact) as error:
        return TELEPHONES[0], {"number": error.message}


def _read(tx: Tx, org: OrgId) -> tuple[Reader, str]:
    return reader_of(tx, org), configurations.settings_of(tx, org).numbers.region


ENTRIES = (
    get("/{org}/messaging/phone", show),
    post("/{org}/messaging/phone", send, Permission.HANDLE_CALLBACKS),
)
