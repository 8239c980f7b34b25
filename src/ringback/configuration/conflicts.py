"""Where a file, valid in itself, conflicts with what is stored: here or, for what is unique, in the installation."""

from collections.abc import Iterator, Mapping

import ringback.organizations.store as organizations
from ringback.access.model import AccessToken
from ringback.access.tokens import MAX_LENGTH, hash_token
from ringback.configuration import store
from ringback.configuration.file import OrganizationDocument, TokenTable
from ringback.configuration.lines import Path
from ringback.configuration.picture import slug_of
from ringback.configuration.problems import Problem
from ringback.configuration.stored import Stored
from ringback.db.tx import Tx
from ringback.kernel.tenancy import OrgId

SHORTEST_SECRET = 32
"""Characters of a token's secret that somebody else made."""

Secrets = Mapping[str, str]
"""Where the secrets that a file names come from: environment variables."""


def conflicts(tx: Tx, now: Stored | None, document: OrganizationDocument, secrets: Secrets) -> Iterator[Problem]:
    """Everything that keeps the file from being applied."""
    yield from _organization_id(tx, now, document)
    yield from _public_ids(tx, now, document)
    yield from _slugs(tx, now, document)
    yield from _targets_with_live_callbacks(tx, now, document)
    yield from _tokens(tx, now, document, secrets)


def _organization_id(tx: Tx, now: Stored | None, document: OrganizationDocument) -> Iterator[Problem]:
    wanted = document.organization.id
    if wanted is None:
        return
    path = ("organization", "id")
    if now is not None:
        if now.organization.id != wanted:
            yield Problem(path, f"it is {now.organization.id!r} and cannot change: write that, or leave it out")
    elif organizations.get(tx, OrgId(wanted)) is not None:
        yield Problem(path, f"{wanted!r} is the id of another organization")


def _public_ids(tx: Tx, now: Stored | None, document: OrganizationDocument) -> Iterator[Problem]:
    known = now.widget_ids if now else {}
    for path, key, wanted in _entries(document, "id"):
        if key in known:
            if known[key] != wanted:
                yield Problem(path, f"it is {known[key]!r} and cannot change: write that, or leave it out")
        elif holder := store.holder_of_id(tx, wanted):
            ours = now is not None and holder.org == now.organization.id
            yield Problem(path, f"{wanted!r} is taken by {holder.key!r}" if ours else f"{wanted!r} is taken")


def _slugs(tx: Tx, now: Stored | None, document: OrganizationDocument) -> Iterator[Problem]:
    """Slugs of other organizations, removed ones too: a link that was once sent out must not lead to somebody else."""
    for key, table in document.conveys.items():
        slug = slug_of(key, table)
        holder = store.holder_of_slug(tx, slug) if slug else None
        if holder and (now is None or holder.org != now.organization.id):
            yield Problem(("conveys", key, "slug"), f"the short link {slug!r} is taken: choose another slug")


def _targets_with_live_callbacks(tx: Tx, now: Stored | None, document: OrganizationDocument) -> Iterator[Problem]:
    for key, target in now.call_targets.items() if now else ():
        if now is None or key in document.call_targets:
            continue
        if live := store.count_live_callbacks(tx, now.organization.id, target.id):
            waiting = "1 callback has" if live == 1 else f"{live} callbacks have"
            yield Problem(
                (),  # it has no place in the file: that is what is wrong
                f"call_targets.{key}: is not in the file but cannot be removed: {waiting} not ended yet; keep it with "
                "register_callbacks = false until they have",
            )


def _tokens(tx: Tx, now: Stored | None, document: OrganizationDocument, secrets: Secrets) -> Iterator[Problem]:
    hashes: dict[str, Path] = {}
    for policy_key, policy in document.policies.items():
        known = now.policies[policy_key].tokens if now and policy_key in now.policies else {}
        for name, token in policy.tokens.items():
            path: Path = ("policies", policy_key, "tokens", name)
            present = known.get(name)
            if present is not None and present.revoked_at is not None:
                if not token.revoked:
                    yield Problem(path, "was revoked, and stays so: give the new token a name of its own")
            elif token.secret_env and not token.revoked:
                yield from _given_secret(tx, path, token, present, secrets, hashes)


def _given_secret(
    tx: Tx, path: Path, token: TokenTable, present: AccessToken | None, secrets: Secrets, hashes: dict[str, Path]
) -> Iterator[Problem]:
    """A secret is needed to make the token; later the variable may be gone, but not be another's."""
    path = (*path, "secret_env")
    secret = secrets.get(token.secret_env or "", "")
    if not secret:
        if present is None:
            yield Problem(path, f"the environment variable {token.secret_env} is not set")
        return
    secret_hash = hash_token(secret)
    if present is not None:
        if present.hash != secret_hash:
            text = (
                f"{token.secret_env} is not the secret of this token: to change it add a second token, then drop this"
            )
            yield Problem(path, text)
    elif not SHORTEST_SECRET <= len(secret) <= MAX_LENGTH or not _fits_a_header(secret):
        text = f"should have {SHORTEST_SECRET} to {MAX_LENGTH} printable ASCII characters and no spaces"
        yield Problem(path, f"the secret in {token.secret_env} {text}")
    elif secret_hash in hashes or store.token_with_hash(tx, secret_hash):
        yield Problem(path, f"the secret in {token.secret_env} is that of another token")
    hashes.setdefault(secret_hash, path)


def _fits_a_header(secret: str) -> bool:
    return all("!" <= character <= "~" for character in secret)


def _entries(document: OrganizationDocument, field: str) -> Iterator[tuple[Path, str, str]]:
    """Path, key and value of a field wherever a widget or convey has it."""
    for section, tables in (("widgets", document.widgets), ("conveys", document.conveys)):
        for key, table in tables.items():
            value = getattr(table, field)
            if value is not None:
                yield (section, key, field), key, value
