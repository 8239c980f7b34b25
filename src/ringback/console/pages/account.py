"""One's own account: name, password, one-time codes, and where one is signed in."""

import segno
from markupsafe import Markup

import ringback.identity.service as identity
from ringback.console.entries import Anybody, get, post
from ringback.console.forms import Problems, Typed, problem_of
from ringback.console.page import page, see_other
from ringback.console.visit import Visit
from ringback.http.address import limit_key
from ringback.http.answer import Answer
from ringback.identity.model import SignInRefused
from ringback.identity.passwords import hash_password
from ringback.identity.service import Proof
from ringback.kernel.errors import InvalidParameters, RingbackError, TooManyRequests

HERE = "account"
_WRONG_PASSWORD = "This is not your password."  # noqa: S105 - a message


async def show(visit: Visit) -> Answer:
    """The page."""
    return _account_page(visit, {"name": visit.signed_in.user.name}, {})


async def rename(visit: Visit) -> Answer:
    """Another name."""
    user, by = visit.signed_in.user, visit.by
    try:
        await visit.desk.db.write(
            identity.rename,
            user.id,
            visit.form.get("name", ""),
            actor=by.actor,
            origin=by.origin,
            now=visit.now,
        )
    except InvalidParameters as error:
        return _account_page(visit, visit.form, problem_of(error))
    return see_other(visit, visit.console("account"), notice="Your name is changed.")


async def change_password(visit: Visit) -> Answer:
    """Another password, which signs out everywhere else."""
    session, form = visit.signed_in, visit.form
    typed = {"name": session.user.name}
    try:
        proof = await _proof(visit, form.get("current", ""))
    except (SignInRefused, TooManyRequests) as error:
        return _account_page(visit, typed, {"current": _why(error)})
    if form.get("password", "") != form.get("again", ""):
        return _account_page(visit, typed, {"again": "This is not the same as above."})
    try:
        password_hash = await visit.desk.slowly(hash_password, form.get("password", ""), email=session.user.email)
    except InvalidParameters as error:
        return _account_page(visit, typed, problem_of(error))
    await visit.desk.db.write(
        identity.change_password, session, proof, password_hash, origin=visit.by.origin, now=visit.now
    )
    notice = "Your password is changed, and you are signed out everywhere else."
    return see_other(visit, visit.console("account"), notice=notice)


async def sign_out_elsewhere(visit: Visit) -> Answer:
    """End all other sessions."""
    session = visit.signed_in
    number = await visit.desk.db.write(identity.sign_out_everywhere, session.user.id, but=session)
    told = f"You are signed out of {number} other browser{'s' if number != 1 else ''}."
    return see_other(visit, visit.console("account"), notice=told if number else "You were signed in nowhere else.")


async def begin_codes(visit: Visit) -> Answer:
    """A new secret, to be read by an authenticator app."""
    if visit.signed_in.user.uses_codes:
        return see_other(visit, visit.console("account"))
    enrolment = identity.begin_codes(visit.signed_in.user, sealer=visit.desk.sealer)
    return _codes_page(visit, enrolment.sealed, enrolment.secret, enrolment.uri, {})


async def enable_codes(visit: Visit) -> Answer:
    """The first code was typed. The answer is the page itself: the recovery codes are shown once."""
    form = visit.form
    try:
        codes = await visit.desk.db.write(
            identity.enable_codes,
            visit.signed_in,
            form.get("sealed", ""),
            form.get("code", ""),
            sealer=visit.desk.sealer,
            origin=visit.by.origin,
            now=visit.now,
        )
    except InvalidParameters as error:
        if "field" not in error.details:
            raise
        return _codes_page(
            visit, form.get("sealed", ""), form.get("secret", ""), form.get("uri", ""), problem_of(error)
        )
    return _recovery_page(visit, codes)


async def ask_off(visit: Visit) -> Answer:
    """The form that switches codes off."""
    return _password_form(visit, "off", {})


