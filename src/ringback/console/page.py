"""The answer to a visit: a page, or the way to another one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from hashlib import sha256
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from babel.dates import format_date, format_datetime
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringback.charts.svg import chart_style
from ringback.console.navigation import navigation
from ringback.console.telephone_numbers import number_words
from ringback.console.visit import NOTICE, Visit, cookie, guest_cookie
from ringback.http.answer import NO_STORE, Answer, Header
from ringback.kernel.clock import Instant, to_datetime
from ringback.kernel.sealing import SealBroken

_MEDIA = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_MORE = {"console.css": chart_style().encode()}
STATIC: Mapping[str, tuple[bytes, str]] = {
    name: (files("ringback.console").joinpath("static", name).read_bytes() + _MORE.get(name, b""), media)
    for name, media in _MEDIA.items()
}
"""Style, script and icon: content and media type by name."""
_VERSIONS = {name: sha256(content).hexdigest()[:12] for name, (content, _) in STATIC.items()}

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_GUARDS: tuple[Header, ...] = (
    NO_STORE,
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HTML = (b"content-type", b"text/html; charset=utf-8")
_NOTICE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Undo:
    """A form in one button that takes back what was just done."""

    path: str
    """The whole address."""
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """What was done, told on the next page."""

    text: str
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Tells times in the organization's zone; the browser's script adds the reader's own."""

    zone: tzinfo
    locale: str = field(default="en")

    def moment(self, instant: Instant) -> Markup:
        """A moment, to the minute."""
        local = to_datetime(instant, self.zone)
        words = format_datetime(local, "MMM d, y, HH:mm", locale=self.locale) + f" {local.tzname()}"
        return Markup('<time datetime="{}">{}</time>').format(to_datetime(instant).isoformat(), words)

    def near(self, instant: Instant, now: Instant) -> Markup:
        """A moment not far from now, as short as it can be told: "09:00", "Tue 09:00", "Mar 9, 09:00"."""
        local, today = to_datetime(instant, self.zone), to_datetime(now, self.zone).date()
        days = abs((local.date() - today).days)
        pattern = "HH:mm" if not days else "EEE HH:mm" if days < 7 else "MMM d, HH:mm"
        words = format_datetime(local, pattern, locale=self.locale)
        whole = format_datetime(local, "MMM d, y, HH:mm", locale=self.locale) + f" {local.tzname()}"
        iso = to_datetime(instant).isoformat()
        return Markup('<time datetime="{}" data-style="near" data-told="{}">{}</time>').format(iso, whole, words)

    def exact(self, instant: Instant) -> Markup:
        """A moment to the second, within a year."""
        local = to_datetime(instant, self.zone)
        words = format_datetime(local, "MMM d, HH:mm:ss", locale=self.locale)
        whole = format_datetime(local, "MMM d, y, HH:mm:ss", locale=self.locale) + f" {local.tzname()}"
        iso = to_datetime(instant).isoformat()
        return Markup('<time datetime="{}" data-style="exact" data-told="{}">{}</time>').format(iso, whole, words)

    def day(self, instant: Instant) -> Markup:
        """A day."""
        local = to_datetime(instant, self.zone)
        words = format_date(local, "MMM d, y", locale=self.locale)
        iso = to_datetime(instant).isoformat()
        return Markup('<time datetime="{}" data-style="day">{}</time>').format(iso, words)


_TEMPLATES = Environment(
    loader=PackageLoader("ringback.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def prose(text: str) -> Markup:
    """A definition as HTML: what stands in backticks is code."""
    pieces = [
        Markup("<code>{}</code>").format(piece) if place % 2 else Markup("{}").format(piece)
        for place, piece in enumerate(text.split("`"))
    ]
    return Markup("").join(pieces)


def network_words(network: IPv4Network | IPv6Network) -> str:
    """A network as people write it: one address without its prefix length."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


_TEMPLATES.filters |= {"prose": prose, "network": network_words, "number_words": number_words}


def page(
    visit: Visit,
    template: str,
    title: str,
    *,
    here: str = "",
    status: int = 200,
    headers: tuple[Header, ...] = (),
    **values: Any,
) -> Answer:
    """The page made of a template and what it tells. ``here`` is its entry in the navigation."""
    notices, shown = _notices(visit)
    member = visit.membership
    body = _TEMPLATES.get_template(template).render(
        title=title,
        here=here,
        session=visit.session,
        membership=member,
        navigation=navigation(member.role) if member else [],
        csrf=visit.csrf,
        notices=notices,
        at=visit.at if member else visit.console,
        console=visit.console,
        static=lambda name: f"{visit.console('static')}/{name}?v={_VERSIONS[name]}",
        stream=visit.at("live") if member else "",
        may=visit.may,
        **values,
    )
    cookies = shown
    if visit.session is None:
        cookies = (*shown, cookie(visit.desk, guest_cookie(visit.desk), visit.guest, seconds=3600))
    return Answer(status, body.encode(), (_HTML, *_GUARDS, *cookies, *headers))


def rendered(template: str, **values: Any) -> str:
    """What a template alone makes: an example to be shown."""
    return _TEMPLATES.get_template(template).render(**values)


def see_other(visit: Visit, address: str, *headers: Header, notice: str | Notice | None = None) -> Answer:
    """Go on to another page with GET, where ``notice`` tells what was done."""
    if notice is not None:
        told = notice if isinstance(notice, Notice) else Notice(notice)
        value = visit.desk.sealer.seal(json.dumps(asdict(told)), NOTICE)
        headers = (*headers, cookie(visit.desk, NOTICE, value, seconds=_NOTICE_SECONDS))
    return Answer(303, b"", ((b"location", address.encode()), *_GUARDS, *headers))


def download(content: bytes, media_type: str, name: str) -> Answer:
    """A file to keep."""
    disposition = f'attachment; filename="{name}"'.encode()
    what = ((b"content-type", media_type.encode()), (b"content-disposition", disposition))
    return Answer(200, content, (*what, *_GUARDS))


def stylesheet(text: str) -> Answer:
    """A stylesheet made for one page."""
    return Answer(200, text.encode(), ((b"content-type", b"text/css; charset=utf-8"), *_GUARDS))


def static_file(name: str) -> Answer | None:
    """Style, script or icon; the address has a digest of the content in it, so it may be kept for ever."""
    found = STATIC.get(name)
    if found is None:
        return None
    content, media = found
    headers = (
        (b"content-type", media.encode()),
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Answer(200, content, headers)


def _notices(visit: Visit) -> tuple[list[Notice], tuple[Header, ...]]:
    """What to tell, and the header that makes the browser forget it."""
    kept = visit.cookies.get(NOTICE)
    if not kept:
        return [], ()
    forget = (cookie(visit.desk, NOTICE, "", seconds=0),)
    try:
        told = json.loads(visit.desk.sealer.open(kept, NOTICE))
    except SealBroken:
        return [], forget
    undo = told["undo"]
    return [Notice(told["text"], Undo(undo["path"], undo["fields"]) if undo else None)], forget
