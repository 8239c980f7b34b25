"""Messaging > Text gateway: who carries the organization's texts, from which numbers, and at which hours unasked."""

import asyncio
from http import HTTPStatus

from pydantic import ValidationError

import ringback.messaging.service as messaging
from ringback.configuration.editing import ChangedMeanwhile
from ringback.console.entries import get, post
from ringback.console.forms import Problems, Typed, problem_of, problems_of
from ringback.console.page import page, see_other
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.model import Permission
from ringback.kernel.errors import InvalidParameters, RingbackError
from ringback.messaging.gateways.port import GatewayError
from ringback.messaging.model import MessagingSettings
from ringback.messaging.service import KeptAccount, NewSecrets

HERE = "messaging/gateway"

_NAMES = {"numbers": "numbers", "quiet_hours": "quiet_start", "twilio": "twilio.account_sid"}


async def show(visit: Visit) -> Answer:
    """The form, and the addresses that the gateway is to be told."""
    account = await visit.desk.db.read(messaging.kept_account, visit.org, visit.desk.sealer)
    return _page(visit, account, _typed(account), {})


async def save(visit: Visit) -> Answer:
    """Save it, unless somebody else has meanwhile."""
    account = await visit.desk.db.read(messaging.kept_account, visit.org, visit.desk.sealer)
    form = visit.form
    secrets = NewSecrets(form.get("auth_token", "").strip(), form.get("api_key_secret", "").strip())
    try:
        settings = MessagingSettings.model_validate(_document(form))
        await visit.desk.db.write(
            messaging.change_account,
            visit.org,
            settings,
            secrets,
            sealer=visit.desk.sealer,
            seen=form.get("seen", ""),
            by=visit.by,
            now=visit.now,
        )
    except ValidationError as error:
        return _page(visit, account, form, problems_of(error, _NAMES))
    except InvalidParameters as error:
        return _page(visit, account, form, problem_of(error))
    except ChangedMeanwhile:
        return _page(visit, account, {**form, "seen": account.version}, {}, changed=True)
    return see_other(visit, visit.at(HERE), notice="Saved. It holds from the next text on.")


async def check(visit: Visit) -> Answer:
    """Ask the gateway whether the next text would get through."""
    account = await visit.desk.db.read(messaging.kept_account, visit.org, visit.desk.sealer)
    try:
        async with asyncio.timeout(15):
            await messaging.check_gateway(visit.desk.db, visit.org, visit.desk.sealer)
    except (GatewayError, RingbackError) as error:
        verdict = (False, error.message)
    except TimeoutError:
        verdict = (False, "The gateway did not answer within 15 seconds.")
    else:
        verdict = (True, "The gateway knows us: texts would get through.")
    return _page(visit, account, _typed(account), {}, verdict=verdict)


async def back(visit: Visit) -> Answer:
    """An address that only a form is sent to was asked for by itself."""
    return see_other(visit, visit.at(HERE))


def _page(
    visit: Visit,
    account: KeptAccount,
    typed: Typed,
    problems: Problems,
    *,
    changed: bool = False,
    verdict: tuple[bool, str] | None = None,
) -> Answer:
    base = f"{visit.desk.base_url}/v1/texts/{visit.org}"
    return page(
        visit,
        "gateway.html",
        "Text gateway",
        here=HERE,
        status=HTTPStatus.CONFLICT if changed else HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        account=account,
        typed=typed,
        problems=problems,
        changed=changed,
        verdict=verdict,
        inbound_url=f"{base}/inbound",
        is_public=visit.desk.base_url.startswith("https://"),
        may_edit=visit.may(Permission.CHANGE_ORGANIZATION),
    )


def _typed(account: KeptAccount) -> Typed:
    settings = account.settings
    quiet = settings.quiet_hours
    typed = {
        "seen": account.version,
        "active": "yes" if settings.active else "",
        "gateway": settings.gateway,
        "numbers": "\n".join(settings.numbers),
        "quiet": "yes" if quiet else "",
        "quiet_start": f"{quiet.start:%H:%M}" if quiet else "21:00",
        "quiet_end": f"{quiet.end:%H:%M}" if quiet else "08:00",
    }
    return typed | {f"twilio.{name}": str(value) for name, value in settings.twilio.model_dump().items()}


def _document(form: Typed) -> dict[str, object]:
    numbers = form.get("numbers", "").replace(",", "\n").split("\n")
    return {
        "active": bool(form.get("active")),
        "gateway": form.get("gateway", ""),
        "numbers": ["".join(each.split()) for each in numbers if each.strip()],
        "twilio": {
            name: form.get(f"twilio.{name}", "").strip()
            for name in ("account_sid", "api_key_sid", "messaging_service_sid", "base_url")
        },
        "quiet_hours": {"start": form.get("quiet_start", ""), "end": form.get("quiet_end", "")}
        if form.get("quiet")
        else None,
    }


ENTRIES = (
    get("/{org}/messaging/gateway", show),
    post("/{org}/messaging/gateway", save, Permission.CHANGE_ORGANIZATION),
    get("/{org}/messaging/gateway/check", back),
    post("/{org}/messaging/gateway/check", check, Permission.CHANGE_ORGANIZATION),
)
