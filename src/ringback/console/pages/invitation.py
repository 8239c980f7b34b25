"""Joining an organization by the link of an invitation."""

from urllib.parse import urlencode

import ringback.identity.service as identity
from ringback.console.entries import Anybody, get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import page, see_other
from ringback.console.pages.sign_in import session_headers
from ringback.console.visit import Visit
from ringback.http.address import limit_key
from ringback.http.answer import Answer
from ringback.identity.model import Invitation
from ringback.identity.passwords import hash_password
from ringback.identity.service import SignedIn
from ringback.kernel.errors import InvalidParameters, NotFound


async def show(visit: Visit) -> Answer:
    """What one is invited to, and the form to join."""
    return await _invitation_page(visit, {}, {})


async def accept(visit: Visit) -> Answer:
    """Join: as somebody who is signed in, or as a new user."""
    invitation = await _invitation(visit)
    if invitation is None:
        return _void(visit)
    token = visit.path["token"]
    if visit.session is not None:
        org = await visit.desk.db.write(
            identity.join, token, visit.session, origin=f"console {visit.address}", now=visit.now
        )
        await visit.desk.db.write(identity.choose_organization, visit.session, org)
        return see_other(visit, visit.console(org), notice=f"Welcome to {invitation.organization_name}.")
    password = visit.form.get("password", "")
    if password != visit.form.get("again", ""):
        return await _invitation_page(visit, visit.form, {"again": "This is not the same as above."})
    try:
        password_hash = await visit.desk.slowly(hash_password, password, email=invitation.email)
        await visit.desk.db.write(
            identity.accept_invitation,
            token,
            name=visit.form.get("name", ""),
            password_hash=password_hash,
            origin=f"console {visit.address}",
            now=visit.now,
        )
    except InvalidParameters as error:
        return await _invitation_page(visit, visit.form, problem_of(error))
    signed_in = await _signed_in(visit, invitation.email, password)
    welcome = f"Welcome to {invitation.organization_name}."
    return see_other(visit, visit.console(), *session_headers(visit, signed_in), notice=welcome)


async def _signed_in(visit: Visit, email: str, password: str) -> SignedIn:
    counted_on = limit_key(visit.address)
    challenge = await visit.desk.db.write(identity.begin_sign_in, email, counted_on=counted_on, now=visit.now)
    proof = await visit.desk.slowly(identity.prove, challenge, password)
    return await visit.desk.db.write(
        identity.sign_in,
        proof,
        code=None,
        counted_on=counted_on,
        sealer=visit.desk.sealer,
        address=str(visit.address),
        agent=visit.agent,
        now=visit.now,
    )


async def _invitation(visit: Visit) -> Invitation | None:
    try:
        return await visit.desk.db.read(identity.invitation_of, visit.path["token"], now=visit.now)
    except NotFound:
        return None


async def _invitation_page(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    invitation = await _invitation(visit)
    if invitation is None:
        return _void(visit)
    is_known = await visit.desk.db.read(identity.find_user, invitation.email) is not None
    own = f"invitation/{visit.path['token']}"
    return page(
        visit,
        "invitation.html",
        f"Join {invitation.organization_name}",
        status=400 if problems else 200,
        invitation=invitation,
        is_known=is_known,
        own=own,
        sign_in=visit.console("sign-in") + "?" + urlencode({"next": visit.console(own)}),
        user=visit.session.user if visit.session else None,
        typed=typed,
        problems=problems,
    )


def _void(visit: Visit) -> Answer:
    words = "It may have been used, withdrawn or replaced, or it is older than seven days. Ask for a new one."
    return page(visit, "invitation_void.html", "This invitation does not hold any more", status=404, words=words)


ENTRIES = (
    get("/invitation/{token}", show, Anybody.AT_ALL),
    post("/invitation/{token}", accept, Anybody.AT_ALL),
)
