"""Signing in and out: e-mail address and password, then a one-time code where one is in use."""

from http import HTTPStatus

import ringback.identity.service as identity
from ringback.console.entries import Anybody, get, post
from ringback.console.forms import Problems, Typed
from ringback.console.page import page, see_other
from ringback.console.visit import Visit, cookie, guest_cookie, session_cookie
from ringback.http.address import limit_key
from ringback.http.answer import Answer, Header
from ringback.identity.model import SESSION_LASTS, CodeRequired, SignInRefused
from ringback.identity.service import Proof, SignedIn
from ringback.kernel.clock import SECOND
from ringback.kernel.errors import RingbackError, TooManyRequests

_AGAIN = "That took too long: please sign in again."


async def show(visit: Visit) -> Answer:
    """The form; somebody who is signed in goes on at once."""
    if visit.session is not None:
        return see_other(visit, _next(visit, visit.query.get("next", "")))
    return _form(visit, {"next": visit.query.get("next", "")}, {})


async def enter(visit: Visit) -> Answer:
    """E-mail address and password were sent."""
    db = visit.desk.db
    try:
        challenge = await db.write(
            identity.begin_sign_in, visit.form.get("email", ""), counted_on=limit_key(visit.address), now=visit.now
        )
        proof = await visit.desk.slowly(identity.prove, challenge, visit.form.get("password", ""))
        return await _enter(visit, proof, code=None)
    except CodeRequired:
        return _code_form(visit, identity.hold(proof, sealer=visit.desk.sealer, now=visit.now), {})
    except (SignInRefused, TooManyRequests) as error:
        return _form(visit, visit.form, _problem(error), error)


async def enter_with_code(visit: Visit) -> Answer:
    """The code was sent, with the proof of the password that was held for it."""
    held = visit.form.get("held", "")
    try:
        proof = await visit.desk.db.write(
            identity.begin_code,
            held,
            sealer=visit.desk.sealer,
            counted_on=limit_key(visit.address),
            now=visit.now,
        )
    except SignInRefused:
        return _form(visit, visit.form, {"": _AGAIN})
    except TooManyRequests as error:
        return _code_form(visit, held, _problem(error), error)
    try:
        return await _enter(visit, proof, code=visit.form.get("code", ""))
    except CodeRequired:
        return _code_form(visit, held, {"code": "A code is needed."})
    except SignInRefused as error:
        return _code_form(visit, held, {"code": "The code is wrong, or was used already."}, error)


async def begin_again(visit: Visit) -> Answer:
    """A page that is only reached by a form was asked for by itself."""
    return see_other(visit, visit.console("sign-in"))


async def sign_out(visit: Visit) -> Answer:
    """End the session."""
    await visit.desk.db.write(identity.sign_out, visit.signed_in)
    gone = cookie(visit.desk, session_cookie(visit.desk), "", seconds=0)
    return see_other(visit, visit.console("sign-in"), gone, notice="You are signed out.")


def session_headers(visit: Visit, signed_in: SignedIn) -> tuple[Header, ...]:
    """The headers that give a browser its session."""
    desk = visit.desk
    return (
        cookie(desk, session_cookie(desk), signed_in.token, seconds=SESSION_LASTS // SECOND),
        cookie(desk, guest_cookie(desk), "", seconds=0),
    )


async def _enter(visit: Visit, proof: Proof, *, code: str | None) -> Answer:
    signed_in = await visit.desk.db.write(
        identity.sign_in,
        proof,
        code=code,
        counted_on=limit_key(visit.address),
        sealer=visit.desk.sealer,
        address=str(visit.address),
        agent=visit.agent,
        now=visit.now,
    )
    return see_other(visit, _next(visit, visit.form.get("next", "")), *session_headers(visit, signed_in))


def _next(visit: Visit, asked_for: str) -> str:
    """The page that was asked for, if it is one of ours: nobody is sent elsewhere by a link to this page."""
    console = visit.console()
    is_ours = asked_for == console or asked_for.startswith((f"{console}/", f"{console}?"))
    is_plain = asked_for.isascii() and asked_for.isprintable() and "\\" not in asked_for and "//" not in asked_for
    return asked_for if is_ours and is_plain and "/sign-" not in asked_for else console


def _form(visit: Visit, typed: Typed, problems: Problems, error: RingbackError | None = None) -> Answer:
    return page(
        visit, "sign_in.html", "Sign in", typed=typed, problems=problems, status=_status(error), headers=_retry(error)
    )


def _code_form(visit: Visit, held: str, problems: Problems, error: RingbackError | None = None) -> Answer:
    return page(
        visit,
        "sign_in_code.html",
        "One more step",
        held=held,
        typed=visit.form,
        problems=problems,
        status=_status(error),
        headers=_retry(error),
    )


def _problem(error: RingbackError) -> Problems:
    if isinstance(error, TooManyRequests):
        minutes = -(-int(error.details["retry_after"]) // 60)
        return {"": f"Too many tries. Please try again in {minutes} minute{'s' if minutes > 1 else ''}."}
    return {"": "The e-mail address or the password is wrong."}


def _status(error: RingbackError | None) -> int:
    if error is None:
        return HTTPStatus.OK
    return HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, TooManyRequests) else HTTPStatus.UNAUTHORIZED


def _retry(error: RingbackError | None) -> tuple[Header, ...]:
    if not isinstance(error, TooManyRequests):
        return ()
    return ((b"retry-after", str(error.details["retry_after"]).encode()),)


ENTRIES = (
    get("/sign-in", show, Anybody.AT_ALL),
    post("/sign-in", enter, Anybody.AT_ALL),
    get("/sign-in/code", begin_again, Anybody.AT_ALL),
    post("/sign-in/code", enter_with_code, Anybody.AT_ALL),
    get("/sign-out", begin_again, Anybody.AT_ALL),
    post("/sign-out", sign_out, Anybody.SIGNED_IN),
)
