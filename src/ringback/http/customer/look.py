"""How a page of a convey looks that has a template, and the stylesheet that makes it so."""

from typing import Any

from ringback.configuration.model import Configuration
from ringback.http.answer import Answer
from ringback.http.customer.reader import Reader
from ringback.http.customer.visit import Visit
from ringback.kernel.errors import NotFound
from ringback.widgets.look import Look, address_of, stylesheet
from ringback.widgets.model import Widget
from ringback.widgets.template import TemplateTexts

NO_TEXTS = TemplateTexts()


def dressed(configuration: Configuration, widget: Widget | None, reader: Reader, *, up: str) -> dict[str, Any]:
    """What a page tells of its look: the stylesheet's address, the texts and the privacy notice.

    ``up`` leads from the page's address to the root of the installation, such as ``../``.
    """
    template = configuration.template_of(widget) if widget else None
    if template is None:
        return {"look": "", "texts": NO_TEXTS, "privacy_notice": ""}
    return {
        "look": up + address_of(Look.of(template).name),
        "texts": template.texts_in(reader.locale),
        "privacy_notice": template.privacy_notice,
    }


async def look(visit: Visit) -> Answer:
    """``GET /look/<name>.css``: its address says all that is in it, so it may be kept for ever."""
    named = Look.named(visit.path["name"])
    if named is None:
        raise NotFound("There is no such look.")
    headers = (
        (b"content-type", b"text/css; charset=utf-8"),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Answer(200, stylesheet(named).encode(), headers)
