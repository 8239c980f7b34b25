"""Renders the page. Its texts about endpoints come from the contract, those about all of them from ``guide.html``."""

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ringback import __version__
from ringback.http.contract import EVERY_ENDPOINT
from ringback.http.scheduler.contract import COMMON_ERRORS, curl, url
from ringback.http.scheduler.endpoint import TOKEN_VARIABLE, Endpoint, Scope
from ringback.http.scheduler.parameters import ACCESS_HEADERS

_PLACEHOLDERS = {
    Scope.ORGANIZATION: "YOUR_ORGANIZATION_ID",
    Scope.WIDGET: "YOUR_WIDGET_ID",
    Scope.CALL_TARGET: "YOUR_CALL_TARGET_ID",
}
_GROUPS = {Scope.ORGANIZATION: "Organization", Scope.WIDGET: "Widget", Scope.CALL_TARGET: "Call target"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_JSON_TOKEN = re.compile(rf"(?P<key>{_STRING})(?=:)|(?P<text>{_STRING})|(?P<word>-?\d+|true|false|null)")
_SHELL_TOKEN = re.compile(rf"(?P<text>'[^']*'|{_STRING})|(?P<flag>(?<= )-[-\w]+)")


@cache
def page(base_url: str) -> str:
    """The page as HTML. ``base_url`` is where the API is reached, without a slash at its end."""
    style, script = _asset("style.css"), _asset("script.js")
    return (
        _templates()
        .get_template("page.html")
        .render(
            base_url=base_url,
            version=__version__,
            groups=[(_GROUPS[scope], [each for each in EVERY_ENDPOINT if each.scope is scope]) for scope in Scope],
            endpoints={endpoint.key: endpoint for endpoint in EVERY_ENDPOINT},
            common_errors=COMMON_ERRORS,
            access_headers=ACCESS_HEADERS,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            security_policy=_security_policy(style, script),
            url_of=lambda endpoint: url(endpoint, base_url, _PLACEHOLDERS[endpoint.scope]),
            curl_of=lambda endpoint: _shown_curl(endpoint, base_url),
            own_errors=lambda endpoint: [case for case in endpoint.errors if case not in COMMON_ERRORS],
        )
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("ringback.http.reference"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "breakable": _breakable, "json": _json, "shell": _shell}
    return environment


def _asset(name: str) -> str:
    return files("ringback.http.reference").joinpath("templates", name).read_text("utf-8")


def _security_policy(style: str, script: str) -> str:
    """Allows the page its own style and script, and nothing else of anybody."""
    return f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _shown_curl(endpoint: Endpoint, base_url: str) -> str:
    # Widgets are open unless closed by a policy; the others are closed.
    token = None if endpoint.scope is Scope.WIDGET else TOKEN_VARIABLE
    return curl(endpoint, base_url, _PLACEHOLDERS[endpoint.scope], token=token)


def _prose(text: str) -> Markup:
    """A definition as HTML: what stands in backticks is code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(text.split("`"))
    )


def _breakable(text: str) -> Markup:
    """A long name or address with places where a line may break: after ``_`` or ``/``, before a capital."""
    return Markup("<wbr>").join(re.split(r"(?<=[_/])(?=\w)|(?<=[a-z])(?=[A-Z])", text))


def _json(value: Any) -> Markup:
    """JSON as it is read best: indented, but lists of numbers on one line."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _painted(re.sub(r"\[\s+(\d[\d,\s]*?)\s+\]", _on_one_line, text), _JSON_TOKEN)


def _on_one_line(numbers: re.Match[str]) -> str:
    return "[" + re.sub(r"\s+", " ", numbers[1]) + "]"


def _shell(command: str) -> Markup:
    return _painted(command, _SHELL_TOKEN)


def _painted(text: str, token: re.Pattern[str]) -> Markup:
    """``text`` in spans: one a line, which indents what wraps, and one a token, whose class is the token's group."""
    lines = (_painted_line(line, token) for line in text.splitlines(keepends=True))
    return Markup("").join(Markup('<span class="line">{}</span>').format(line) for line in lines)


def _painted_line(line: str, token: re.Pattern[str]) -> Markup:
    painted = Markup("")
    end = 0
    for match in token.finditer(line):
        painted += escape(line[end : match.start()])
        painted += Markup('<span class="{}">{}</span>').format(match.lastgroup, _breakable(match[0]))
        end = match.end()
    return painted + escape(line[end:])