async def disable_codes(visit: Visit) -> Answer:
    """Switch codes off."""
    try:
        proof = await _proof(visit, visit.form.get("current", ""))
    except (SignInRefused, TooManyRequests) as error:
        return _password_form(visit, "off", {"current": _why(error)})
    await visit.desk.db.write(identity.disable_codes, visit.signed_in, proof, origin=visit.by.origin, now=visit.now)
    return see_other(visit, visit.console("account"), notice="You sign in with your password alone from now on.")


async def ask_recovery(visit: Visit) -> Answer:
    """The form that makes new recovery codes."""
    return _password_form(visit, "recovery", {})


async def new_recovery_codes(visit: Visit) -> Answer:
    """New recovery codes in place of the old ones."""
    try:
        proof = await _proof(visit, visit.form.get("current", ""))
    except (SignInRefused, TooManyRequests) as error:
        return _password_form(visit, "recovery", {"current": _why(error)})
    codes = await visit.desk.db.write(
        identity.new_recovery_codes, visit.signed_in, proof, origin=visit.by.origin, now=visit.now
    )
    return _recovery_page(visit, codes)


async def back(visit: Visit) -> Answer:
    """An address that only forms are sent to was asked for by itself."""
    return see_other(visit, visit.console("account"))


async def _proof(visit: Visit, password: str) -> Proof:
    """That the person at the keyboard knows the password; counted like a try to sign in."""
    challenge = await visit.desk.db.write(
        identity.begin_sign_in,
        visit.signed_in.user.email,
        counted_on=limit_key(visit.address),
        now=visit.now,
    )
    return await visit.desk.slowly(identity.prove, challenge, password)


def _why(error: RingbackError) -> str:
    return "Too many tries: please wait some minutes." if isinstance(error, TooManyRequests) else _WRONG_PASSWORD


def _account_page(visit: Visit, typed: Typed, problems: Problems) -> Answer:
    status = 400 if problems else 200
    return page(visit, "account.html", "Account", here=HERE, status=status, typed=typed, problems=problems)


def _codes_page(visit: Visit, sealed: str, secret: str, uri: str, problems: Problems) -> Answer:
    picture = segno.make(uri, error="m").svg_inline(border=0, omitsize=True, title="QR code for your authenticator app")
    return page(
        visit,
        "codes_on.html",
        "One-time codes",
        here=HERE,
        status=400 if problems else 200,
        sealed=sealed,
        secret=secret,
        uri=uri,
        picture=Markup(picture),  # noqa: S704 - drawn here, of numbers
        problems=problems,
    )


def _recovery_page(visit: Visit, codes: tuple[str, ...]) -> Answer:
    return page(visit, "recovery_codes.html", "Recovery codes", here=HERE, codes=codes)


def _password_form(visit: Visit, what: str, problems: Problems) -> Answer:
    title = "Switch off one-time codes?" if what == "off" else "Make new recovery codes?"
    status = 400 if problems else 200
    return page(visit, "account_password.html", title, here=HERE, status=status, what=what, problems=problems)


_SIGNED_IN = Anybody.SIGNED_IN

ENTRIES = (
    get("/account", show, _SIGNED_IN),
    get("/account/name", back, _SIGNED_IN),
    post("/account/name", rename, _SIGNED_IN),
    get("/account/password", back, _SIGNED_IN),
    post("/account/password", change_password, _SIGNED_IN),
    post("/account/sign-out-elsewhere", sign_out_elsewhere, _SIGNED_IN),
    get("/account/codes", begin_codes, _SIGNED_IN),
    post("/account/codes", enable_codes, _SIGNED_IN),
    get("/account/codes/off", ask_off, _SIGNED_IN),
    post("/account/codes/off", disable_codes, _SIGNED_IN),
    get("/account/codes/recovery", ask_recovery, _SIGNED_IN),
    post("/account/codes/recovery", new_recovery_codes, _SIGNED_IN),
)
