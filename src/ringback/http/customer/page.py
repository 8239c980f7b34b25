"""A page as an HTTP answer: rendered, complete in itself, with headers that let nothing else in."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringback.http.answer import NO_STORE, Answer, Header
from ringback.http.customer.reader import Reader

_TEMPLATES = Environment(
    loader=PackageLoader("ringback.http.customer"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _static(name: str) -> str:
    return files("ringback.http.customer").joinpath("static", name).read_text("utf-8")


def _source(text: str) -> str:
    """The one inline text that the policy allows, by its digest (CSP level 3, section 2.3.1)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


_STYLE, _SCRIPT = _static("page.css"), _static("page.js")


def _headers(style: str, images: str = "") -> tuple[Header, ...]:
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {style}",
            f"script-src {_source(_SCRIPT)}",
            f"img-src data:{images}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    # A convey is not framed either: what belongs inside other pages is the widget.
    return (
        (b"content-type", b"text/html; charset=utf-8"),
        NO_STORE,
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"x-robots-tag", b"noindex"),
    )


HEADERS = _headers(_source(_STYLE))
_HEADERS_WITH_LOOK = _headers(f"{_source(_STYLE)} 'self'", " 'self'")
"""With a template there are a stylesheet and perhaps a logo of its own, at addresses of this site."""


def page(
    template: str, reader: Reader, *, status: int = 200, headers: tuple[Header, ...] = (), **values: Any
) -> Answer:
    """The page made of a template and what it tells."""
    fixed = _HEADERS_WITH_LOOK if values.get("look") else HEADERS
    body = _TEMPLATES.get_template(template).render(
        reader=reader,
        say=reader.say,
        style=Markup(_STYLE),  # noqa: S704 - our own file
        script=Markup(_SCRIPT),  # noqa: S704 - our own file
        status=status,
        **values,
    )
    return Answer(status, body.encode(), (*fixed, (b"content-language", reader.locale.encode()), *headers))


def see_other(path: str) -> Answer:
    """Go on to another page, with GET. ``path`` is relative, so that it holds behind any prefix."""
    return Answer(303, b"", ((b"location", path.encode()), *HEADERS[1:]))
