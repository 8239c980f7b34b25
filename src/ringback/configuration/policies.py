"""Changing access control from the console, one thing at a time: policies, tokens, and what guards the organization.

What ``apply.py`` does with a file as a whole these use cases do with one policy or token, and the audit log tells of
both in the same words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

import ringback.access.store as access
import ringback.organizations.store as organizations
import ringback.widgets.store as widgets
from ringback.access.model import AccessToken, Policy, PolicySettings
from ringback.access.networks import Network
from ringback.access.tokens import Issued, issue
from ringback.audit.model import Action, Author, Facts
from ringback.configuration.editing import (
    ChangedMeanwhile,
    free_key,
    lock,
    note,
    organization_of,
    refuse_same_name,
    version_of,
)
from ringback.db.tx import Tx
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.errors import InvalidParameters, NotFound, RingbackError
from ringback.kernel.ids import new_id
from ringback.kernel.tenancy import OrgId, PolicyId, TokenId
from ringback.organizations.store import StoredOrganization
from ringback.widgets.model import Widget

MOST_TOKENS = 100
"""Tokens of a policy that are in use; every request compares with all of them."""


class PolicyInUse(RingbackError):
    """A policy that guards something cannot be removed."""

    code = "PolicyInUse"


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A policy with all that is known of it."""

    id: PolicyId
    key: str
    settings: PolicySettings
    policy: Policy
    guards_organization: bool
    guards: tuple[Widget, ...]
    """Widgets and conveys, in display order."""

    @property
    def tokens(self) -> tuple[AccessToken, ...]:
        """Every token ever issued on it, oldest first."""
        return self.policy.tokens

    @property
    def is_used(self) -> bool:
        """Whether it guards anything."""
        return self.guards_organization or bool(self.guards)

    @property
    def version(self) -> str:
        """What tells two states of its settings apart, but for the networks, which are changed one by one."""
        return version_of(self.settings.model_copy(update={"networks": ()}))


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may use the organization's endpoints: those whom a policy lets in, everybody, or nobody."""

    policy_id: PolicyId | None = None
    public: bool = False


CLOSED = Guard()
PUBLIC = Guard(public=True)


def kept_policies(tx: Tx, org: OrgId) -> tuple[KeptPolicy, ...]:
    """The organization's policies by name."""
    organization = organization_of(tx, org)
    displayed = widgets.all_of(tx, org, default_language=organization.settings.default_language)
    return policies_guarding(tx, organization, displayed)


def policies_guarding(tx: Tx, organization: StoredOrganization, displayed: Sequence[Widget]) -> tuple[KeptPolicy, ...]:
    """The organization's policies by name, for those who have read its widgets already."""
    policies = [
        KeptPolicy(
            id=policy_id,
            key=key,
            settings=settings,
            policy=policy,
            guards_organization=organization.policy_id == policy_id,
            guards=tuple(widget for widget in displayed if widget.policy_id == policy_id),
        )
        for policy_id, (key, settings, policy) in access.all_of(tx, organization.id).items()
    ]
    return tuple(sorted(policies, key=lambda each: (each.settings.name.casefold(), each.key)))


def kept_policy(tx: Tx, org: OrgId, policy_id: PolicyId) -> KeptPolicy:
    """One of them. Raises ``NotFound``."""
    for policy in kept_policies(tx, org):
        if policy.id == policy_id:
            return policy
    raise NotFound("There is no such policy.")


def guard_of(tx: Tx, org: OrgId) -> Guard:
    """What guards the organization's endpoints. Raises ``NotFound``."""
    organization = organization_of(tx, org)
    return Guard(organization.policy_id, organization.public and organization.policy_id is None)


def create_policy(tx: Tx, org: OrgId, settings: PolicySettings, *, by: Author, now: Instant) -> PolicyId:
    """A new policy. Raises ``InvalidParameters`` (``name``) when another one is called so."""
    lock(tx, org)
    others = kept_policies(tx, org)
    refuse_same_name(settings.name, (each.settings.name for each in others), what="policy")
    policy_id = PolicyId(new_id(now))
    key = free_key(settings.name, {each.key for each in others}, otherwise="policy")
    access.save_policy(tx, org, policy_id, key, settings, now=now)
    note(tx, org, Action.CREATED, ("policy", key), None, _facts(settings), by, now)
    organizations.mark_changed(tx, org, now=now)
    return policy_id


def clone_policy(tx: Tx, org: OrgId, policy_id: PolicyId, name: str, *, by: Author, now: Instant) -> PolicyId:
    """A copy of a policy under another name: all its settings, and none of its tokens."""
    settings = kept_policy(tx, org, policy_id).settings
    return create_policy(tx, org, settings.model_copy(update={"name": name}), by=by, now=now)


def change_policy(
    tx: Tx, org: OrgId, policy_id: PolicyId, settings: PolicySettings, *, seen: str, by: Author, now: Instant
) -> None:
    """Replace a policy's name, description and rule. ``seen`` is the version that they were made from.

    Raises ``ChangedMeanwhile`` when that is not the present one, ``InvalidParameters`` and ``NotFound``.
    """
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    if policy.version != seen:
        raise ChangedMeanwhile("Somebody else has changed this policy meanwhile.", now=_facts(policy.settings))
    others = (each.settings.name for each in kept_policies(tx, org) if each.id != policy_id)
    refuse_same_name(settings.name, others, what="policy")
    networks = policy.settings.networks
    _save(tx, org, policy, settings.model_copy(update={"networks": networks}), by=by, now=now)


