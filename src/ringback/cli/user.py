"""``ringback user``: the people who may sign in to the console."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

import ringback.identity.service as identity
from ringback.bootstrap import open_checked
from ringback.cli.actor import actor
from ringback.db.database import Database
from ringback.db.tx import Tx
from ringback.identity.model import Membership, OrganizationName, Role, User, UserId, canonical_email, readable_name
from ringback.identity.passwords import PasswordHash, generated_password, hash_password
from ringback.kernel.clock import Instant, SystemClock
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.settings import read_settings

_ROLE = click.Choice([role.value for role in Role])
_ORGANIZATION = click.option(
    "--organization", metavar="KEY", help="The organization's key. Absent: the only one there is."
)


@click.group()
def user() -> None:
    """People who may sign in to the console: add, list, change and remove them."""


@user.command()
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="What they may do.")
@click.option("--name", help="Their name. Absent: what stands before the @.")
@_ORGANIZATION
def add(email: str, role: str, name: str | None, organization: str | None) -> None:
    """Let somebody in. A new user gets a password, shown this once.

    So the first administrator is made: `ringback user add you@example.com --role administrator`. Whoever is a user
    already, in another organization, keeps their password and goes from one to the other in the console.
    """
    canonical = canonical_email(email)
    readable = readable_name(name or canonical.partition("@")[0])
    with _database() as db:
        known = db.read_now(identity.find_user, canonical)
        password = None if known else generated_password()
        password_hash = hash_password(password, email=canonical) if password else None  # slow: before the transaction
        where = db.write_now(
            _add, canonical, readable, password_hash, organization=organization, role=Role(role), now=_now()
        )
    click.echo(f"{canonical} is {_with_article(Role(role))} of {where.name} now.")
    if password:
        click.echo("The password, shown this once and stored nowhere:  ", nl=False)
        click.secho(password, bold=True)
        click.echo("Change it after signing in.")
    else:
        click.echo("They are a user already, and sign in with the password that they have.")


@user.command("list")
def list_users() -> None:
    """List everybody, with their roles."""
    with _database() as db:
        everybody = db.read_now(identity.every_user)
    if not everybody:
        click.echo("There are no users yet. The first: ringback user add EMAIL --role administrator")
        return
    rows = [(each.email, each.name, _roles(memberships), _remarks(each)) for each, memberships in everybody]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row in rows:
        click.echo(
            "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        )


@user.command()
@click.argument("email")
@click.option("--reset-codes", is_flag=True, help="Switch off one-time codes, too, for somebody who has lost them.")
def password(email: str, *, reset_codes: bool) -> None:
    """Give somebody a new password, shown this once. They are signed out everywhere."""
    with _database() as db:
        who = db.read_now(_user, email)
        made = generated_password()
        db.write_now(_set_password, who.id, hash_password(made, email=who.email), reset_codes=reset_codes, now=_now())
    click.echo(f"The new password of {who.email}, shown this once and stored nowhere:  ", nl=False)
    click.secho(made, bold=True)
    click.echo("They are signed out everywhere.")
    if who.uses_codes:
        click.echo("One-time codes are switched off." if reset_codes else "One-time codes are asked for as before.")


@user.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
@_ORGANIZATION
def role(email: str, role: str, organization: str | None) -> None:
    """Give somebody another role. It holds from their next click on."""
    with _database() as db:
        where = db.write_now(_set_role, email, Role(role), organization=organization, now=_now())
    click.echo(f"{canonical_email(email)} is {_with_article(Role(role))} of {where.name} now.")


@user.command()
@click.argument("email")
@click.option("--organization", metavar="KEY", help="Out of this organization only. Absent: out of all.")
def remove(email: str, organization: str | None) -> None:
    """Let somebody in no more, and forget them. They are signed out everywhere.

    The audit log keeps what they did.
    """
    with _database() as db:
        who = db.write_now(_remove, email, organization=organization, now=_now())
        left = db.read_now(identity.memberships_of, who.id)
    click.echo(f"{who.email} is removed; still {_roles(left)}." if left else f"{who.email} is removed.")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Sign somebody out everywhere and let them in no more, until enabled again."""
    with _database() as db:
        who = db.write_now(_disable, email, now=_now())
    click.echo(f"{who.email} is disabled. Undo it with: ringback user enable {who.email}")


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let somebody in again who was disabled."""
    with _database() as db:
        who = db.write_now(_enable, email, now=_now())
    click.echo(f"{who.email} may sign in again.")


def _add(
    tx: Tx,
    email: str,
    name: str,
    password_hash: PasswordHash | None,
    *,
    organization: str | None,
    role: Role,
    now: Instant,
) -> OrganizationName:
    where = _organization(tx, organization)
    who = identity.find_user(tx, email)
    if who is None:
        if password_hash is None:  # removed by somebody else a moment ago
            raise _unknown(email)
        who = identity.create_user(tx, email=email, name=name, password_hash=password_hash, now=now)
    elif password_hash is not None:
        raise InvalidParameters(f"Somebody else has just added {email}: look with `ringback user list`.")
    identity.add_member(tx, where.org, who, role, actor=actor(), origin="ringback user add", now=now)
    return where


def _set_password(tx: Tx, user_id: UserId, password_hash: PasswordHash, *, reset_codes: bool, now: Instant) -> None:
    origin = "ringback user password"
    identity.set_password(tx, user_id, password_hash, actor=actor(), origin=origin, now=now)
    if reset_codes:
        identity.reset_codes(tx, user_id, within=None, actor=actor(), origin=origin, now=now)


def _set_role(tx: Tx, email: str, role: Role, *, organization: str | None, now: Instant) -> OrganizationName:
    where, who = _organization(tx, organization), _user(tx, email)
    identity.set_role(tx, where.org, who.id, role, actor=actor(), origin="ringback user role", now=now)
    return where


def _remove(tx: Tx, email: str, *, organization: str | None, now: Instant) -> User:
    who = _user(tx, email)
    origin = "ringback user remove"
    if organization is None:
        identity.remove_user(tx, who.id, actor=actor(), origin=origin, now=now)
    else:
        org = _organization(tx, organization).org
        identity.remove_member(tx, org, who.id, actor=actor(), origin=origin, now=now)
    return who


def _disable(tx: Tx, email: str, *, now: Instant) -> User:
    who = _user(tx, email)
    identity.disable_user(tx, who.id, actor=actor(), origin="ringback user disable", now=now)
    return who


def _enable(tx: Tx, email: str, *, now: Instant) -> User:
    who = _user(tx, email)
    identity.enable_user(tx, who.id, actor=actor(), origin="ringback user enable", now=now)
    return who


def _user(tx: Tx, email: str) -> User:
    who = identity.find_user(tx, email)
    if who is None:
        raise _unknown(canonical_email(email))
    return who


def _organization(tx: Tx, key: str | None) -> OrganizationName:
    every = identity.every_organization(tx)
    found = [each for each in every if key in {None, each.key}]
    if len(found) == 1:
        return found[0]
    if not every:
        raise NotFound("There is no organization yet: make one with `ringback apply ORGANIZATION.toml`.")
    keys = ", ".join(each.key for each in every)
    if key is None:
        raise InvalidParameters(f"There are several organizations. Say which with --organization: {keys}.")
    raise NotFound(f"There is no organization {key}. There are: {keys}.")


def _unknown(email: str) -> NotFound:
    return NotFound(f"There is no user {email}. `ringback user list` shows who there is.")


def _roles(memberships: tuple[Membership, ...]) -> str:
    return ", ".join(f"{each.role.value} of {each.organization_key}" for each in memberships) or "no role"


def _remarks(who: User) -> str:
    remarks = (("disabled", who.disabled_at is not None), ("one-time codes", who.uses_codes))
    return ", ".join(remark for remark, holds in remarks if holds)


def _with_article(role: Role) -> str:
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role.value}"


def _now() -> Instant:
    return SystemClock().now()


@contextmanager
def _database() -> Iterator[Database]:
    db = open_checked(read_settings())
    try:
        yield db
    finally:
        db.close()
