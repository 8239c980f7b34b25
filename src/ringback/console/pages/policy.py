"""One access control policy: settings, networks, what it guards, and the tester. Its tokens are in ``tokens.py``."""

from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address

from pydantic import ValidationError

import ringback.audit.service as audit
from ringback.access.decide import admit
from ringback.access.model import PolicySettings
from ringback.access.networks import NO_ADDRESS, Address, canonical_address, read_network
from ringback.audit.model import AuditEntry, Search
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.policies import (
    KeptPolicy,
    add_network,
    change_policy,
    kept_policy,
    remove_network,
    remove_policy,
)
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import Notice, Reader, Undo, network_words, page, see_other
from ringback.console.pages.api import lets_nobody_in, policy_words
from ringback.console.pages.policies import HERE
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import Forbidden, InvalidParameters, Unauthorized
from ringback.kernel.tenancy import OrgId, PolicyId


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tester says."""

    is_in: bool
    words: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed into the page's forms, and what is wrong with it."""

    typed: Typed
    problems: Problems
    verdict: Verdict | None = None


async def show(visit: Visit) -> Answer:
    """The policy."""
    return await policy_page(visit)


async def policy_page(visit: Visit, filled: Filled | None = None, *, status: int = HTTPStatus.OK) -> Answer:
    """The page with what was typed into one of its forms."""
    policy, reader = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    return page(
        visit,
        "policy.html",
        policy.settings.name,
        here=HERE,
        status=status,
        policy=policy,
        own=f"{HERE}/{policy.id}",
        address=str(visit.address),
        address_is_listed=visit.address in policy.policy.networks,
        words=policy_words(policy, visit.now),
        lets_nobody_in=lets_nobody_in(policy, visit.now),
        reader=reader,
        now=visit.now,
        filled=filled or Filled({}, {}),
        may_edit=visit.may(Permission.MANAGE_ACCESS),
    )


async def edit(visit: Visit) -> Answer:
    """The form for name, description and rule."""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    settings = policy.settings
    typed = {"name": settings.name, "description": settings.description, "match": settings.match.value}
    return _edit_form(visit, policy, typed | {"seen": policy.version}, {})


async def save(visit: Visit) -> Answer:
    """Save them, unless somebody else has meanwhile."""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    form = visit.form
    try:
        settings = PolicySettings.model_validate(
            {
                "name": form.get("name", ""),
                "description": form.get("description", ""),
                "match": form.get("match", ""),
            }
        )
        seen = form.get("seen", "")
        await visit.desk.db.write(change_policy, visit.org, policy.id, settings, seen=seen, by=visit.by, now=visit.now)
    except ValidationError as error:
        return _edit_form(visit, policy, form, problems_of(error))
    except InvalidParameters as error:
        return _edit_form(visit, policy, form, problem_of(error))
    except ChangedMeanwhile:
        policy, _ = await visit.desk.db.read(_read, visit.org, policy.id)
        last = await visit.desk.db.read(_last_change, visit.org, policy.key)
        return _edit_form(visit, policy, {**form, "seen": policy.version}, {}, last=last)
    return see_other(visit, visit.at(f"{HERE}/{policy.id}"), notice="Saved. It applies from the next request on.")


async def allow(visit: Visit) -> Answer:
    """Add a network."""
    policy_id = PolicyId(visit.path["policy"])
    text = str(visit.address) if visit.form.get("mine") else visit.form.get("network", "").strip()
    try:
        network = read_network(text)
        await visit.desk.db.write(add_network, visit.org, policy_id, network, by=visit.by, now=visit.now)
    except ValueError as error:
        message = str(error)
        problems = {"network": f"{message[:1].upper()}{message[1:]}." if text else "An address or a network is needed."}
        return await policy_page(visit, Filled(visit.form, problems), status=HTTPStatus.BAD_REQUEST)
    except InvalidParameters as error:
        return await policy_page(visit, Filled(visit.form, problem_of(error)), status=HTTPStatus.BAD_REQUEST)
    back = Undo(visit.at(f"{HERE}/{policy_id}/networks/remove"), {"network": str(network)})
    return see_other(
        visit, visit.at(f"{HERE}/{policy_id}"), notice=Notice(f"{network_words(network)} is let in.", back)
    )


async def ask_forbid(visit: Visit) -> Answer:
    """What removing a network would mean."""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    network = visit.query.get("network", "")
    return page(
        visit,
        "policy_network_remove.html",
        f"Remove {network.removesuffix('/32').removesuffix('/128')}?",
        here=HERE,
        policy=policy,
        network=network,
        is_last=[str(each) for each in policy.settings.networks] == [network],
    )


