"""The truth table of access control, generated over every combination and held against a plain-written oracle."""

from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import product

import pytest

from ringback.access.decide import Admission, admit
from ringback.access.model import Policy, PolicySettings
from ringback.access.networks import NO_ADDRESS
from ringback.access.tokens import issue
from ringback.kernel.clock import HOUR, Instant
from ringback.kernel.errors import Forbidden, Unauthorized

NOW = Instant(1_800_000_000_000_000)
GOOD, OTHER, REVOKED, EXPIRED = (issue(name, NOW) for name in ("good", "other", "revoked", "expired"))
REVOKED_TOKEN = replace(REVOKED.token, revoked_at=NOW)
EXPIRED_TOKEN = replace(EXPIRED.token, expires_at=NOW)

NETWORKS = {"none": (), "some": ("192.0.2.0/24", "2001:db8::/32")}
TOKENS = {
    "none": (),
    "live": (REVOKED_TOKEN, EXPIRED_TOKEN, OTHER.token, GOOD.token),
    "dead": (REVOKED_TOKEN, EXPIRED_TOKEN),
}
ADDRESSES = {
    "192.0.2.9": True,
    "::ffff:192.0.2.9": True,
    "2001:db8::9": True,
    "198.51.100.1": False,
    "2001:db9::9": False,
    "::ffff:198.51.100.1": False,
    str(NO_ADDRESS): False,
}
PRESENTED = {
    None: False,
    "": False,
    "wrong": False,
    "x" * 257: False,
    REVOKED.secret: False,
    EXPIRED.secret: False,
    GOOD.secret: True,
}


@dataclass(frozen=True)
class Case:
    networks: str
    tokens: str
    match: str
    address: str
    presented: str | None
    open_without_policy: bool


CASES = [Case(*values) for values in product(NETWORKS, TOKENS, ("all", "any"), ADDRESSES, PRESENTED, (False, True))]


def oracle(case):
    """The rules of scheduler-api.md, one sentence after the other."""
    has_networks = case.networks == "some"
    has_tokens = case.tokens != "none"
    address_holds = has_networks and ADDRESSES[case.address]
    token_holds = case.tokens == "live" and PRESENTED[case.presented]
    by_token = Admission(True, GOOD.token.id)
    by_address = Admission(True, None)

    if not has_networks and not has_tokens:
        return Forbidden
    if has_networks and not has_tokens:
        return by_address if address_holds else Forbidden
    if has_tokens and not has_networks:
        return by_token if token_holds else Unauthorized
    if case.match == "all":
        if not address_holds:
            return Forbidden
        return by_token if token_holds else Unauthorized
    if token_holds:
        return by_token
    return by_address if address_holds else Unauthorized


def decide(case):
    settings = PolicySettings(name="p", networks=NETWORKS[case.networks], match=case.match)
    try:
        return admit(
            Policy.of("p", settings, TOKENS[case.tokens]),
            open_without_policy=case.open_without_policy,
            address=ip_address(case.address),
            presented=case.presented,
            now=NOW,
        )
    except (Forbidden, Unauthorized) as refusal:
        return type(refusal)


def test_every_combination_is_decided_as_the_rules_say():
    differing = [(case, decide(case), oracle(case)) for case in CASES if decide(case) != oracle(case)]
    assert differing == []
    assert len(CASES) == 2 * 3 * 2 * 7 * 7 * 2
    assert {type(oracle(case)) for case in CASES} == {type, Admission}


def test_without_a_policy_only_what_is_open_is_open():
    def ask(*, opened, presented=None):
        return admit(None, open_without_policy=opened, address=ip_address("192.0.2.9"), presented=presented, now=NOW)

    assert ask(opened=True) == ask(opened=True, presented="x") == Admission(False, None)
    with pytest.raises(Forbidden):
        ask(opened=False)
    with pytest.raises(Forbidden):
        ask(opened=False, presented=GOOD.secret)


def test_revoking_the_last_token_does_not_open_a_policy_to_its_networks():
    settings = PolicySettings(name="p", networks=("192.0.2.0/24",))
    policy = Policy.of("p", settings, (REVOKED_TOKEN,))
    with pytest.raises(Unauthorized):
        admit(policy, open_without_policy=True, address=ip_address("192.0.2.9"), presented=None, now=NOW)


def test_a_token_opens_until_it_expires():
    token = replace(GOOD.token, expires_at=Instant(NOW + HOUR))
    policy = Policy.of("p", PolicySettings(name="p"), (token,))

    def ask(now):
        return admit(policy, open_without_policy=False, address=NO_ADDRESS, presented=GOOD.secret, now=Instant(now))

    assert ask(NOW + HOUR - 1).token_id == token.id
    with pytest.raises(Unauthorized):
        ask(NOW + HOUR)


def test_a_refusal_says_nothing_about_the_policy():
    texts = {}
    for case in CASES:
        settings = PolicySettings(name="Secret name", networks=NETWORKS[case.networks], match=case.match)
        policy = Policy.of("p", settings, TOKENS[case.tokens])
        try:
            admit(
                policy,
                open_without_policy=False,
                address=ip_address(case.address),
                presented=case.presented,
                now=NOW,
            )
        except (Forbidden, Unauthorized) as refusal:
            texts.setdefault(refusal.code, set()).add((refusal.message, *refusal.details))
    assert {code: len(messages) for code, messages in texts.items()} == {"Forbidden": 1, "Unauthorized": 1}
