"""Scheduler > API: the organization's endpoints as they are served, and what guards them.

Everything that is told of an endpoint comes from ``http/scheduler/contract.py``, as the reference and OpenAPI do.
"""

from dataclasses import dataclass
from http import HTTPStatus

import ringback.audit.service as audit
from ringback.access.model import Match
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.policies import (
    CLOSED,
    PUBLIC,
    Guard,
    KeptPolicy,
    guard_of,
    guard_organization,
    kept_policies,
)
from ringback.console.entries import get, post
from ringback.console.page import Notice, Reader, Undo, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.http.scheduler.contract import ENDPOINTS, curl, url
from ringback.http.scheduler.endpoint import PUBLIC_ID, TOKEN_VARIABLE, Endpoint, Parameter, Scope
from ringback.http.scheduler.parameters import ACCESS_HEADERS
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId, PolicyId

HERE = "scheduler/api"

SHOWN = tuple(reversed([each for each in ENDPOINTS if each.scope is Scope.ORGANIZATION]))
"""Cancel Callback Request, Callback Status, Widget Status: what an integration needs once, then what it polls."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying an endpoint from the page."""

    key: str
    status: int
    reason: str
    text: str
    request_line: str


@dataclass(frozen=True, slots=True)
class Access:
    """What guards the organization's endpoints, and what could."""

    guard: Guard
    policies: tuple[KeptPolicy, ...]
    last_change: AuditEntry | None

    @property
    def chosen(self) -> str:
        """The value of the drop-down."""
        return value_of(self.guard)

    @property
    def policy(self) -> KeptPolicy | None:
        """The policy, if one guards them."""
        return self.policy_of(self.guard)

    def policy_of(self, guard: Guard) -> KeptPolicy | None:
        """The policy of a guard, if it is one."""
        return next((each for each in self.policies if each.id == guard.policy_id), None)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Value and words of what can be chosen."""
        listed = [(str(policy.id), policy.settings.name) for policy in self.policies]
        return [*listed, ("public", "None: open to everybody"), ("closed", "None: closed to everybody")]

    def name_of(self, guard: Guard) -> str:
        """A guard in words."""
        policy = self.policy_of(guard)
        if policy is not None:
            return f"“{policy.settings.name}”"
        return "open to everybody" if guard.public else "closed to everybody"


async def show(visit: Visit) -> Answer:
    """The page."""
    return await api_page(visit)


async def api_page(visit: Visit, tried: Tried | None = None) -> Answer:
    """The page, with what came of trying an endpoint."""
    access, reader = await visit.desk.db.read(_read, visit.org)
    token = TOKEN_VARIABLE if asks_for_token(access) else None
    base = visit.desk.base_url
    return page(
        visit,
        "api.html",
        "API",
        here=HERE,
        endpoints=SHOWN,
        url_of=lambda endpoint: url(endpoint, base, visit.org),
        curl_of=lambda endpoint: curl(endpoint, base, visit.org, token=token),
        parameters_of=lambda endpoint: parameters(endpoint, visit.org, "The organization's ID"),
        path_of=lambda endpoint: f"{endpoint.method} {endpoint.path.replace(':id', visit.org)}",
        access=access,
        asks_for_token=token is not None,
        words=policy_words(access.policy, visit.now) if access.policy else "",
        lets_nobody_in=access.policy is not None and lets_nobody_in(access.policy, visit.now),
        token_variable=TOKEN_VARIABLE.removeprefix("$"),
        base_url=base,
        reader=reader,
        tried=tried,
        may_choose=visit.may(Permission.MANAGE_ACCESS),
        may_try=lambda endpoint: visit.may(needed_to_try(endpoint)),
    )


def needed_to_try(endpoint: Endpoint) -> Permission:
    """What somebody must be allowed to do to try an endpoint here. The token that they type opens it, or not."""
    return Permission.HANDLE_CALLBACKS if endpoint.key == "cancel_callback" else Permission.SEE


async def confirm_access(visit: Visit) -> Answer:
    """What choosing in the drop-down would mean."""
    access, _ = await visit.desk.db.read(_read, visit.org)
    return _confirmation(visit, access, _guard(access, visit.query.get("access", "")), access.guard)


async def choose_access(visit: Visit) -> Answer:
    """Put something else in charge, from the next request on."""
    access, _ = await visit.desk.db.read(_read, visit.org)
    guard, seen = _guard(access, visit.form.get("access", "")), _guard(access, visit.form.get("seen", ""))
    try:
        await visit.desk.db.write(guard_organization, visit.org, guard, seen=seen, by=visit.by, now=visit.now)
    except ChangedMeanwhile:
        access, _ = await visit.desk.db.read(_read, visit.org)
        return _confirmation(visit, access, guard, seen, changed=True)
    back = Undo(visit.at(f"{HERE}/access"), {"access": value_of(seen), "seen": value_of(guard)})
    return see_other(visit, visit.at(HERE), notice=Notice(_done(access, guard), None if guard == seen else back))


def value_of(guard: Guard) -> str:
    """A guard as a form sends it."""
    return str(guard.policy_id or ("public" if guard.public else "closed"))


def asks_for_token(access: Access) -> bool:
    """Whether a caller needs a token, now or, while it is closed, probably later."""
    return bool(access.policy.tokens) if access.policy else not access.guard.public


def policy_words(policy: KeptPolicy, now: Instant) -> str:
    """What a policy asks of a caller, in a sentence."""
    networks = len(policy.settings.networks)
    from_networks = f"an address in {networks} network{'s' if networks != 1 else ''}"
    usable = [token.name for token in policy.tokens if token.is_usable(now)]
    what = f"the token “{usable[0]}”" if len(usable) == 1 else f"one of {len(usable)} tokens"
    if not usable:
        what = "a token, of which none is in use"
    if networks and policy.tokens:
        link = "or" if policy.settings.match is Match.ANY else "and"
        return f"Asks for {from_networks} {link} {what}."
    if networks:
        return f"Asks for {from_networks}."
    return f"Asks for {what}." if policy.tokens else "Has neither networks nor tokens."


def lets_nobody_in(policy: KeptPolicy, now: Instant) -> bool:
    """Whether no request at all can pass."""
    usable = any(token.is_usable(now) for token in policy.tokens)
    networks = bool(policy.settings.networks)
    if networks and policy.tokens and policy.settings.match is Match.ALL:
        return not usable
    return not (networks or usable)


def _read(tx: Tx, org: OrgId) -> tuple[Access, Reader]:
    last = audit.search(tx, org, Search(subject_kind="organization"), limit=1)
    return Access(guard_of(tx, org), kept_policies(tx, org), last[0] if last else None), reader_of(tx, org)


def _guard(access: Access, value: str) -> Guard:
    fixed = {"public": PUBLIC, "closed": CLOSED}.get(value)
    if fixed is not None:
        return fixed
    guard = Guard(PolicyId(value))
    if access.policy_of(guard) is None:
        raise NotFound("There is no such policy.")
    return guard


def parameters(endpoint: Endpoint, public_id: str, what: str) -> list[tuple[str, Parameter]]:
    """Where each parameter stands, and what it is. ``what`` says whose public id stands in the path."""
    definition = f"{what}, `{public_id}`. It is part of the path."
    path = Parameter(endpoint.path_parameter, PUBLIC_ID, definition, public_id, required=True)
    return [
        ("path", path),
        *(("body", each) for each in endpoint.body_parameters),
        *(("query", each) for each in endpoint.query_parameters),
        *(("header", each) for each in (*ACCESS_HEADERS, *endpoint.header_parameters)),
    ]


def _confirmation(visit: Visit, access: Access, guard: Guard, seen: Guard, *, changed: bool = False) -> Answer:
    policy = access.policy_of(guard)
    return page(
        visit,
        "api_access.html",
        "Change the access control policy?",
        here=HERE,
        status=HTTPStatus.CONFLICT if changed else HTTPStatus.OK,
        access=access,
        guard=guard,
        policy=policy,
        value=value_of(guard),
        seen=value_of(access.guard),
        seen_name=access.name_of(seen),
        words=policy_words(policy, visit.now) if policy else "",
        lets_nobody_in=policy is not None and lets_nobody_in(policy, visit.now),
        changed=changed,
    )


def _done(access: Access, guard: Guard) -> str:
    policy = access.policy_of(guard)
    if policy is not None:
        return f"From now on “{policy.settings.name}” guards the organization's endpoints."
    return f"From now on the organization's endpoints are {access.name_of(guard)}."


ENTRIES = (
    get("/{org}/scheduler/api", show),
    get("/{org}/scheduler/api/access", confirm_access, Permission.MANAGE_ACCESS),
    post("/{org}/scheduler/api/access", choose_access, Permission.MANAGE_ACCESS),
)