async def forbid(visit: Visit) -> Answer:
    """Remove a network."""
    policy_id = PolicyId(visit.path["policy"])
    try:
        network = read_network(visit.form.get("network", ""))
    except ValueError as error:
        raise InvalidParameters(f"{error}.") from None
    await visit.desk.db.write(remove_network, visit.org, policy_id, network, by=visit.by, now=visit.now)
    back = Undo(visit.at(f"{HERE}/{policy_id}/networks"), {"network": str(network)})
    return see_other(
        visit, visit.at(f"{HERE}/{policy_id}"), notice=Notice(f"{network_words(network)} is not let in any more.", back)
    )


async def ask_remove(visit: Visit) -> Answer:
    """What removing the policy would mean."""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    usable = sum(token.is_usable(visit.now) for token in policy.tokens)
    title = f"Remove “{policy.settings.name}”?"
    return page(visit, "policy_remove.html", title, here=HERE, policy=policy, usable=usable)


async def remove(visit: Visit) -> Answer:
    """Remove the policy with its tokens."""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    await visit.desk.db.write(remove_policy, visit.org, policy.id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(HERE), notice=f"“{policy.settings.name}” is removed.")


async def test(visit: Visit) -> Answer:
    """Would this address with this token get in?"""
    policy, _ = await visit.desk.db.read(_read, visit.org, PolicyId(visit.path["policy"]))
    typed = {name: visit.form.get(name, "").strip() for name in ("address", "token")}
    shown = {"address": typed["address"]}
    try:
        address = canonical_address(ip_address(typed["address"])) if typed["address"] else NO_ADDRESS
    except ValueError:
        problems = {"address": "This is not an IPv4 or IPv6 address."}
        return await policy_page(visit, Filled(shown, problems), status=HTTPStatus.BAD_REQUEST)
    return await policy_page(visit, Filled(shown, {}, _verdict(policy, address, typed["token"], visit)))


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself: the page they are on."""
    return see_other(visit, visit.at(f"{HERE}/{visit.path['policy']}"))


def _verdict(policy: KeptPolicy, address: Address, token: str, visit: Visit) -> Verdict:
    try:
        admission = admit(
            policy.policy, open_without_policy=False, address=address, presented=token or None, now=visit.now
        )
    except Unauthorized:
        why = "the token is not one of this policy, or is expired or revoked" if token else "a token is needed"
        return Verdict(is_in=False, words=f"Refused with 401 Unauthorized: {why}.")
    except Forbidden:
        return Verdict(is_in=False, words="Refused with 403 Forbidden: the address is in none of the networks.")
    used = next((each.name for each in policy.tokens if each.id == admission.token_id), None)
    return Verdict(is_in=True, words=f"Let in, by the token “{used}”." if used else "Let in, by its address.")


def _read(tx: Tx, org: OrgId, policy_id: PolicyId) -> tuple[KeptPolicy, Reader]:
    return kept_policy(tx, org, policy_id), reader_of(tx, org)


def _last_change(tx: Tx, org: OrgId, key: str) -> AuditEntry | None:
    entries = audit.search(tx, org, Search(subject_kind="policy", subject_key=key), limit=5)
    return next((entry for entry in entries if entry.subject_key == key), None)


def _edit_form(
    visit: Visit, policy: KeptPolicy, typed: Typed, problems: Problems, *, last: AuditEntry | None = None
) -> Answer:
    theirs = {
        "Name": policy.settings.name,
        "Description": policy.settings.description,
        "Rule": policy.settings.match.value,
    }
    mine = {"Name": typed.get("name", ""), "Description": typed.get("description", ""), "Rule": typed.get("match", "")}
    return page(
        visit,
        "policy_edit.html",
        f"Edit “{policy.settings.name}”",
        here=HERE,
        status=HTTPStatus.CONFLICT if last else HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        policy=policy,
        typed=typed,
        problems=problems,
        last=last,
        differences=[(name, theirs[name], mine[name]) for name in theirs if theirs[name] != mine[name]],
    )


_ONE = "/{org}/scheduler/policies/{policy}"

ENTRIES = (
    get(_ONE, show),
    get(f"{_ONE}/edit", edit, Permission.MANAGE_ACCESS),
    post(f"{_ONE}/edit", save, Permission.MANAGE_ACCESS),
    get(f"{_ONE}/networks", back),
    post(f"{_ONE}/networks", allow, Permission.MANAGE_ACCESS),
    get(f"{_ONE}/networks/remove", ask_forbid, Permission.MANAGE_ACCESS),
    post(f"{_ONE}/networks/remove", forbid, Permission.MANAGE_ACCESS),
    get(f"{_ONE}/remove", ask_remove, Permission.MANAGE_ACCESS),
    post(f"{_ONE}/remove", remove, Permission.MANAGE_ACCESS),
    get(f"{_ONE}/test", back),
    post(f"{_ONE}/test", test, Permission.SEE),
)
