"""Coming in without asking for a page, changing between organizations, style and script, and live changes."""

from ringback.console.entries import Anybody, get, post
from ringback.console.live import EventStream
from ringback.console.navigation import FRONT_PAGE
from ringback.console.page import page, see_other, static_file
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.identity.service import choose_organization
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId


async def home(visit: Visit) -> Answer:
    """To the organization last chosen."""
    if visit.membership is None:
        return page(visit, "homeless.html", "No organization yet")
    return see_other(visit, visit.at(FRONT_PAGE))


async def front_page(visit: Visit) -> Answer:
    """To the first page of an organization."""
    return see_other(visit, visit.at(FRONT_PAGE))


async def switch(visit: Visit) -> Answer:
    """Go on in another organization."""
    org = OrgId(visit.form.get("organization", ""))
    await visit.desk.db.write(choose_organization, visit.signed_in, org)
    return see_other(visit, visit.console(f"{org}/{FRONT_PAGE}"))


async def static(visit: Visit) -> Answer:
    """Style, script or icon."""
    answer = static_file(visit.path["name"])
    if answer is None:
        raise NotFound("There is no such file.")
    return answer


async def live(visit: Visit) -> EventStream:
    """What changes in the organization, as it happens."""
    return EventStream(visit.desk.live, visit.org)


ENTRIES = (
    get("", home, Anybody.SIGNED_IN),
    post("/switch", switch, Anybody.SIGNED_IN),
    get("/static/{name}", static, Anybody.AT_ALL),
    get("/{org}", front_page),
    get("/{org}/live", live),
)
