"""How customers reach a widget or convey: the link and its QR code, and an example page to start one's own from."""

import segno
from markupsafe import Markup

from ringback.console.entries import get
from ringback.console.page import page, rendered
from ringback.console.pages.widget_words import asks_for_token, list_of, page_of
from ringback.console.pages.widgets import scene_of
from ringback.console.visit import Visit
from ringback.forecast.wording import resolve_locale
from ringback.http.answer import Answer
from ringback.http.customer.texts import TEXTS
from ringback.http.scheduler.contract import ENDPOINTS, url
from ringback.widgets.messages import DEFAULT_LANGUAGE


async def show(visit: Visit) -> Answer:
    """The page."""
    scene = await scene_of(visit)
    kept = scene.one(visit)
    language = kept.settings.default_language or scene.around.settings.default_language
    texts = TEXTS[resolve_locale(language, TEXTS, DEFAULT_LANGUAGE)]
    addresses = {each.key: url(each, visit.desk.base_url, kept.id) for each in ENDPOINTS}
    example = rendered(
        "widget_example.html",
        language=language,
        name=kept.settings.name,
        texts=texts,
        status_url=addresses["widget_status"],
        request_url=addresses["request_callback"],
    )
    link = f"{visit.desk.base_url}/c/{kept.widget.slug}" if kept.is_convey else ""
    snippet = Markup('<a href="{}">{}</a>').format(link, texts["ask.submit"])
    return page(
        visit,
        "widget_embed.html",
        f"Link and snippet of “{kept.settings.name}”" if kept.is_convey else f"Embed “{kept.settings.name}”",
        here=list_of(kept.widget.kind),
        kept=kept,
        own=page_of(kept),
        link=link,
        picture=_qr_code(link) if link else "",
        snippet=str(snippet),
        example=example,
        shuts_browsers_out=asks_for_token(kept),
    )


def _qr_code(link: str) -> Markup:
    title = "QR code that leads to the page"
    return Markup(segno.make(link, error="m").svg_inline(border=0, omitsize=True, title=title))  # noqa: S704 - drawn here


ENTRIES = (get("/{org}/scheduler/widgets/{widget}/embed", show),)
