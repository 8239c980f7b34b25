"""Organization > Users: who is at home here, and as what; invitations."""

import ringback.identity.service as identity
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import Reader, page, see_other
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.db.tx import Tx
from ringback.http.answer import Answer
from ringback.identity.model import Invitation, InvitationId, Member, Permission, Role, UserId, read_role
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.tenancy import OrgId

HERE = "users"

ROLES = (
    (Role.VIEWER, "Viewer", "Sees everything but the audit log, and changes nothing."),
    (Role.SUPERVISOR, "Supervisor", "Also handles callbacks and switches call targets on and off."),
    (Role.MANAGER, "Manager", "Also edits call targets, widgets and automations, and reads the audit log."),
    (Role.ADMINISTRATOR, "Administrator", "Also decides about access, users and the organization's settings."),
)
"""Each role with its name and what it may do."""


async def show(visit: Visit) -> Answer:
    """Everybody, and who is invited."""
    return await _users_page(visit, {"role": Role.VIEWER.value}, {})


async def invite(visit: Visit) -> Answer:
    """Invite somebody. The answer is the page itself, not the way to one: the link is kept nowhere."""
    try:
        role = read_role(visit.form.get("role", ""))
        invited = await visit.desk.db.write(
            identity.invite,
            visit.org,
            visit.form.get("email", ""),
            role,
            actor=visit.by.actor,
            origin=visit.by.origin,
            now=visit.now,
        )
    except InvalidParameters as error:
        return await _users_page(visit, visit.form, problem_of(error))
    reader = await visit.desk.db.read(reader_of, visit.org)
    return page(
        visit,
        "invited.html",
        f"Invitation for {invited.invitation.email}",
        here=HERE,
        link=f"{visit.desk.base_url}/console/invitation/{invited.token}",
        invitation=invited.invitation,
        reader=reader,
    )


async def ask_withdraw(visit: Visit) -> Answer:
    """What withdrawing an invitation would mean."""
    invitation = next((each for each in await _invitations(visit) if each.id == visit.path["invitation"]), None)
    if invitation is None:
        raise NotFound("There is no such invitation.")
    title = f"Withdraw the invitation for {invitation.email}?"
    return page(visit, "invitation_withdraw.html", title, here=HERE, invitation=invitation)


async def withdraw(visit: Visit) -> Answer:
    """Take an invitation back."""
    invitation_id = InvitationId(visit.path["invitation"])
    by = visit.by
    await visit.desk.db.write(
        identity.withdraw_invitation, visit.org, invitation_id, actor=by.actor, origin=by.origin, now=visit.now
    )
    return see_other(visit, visit.at(HERE), notice="The invitation is withdrawn: its link leads nowhere now.")


async def ask_role(visit: Visit) -> Answer:
    """The form for another role."""
    member = await _member(visit)
    return page(
        visit, "user_role.html", f"What is {member.user.name}?", here=HERE, member=member, roles=ROLES, problems={}
    )


async def give_role(visit: Visit) -> Answer:
    """Give somebody another role."""
    member, role = await _member(visit), read_role(visit.form.get("role", ""))
    by = visit.by
    await visit.desk.db.write(
        identity.set_role, visit.org, member.user.id, role, actor=by.actor, origin=by.origin, now=visit.now
    )
    return see_other(visit, visit.at(HERE), notice=f"{member.user.name} is {_with_article(role)} from now on.")


async def ask_remove(visit: Visit) -> Answer:
    """What removing somebody would mean."""
    member = await _member(visit)
    return page(visit, "user_remove.html", f"Remove {member.user.name}?", here=HERE, member=member)


async def remove(visit: Visit) -> Answer:
    """End somebody's membership."""
    member, by = await _member(visit), visit.by
    await visit.desk.db.write(
        identity.remove_member, visit.org, member.user.id, actor=by.actor, origin=by.origin, now=visit.now
    )
    if member.user.id == visit.signed_in.user.id:
        return see_other(visit, visit.console(), notice=f"You have left {visit.member.organization_name}.")
    return see_other(visit, visit.at(HERE), notice=f"{member.user.email} is removed.")


async def ask_reset_codes(visit: Visit) -> Answer:
    """What switching off somebody's one-time codes would mean."""
    member = await _member(visit)
    title = f"Switch off one-time codes of {member.user.name}?"
    return page(visit, "user_codes.html", title, here=HERE, member=member)


async def reset_codes(visit: Visit) -> Answer:
    """Switch them off, for somebody who has lost the telephone and the recovery codes."""
    member, by = await _member(visit), visit.by
    await visit.desk.db.write(
        identity.reset_codes, member.user.id, within=visit.org, actor=by.actor, origin=by.origin, now=visit.now
    )
    return see_other(visit, visit.at(HERE), notice=f"{member.user.name} signs in with the password alone now.")


async def _users_page(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    members, invitations, reader = await visit.desk.db.read(_read, visit.org)
    return page(
        visit,
        "users.html",
        "Users",
        here=HERE,
        status=400 if problems else 200,
        members=members,
        invitations=invitations,
        reader=reader,
        now=visit.now,
        roles=ROLES,
        role_names={role: name for role, name, _ in ROLES},
        typed=typed,
        problems=problems,
        may_edit=visit.may(Permission.MANAGE_USERS),
    )


def _read(tx: Tx, org: OrgId) -> tuple[list[Member], list[Invitation], Reader]:
    return identity.members_of(tx, org), identity.open_invitations(tx, org), reader_of(tx, org)


async def _member(visit: Visit) -> Member:
    wanted = UserId(visit.path["user"])
    members = await visit.desk.db.read(identity.members_of, visit.org)
    member = next((each for each in members if each.user.id == wanted), None)
    if member is None:
        raise NotFound("There is no such user.")
    return member


async def _invitations(visit: Visit) -> list[Invitation]:
    return await visit.desk.db.read(identity.open_invitations, visit.org)


def _with_article(role: Role) -> str:
    return f"an {role.value}" if role is Role.ADMINISTRATOR else f"a {role.value}"


_MANAGE = Permission.MANAGE_USERS

ENTRIES = (
    get("/{org}/users", show),
    post("/{org}/users", invite, _MANAGE),
    get("/{org}/users/invitations/{invitation}/withdraw", ask_withdraw, _MANAGE),
    post("/{org}/users/invitations/{invitation}/withdraw", withdraw, _MANAGE),
    get("/{org}/users/{user}/role", ask_role, _MANAGE),
    post("/{org}/users/{user}/role", give_role, _MANAGE),
    get("/{org}/users/{user}/remove", ask_remove, _MANAGE),
    post("/{org}/users/{user}/remove", remove, _MANAGE),
    get("/{org}/users/{user}/codes", ask_reset_codes, _MANAGE),
    post("/{org}/users/{user}/codes", reset_codes, _MANAGE),
)
