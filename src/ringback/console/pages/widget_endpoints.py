"""The endpoints of one widget: each with its address and a command for it, and trying them.

Like the page Scheduler > API it is made of the definitions in ``http/scheduler/contract.py``.
"""

from http import HTTPStatus
from typing import Any

import orjson
import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

import ringback.audit.service as audit
from ringback.audit.model import Action
from ringback.configuration.kept_widgets import KeptWidget
from ringback.console.entries import Entry, Handler, get, post
from ringback.console.page import page
from ringback.console.pages.api import Tried, lets_nobody_in, parameters
from ringback.console.pages.api_try import try_endpoint
from ringback.console.pages.widget_words import asks_for_token, guard_words, list_of, offer_words, page_of
from ringback.console.pages.widgets import scene_of
from ringback.console.visit import Visit
from ringback.forecast.wording import moment_words
from ringback.http.answer import Answer
from ringback.http.scheduler.contract import ENDPOINTS, curl, url
from ringback.http.scheduler.endpoint import TOKEN_VARIABLE, Endpoint, Scope
from ringback.http.scheduler.examples import CONTACT_NUMBER
from ringback.identity.model import Permission
from ringback.kernel.clock import to_unix
from ringback.kernel.errors import InvalidContact
from ringback.kernel.phone import NumberRules, mask, parse_number
from ringback.widgets.model import UserDataSet

SHOWN = tuple(each for each in ENDPOINTS if each.scope is Scope.WIDGET)
"""Retrieve Widget Status and Request Callback."""

_MOST_KEYS = 3
"""Of user data in an example."""
_MOST_SLOTS = 200
"""Times that can be chosen from when trying it."""


async def show(visit: Visit) -> Answer:
    """The page."""
    return await _endpoints_page(visit)


async def _endpoints_page(visit: Visit, tried: Tried | None = None) -> Answer:
    scene = await scene_of(visit)
    kept = scene.one(visit)
    offer = scene.offers.get(kept.id)
    token = TOKEN_VARIABLE if asks_for_token(kept) else None
    rules = kept.settings.numbers or scene.around.settings.numbers
    base = visit.desk.base_url
    return page(
        visit,
        "widget_endpoints.html",
        f"API endpoints of “{kept.settings.name}”",
        here=list_of(kept.widget.kind),
        kept=kept,
        own=page_of(kept),
        endpoints=SHOWN,
        url_of=lambda endpoint: url(endpoint, base, kept.id),
        curl_of=lambda endpoint: curl(endpoint, base, kept.id, token=token, body=_body(kept, rules)),
        parameters_of=lambda endpoint: parameters(endpoint, kept.id, f"The public id of this {kept.widget.kind.value}"),
        guard=guard_words(kept.policy, visit.now),
        lets_nobody_in=kept.policy is not None and lets_nobody_in(kept.policy, visit.now),
        asks_for_token=token is not None,
        token_variable=TOKEN_VARIABLE.removeprefix("$"),
        base_url=base,
        offer=offer_words(kept, offer, scene.reader, visit.now),
        offers_asap=offer is not None and offer.asap,
        slots=[
            (to_unix(slot), moment_words(slot, scene.reader.zone, "en", visit.now))
            for slot in (offer.slots if offer else ())[:_MOST_SLOTS]
        ],
        example_number=example_number(rules),
        tried=tried,
        may_try=lambda endpoint: visit.may(needed_to_try(endpoint)),
    )


def needed_to_try(endpoint: Endpoint) -> Permission:
    """What somebody must be allowed to do to try an endpoint here: to ask for a callback is to have somebody called."""
    return Permission.HANDLE_CALLBACKS if endpoint.key == "request_callback" else Permission.SEE


def example_number(rules: NumberRules) -> str:
    """A number that the rules allow, as libphonenumber makes up for examples; where it has none, the usual example."""
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP, PhoneNumberType.TOLL_FREE)
    for region in rules.countries or (rules.region,):
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            text = phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else CONTACT_NUMBER
            if _is_allowed(text, rules):
                return text
    return CONTACT_NUMBER


def example_user_data(data_set: UserDataSet | None) -> dict[str, Any]:
    """The first keys of the set that a caller may fill."""
    keys = [key for key in data_set.keys if not key.always_replace][:_MOST_KEYS] if data_set else []
    return {key.key: "4711" if key.default is None else key.default for key in keys}


def _body(kept: KeptWidget, rules: NumberRules) -> dict[str, Any]:
    """What to send in the example: something that this widget accepts."""
    data = example_user_data(kept.user_data_set)
    return {"contact_number": example_number(rules), "channel": "api", **({"user_data": data} if data else {})}


def _is_allowed(text: str, rules: NumberRules) -> bool:
    try:
        parse_number(text, rules)
    except InvalidContact:
        return False
    return True


def _trying(endpoint: Endpoint) -> Handler:
    async def try_it(visit: Visit) -> Answer:
        kept = (await scene_of(visit)).one(visit)
        tried = await try_endpoint(visit, endpoint, kept.id)
        if endpoint.key == "request_callback" and tried.status == HTTPStatus.OK:
            await _note_request(visit, kept, tried)
        return await _endpoints_page(visit, tried)

    return try_it


async def _note_request(visit: Visit, kept: KeptWidget, tried: Tried) -> None:
    """Somebody here has had somebody called: the audit log tells who."""
    (entry,) = orjson.loads(tried.text)["data"]
    number = mask(visit.form.get("p-contact_number", ""))
    await visit.desk.db.write(
        audit.record,
        visit.org,
        Action.CREATED,
        subject_kind="callback",
        subject_key=entry["callback_request_id"],
        before=None,
        after={"number": number, "widget": kept.widget.key},
        actor=visit.by.actor,
        origin=visit.by.origin,
        now=visit.now,
    )


_ONE = "/{org}/scheduler/widgets/{widget}/endpoints"

ENTRIES: tuple[Entry, ...] = (
    get(_ONE, show),
    *(post(f"{_ONE}/{endpoint.key}", _trying(endpoint), needed_to_try(endpoint)) for endpoint in SHOWN),
)
