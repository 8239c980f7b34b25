"""How a page of a convey looks that has a template, and the stylesheet and the picture that make it so."""

from typing import Any

from ringback.availability.memory import Availability
from ringback.configuration.model import Configuration
from ringback.http.answer import Answer, Header
from ringback.http.customer.reader import Reader
from ringback.http.customer.visit import Visit
from ringback.kernel.errors import NotFound
from ringback.kernel.tenancy import OrgId
from ringback.widgets.logo import decoded, digest_of, media_type_of
from ringback.widgets.look import Look, address_of, stylesheet
from ringback.widgets.model import Widget
from ringback.widgets.template import TemplateTexts

NO_TEXTS = TemplateTexts()
_FOR_EVER: tuple[Header, ...] = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"x-content-type-options", b"nosniff"),
)


def dressed(configuration: Configuration, widget: Widget | None, reader: Reader, *, up: str) -> dict[str, Any]:
    """What a page tells of its look: the stylesheet's address, the texts and the privacy notice.

    ``up`` leads from the page's address to the root of the installation, such as ``../``.
    """
    template = configuration.template_of(widget) if widget else None
    if template is None:
        return {"look": "", "logo": "", "texts": NO_TEXTS, "privacy_notice": ""}
    return {
        "look": up + address_of(Look.of(template).name),
        "logo": up + logo_address(configuration.org, template.logo) if template.logo else "",
        "texts": template.texts_in(reader.locale),
        "privacy_notice": template.privacy_notice,
    }


def logo_address(org: OrgId, logo: str) -> str:
    """Where a logo is, below the installation's root; another picture is elsewhere."""
    return f"logo/{org}/{digest_of(logo)}"


async def look(visit: Visit) -> Answer:
    """``GET /look/<name>.css``: its address says all that is in it, so it may be kept for ever."""
    named = Look.named(visit.path["name"])
    if named is None:
        raise NotFound("There is no such look.")
    return Answer(200, stylesheet(named).encode(), ((b"content-type", b"text/css; charset=utf-8"), *_FOR_EVER))


class Logos:
    """The handler of ``/logo/<organization>/<digest>``."""

    def __init__(self, availability: Availability) -> None:
        self._availability = availability

    async def show(self, visit: Visit) -> Answer:
        """``GET``: the picture, for as long as a template has it."""
        snapshot = await self._availability.of_organization(OrgId(visit.path["org"]))
        templates = snapshot.configuration.templates.values()
        wanted = visit.path["digest"]
        logo = next((each.logo for each in templates if each.logo and digest_of(each.logo) == wanted), None)
        if logo is None:
            raise NotFound("There is no such picture.")
        content = decoded(logo)
        kind = (media_type_of(content) or "application/octet-stream").encode()
        return Answer(
            200, content, ((b"content-type", kind), (b"content-security-policy", b"default-src 'none'"), *_FOR_EVER)
        )
