"""Messaging > Phone: simulated telephones that text the organization, as customers would."""

import ringback.configuration.service as configurations
import ringback.messaging.service as messaging
from ringback.console.entries import get, post
from ringback.console.forms import Problems, problem_of
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
from ringback.messaging.service import KeptAccount

HERE = "messaging/phone"
_SHOWN = 100
"""Texts on the screen."""
TELEPHONES = ("+12015550123", "+12015550124", "+12015550125")
"""Those that are there to begin with; any other number can be added."""


async def show(visit: Visit) -> Answer:
    """The telephones, and the screen of the chosen one."""
    return await _page(visit, visit.query.get("number", ""), {})


async def send(visit: Visit) -> Answer:
    """Text from the chosen telephone."""
    typed = visit.form
    number, body = typed.get("number", ""), typed.get("body", "")
    try:
        await visit.desk.db.write(
            messaging.text_by_simulator,
            visit.org,
            sender=number,
            to=typed.get("to", ""),
            body=body,
            now=visit.now,
        )
    except (InvalidParameters, ContactRequired, InvalidContact) as error:
        return await _page(visit, number, problem_of(error), body=body)
    if visit.exchange.header(b"sec-fetch-mode") == b"cors":  # the script changes the screen alone
        return await _page(visit, number, {})
    return see_other(visit, f"{visit.at(HERE)}?number={number.replace('+', '%2B')}#compose")


async def _page(visit: Visit, number: str, problems: Problems, *, body: str = "") -> Answer:
    account, reader, region = await visit.desk.db.read(_read, visit.org, visit)
    chosen, wrong = _chosen(number, region)
    ours = account.settings.numbers[0] if account.settings.numbers else ""
    texts: list[StoredText] = []
    if ours and not wrong:
        thread = Thread(visit.org, ours, chosen)
        stored = await visit.desk.db.read(messaging.list_texts, thread, limit=_SHOWN)
        texts = sorted(
            (text for text in stored if _has_arrived(text)), key=lambda text: text.tried_at or text.created_at
        )
    return page(
        visit,
        "phone.html",
        "Phone",
        here=HERE,
        status=400 if problems or wrong else 200,
        account=account,
        is_simulated=account.settings.gateway == "simulator" and account.settings.active and bool(ours),
        ours=ours,
        chosen=chosen,
        telephones=list(dict.fromkeys([*TELEPHONES, chosen])),
        texts=texts,
        reader=reader,
        now=visit.now,
        problems={**problems, **wrong},
        typed={"body": body, "number": number if wrong else ""},
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


def _read(tx: Tx, org: OrgId, visit: Visit) -> tuple[KeptAccount, Reader, str]:
    region = configurations.settings_of(tx, org).numbers.region
    return messaging.kept_account(tx, org, visit.desk.sealer), reader_of(tx, org), region


ENTRIES = (
    get("/{org}/messaging/phone", show),
    post("/{org}/messaging/phone", send, Permission.HANDLE_CALLBACKS),
)