def add_network(tx: Tx, org: OrgId, policy_id: PolicyId, network: Network, *, by: Author, now: Instant) -> None:
    """Allow a network. Raises ``InvalidParameters`` (``network``) when there are too many, and ``NotFound``."""
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    if len(policy.settings.networks) >= 1000:
        raise InvalidParameters("A policy has at most 1000 networks.", field="network")
    if network not in policy.settings.networks:
        networks = (*policy.settings.networks, network)
        _save(tx, org, policy, policy.settings.model_copy(update={"networks": networks}), by=by, now=now)


def remove_network(tx: Tx, org: OrgId, policy_id: PolicyId, network: Network, *, by: Author, now: Instant) -> None:
    """Allow it no more. Raises ``NotFound``."""
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    networks = tuple(each for each in policy.settings.networks if each != network)
    if networks != policy.settings.networks:
        _save(tx, org, policy, policy.settings.model_copy(update={"networks": networks}), by=by, now=now)


def remove_policy(tx: Tx, org: OrgId, policy_id: PolicyId, *, by: Author, now: Instant) -> None:
    """Delete a policy with its tokens. Raises ``PolicyInUse`` while it guards something, and ``NotFound``."""
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    if policy.is_used:
        raise PolicyInUse("The policy guards something: put another one in its place first.")
    access.remove_policy(tx, org, policy_id)
    note(tx, org, Action.REMOVED, ("policy", policy.key), _facts(policy.settings), None, by, now)
    organizations.mark_changed(tx, org, now=now)


def issue_token(
    tx: Tx, org: OrgId, policy_id: PolicyId, name: str, *, expires_at: Instant | None, by: Author, now: Instant
) -> Issued:
    """A new token, whose secret is to be shown this once.

    Raises ``InvalidParameters`` (``name``, ``expires``) and ``NotFound``.
    """
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    if any(token.name == name for token in policy.tokens):
        raise InvalidParameters("This policy has, or had, a token of that name.", field="name")
    if sum(token.is_usable(now) for token in policy.tokens) >= MOST_TOKENS:
        raise InvalidParameters(f"A policy has at most {MOST_TOKENS} tokens in use.", field="name")
    if expires_at is not None and expires_at <= now:
        raise InvalidParameters("That is in the past.", field="expires")
    issued = issue(name, now, expires_at=expires_at)
    access.add_token(tx, org, policy_id, issued.token)
    note(tx, org, Action.CREATED, ("token", f"{policy.key}/{name}"), None, _token_facts(issued.token), by, now)
    organizations.mark_changed(tx, org, now=now)
    return issued


def revoke_token(tx: Tx, org: OrgId, policy_id: PolicyId, token_id: TokenId, *, by: Author, now: Instant) -> str:
    """Make a token useless for good; its name. Raises ``NotFound``."""
    lock(tx, org)
    policy = kept_policy(tx, org, policy_id)
    token = next((each for each in policy.tokens if each.id == token_id), None)
    if token is None:
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        access.revoke_token(tx, org, token_id, now=now)
        before = _token_facts(token)
        key = f"{policy.key}/{token.name}"
        note(tx, org, Action.CHANGED, ("token", key), before, {**before, "revoked": True}, by, now)
        organizations.mark_changed(tx, org, now=now)
    return token.name


def guard_organization(tx: Tx, org: OrgId, guard: Guard, *, seen: Guard, by: Author, now: Instant) -> None:
    """Say who may use the organization's endpoints, from the next request on.

    Raises ``ChangedMeanwhile`` when what guards them is no longer ``seen``, and ``NotFound`` for an unknown policy.
    """
    lock(tx, org)
    present = guard_of(tx, org)
    before = _guard_facts(tx, org, present)
    if present != seen:
        raise ChangedMeanwhile("Somebody else has changed this meanwhile.", now=before)
    if guard == present:
        return
    after = _guard_facts(tx, org, guard)
    organizations.save_access(tx, org, policy_id=guard.policy_id, public=guard.public)
    note(tx, org, Action.CHANGED, ("organization", "organization"), before, after, by, now)
    organizations.mark_changed(tx, org, now=now)


def _save(tx: Tx, org: OrgId, policy: KeptPolicy, settings: PolicySettings, *, by: Author, now: Instant) -> None:
    if settings == policy.settings:
        return
    access.save_policy(tx, org, policy.id, policy.key, settings, now=now)
    note(tx, org, Action.CHANGED, ("policy", policy.key), _facts(policy.settings), _facts(settings), by, now)
    organizations.mark_changed(tx, org, now=now)


def _facts(settings: PolicySettings) -> Facts:
    return settings.model_dump(mode="json")


def _token_facts(token: AccessToken) -> Facts:
    expires = None if token.expires_at is None else to_datetime(token.expires_at, UTC).isoformat()
    return {"expires": expires, "revoked": token.revoked_at is not None}


def _guard_facts(tx: Tx, org: OrgId, guard: Guard) -> Facts:
    policy = kept_policy(tx, org, guard.policy_id) if guard.policy_id else None
    return {"policy": policy.key if policy else None, "public": guard.public}
