"""The API access tokens of a policy: issued, shown once, revoked."""

from datetime import date

from ringback.configuration.policies import issue_token, kept_policy, revoke_token
from ringback.console.entries import get, post
from ringback.console.forms import problem_of
from ringback.console.page import page, see_other
from ringback.console.pages.policies import HERE
from ringback.console.pages.policy import Filled, back, policy_page
from ringback.console.pages.reading import reader_of
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.http.scheduler.endpoint import TOKEN_VARIABLE
from ringback.identity.model import Permission
from ringback.kernel.clock import Instant
from ringback.kernel.errors import InvalidParameters, NotFound
from ringback.kernel.localtime import local_to_instant
from ringback.kernel.tenancy import PolicyId, TokenId

_LONGEST_NAME = 120
_DAY = 1440
"""Minutes: the end of a day."""


async def issue(visit: Visit) -> Answer:
    """A new token. The answer is the page itself, not the way to one: the secret is kept nowhere."""
    policy_id, form = PolicyId(visit.path["policy"]), visit.form
    typed = {"token_name": form.get("token_name", "").strip(), "expires": form.get("expires", "").strip()}
    try:
        issued = await visit.desk.db.write(
            issue_token,
            visit.org,
            policy_id,
            _name(typed["token_name"]),
            expires_at=await _end_of(visit, typed["expires"]),
            by=visit.by,
            now=visit.now,
        )
    except InvalidParameters as error:
        problems = problem_of(error)
        beside = {"token_name": problems.pop("name")} if "name" in problems else {}
        return await policy_page(visit, Filled(typed, problems | beside), status=400)
    policy = await visit.desk.db.read(kept_policy, visit.org, policy_id)
    return page(
        visit,
        "token_issued.html",
        f"Token “{issued.token.name}”",
        here=HERE,
        secret=issued.secret,
        policy=policy,
        token_variable=TOKEN_VARIABLE.removeprefix("$"),
    )


async def ask_revoke(visit: Visit) -> Answer:
    """What revoking would mean."""
    policy = await visit.desk.db.read(kept_policy, visit.org, PolicyId(visit.path["policy"]))
    token = next((each for each in policy.tokens if each.id == visit.path["token"]), None)
    if token is None:
        raise NotFound("There is no such token.")
    reader = await visit.desk.db.read(reader_of, visit.org)
    title = f"Revoke “{token.name}”?"
    return page(visit, "token_revoke.html", title, here=HERE, policy=policy, token=token, reader=reader)


async def revoke(visit: Visit) -> Answer:
    """Revoke it."""
    policy_id, token_id = PolicyId(visit.path["policy"]), TokenId(visit.path["token"])
    name = await visit.desk.db.write(revoke_token, visit.org, policy_id, token_id, by=visit.by, now=visit.now)
    return see_other(visit, visit.at(f"{HERE}/{policy_id}#tokens"), notice=f"“{name}” is revoked.")


def _name(text: str) -> str:
    if not text:
        raise InvalidParameters("A name is needed, to tell it from the others.", field="name")
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise InvalidParameters(f"A name has at most {_LONGEST_NAME} characters.", field="name")
    return text


async def _end_of(visit: Visit, text: str) -> Instant | None:
    """The end of a day in the organization's zone; None for no end."""
    if not text:
        return None
    reader = await visit.desk.db.read(reader_of, visit.org)
    try:
        day = date.fromisoformat(text)
        return local_to_instant(day, _DAY, reader.zone)
    except (ValueError, OverflowError):
        raise InvalidParameters("This is no date.", field="expires") from None


_ONE = "/{org}/scheduler/policies/{policy}"

ENTRIES = (
    get(f"{_ONE}/tokens", back),
    post(f"{_ONE}/tokens", issue, Permission.MANAGE_ACCESS),
    get(f"{_ONE}/tokens/{{token}}/revoke", ask_revoke, Permission.MANAGE_ACCESS),
    post(f"{_ONE}/tokens/{{token}}/revoke", revoke, Permission.MANAGE_ACCESS),
)
