"""The words of notifications: a call target's own, else those that ship with the product. Pure."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ringback.call_targets.notifications import Notification
from ringback.forecast.wording import resolve_locale
from ringback.messaging.flow.template import Facts, render, render_fitting

_ENGLISH = "en"


def shipped_text(what: Notification, language: str) -> str:
    """The text that ships, in the language nearest to that one."""
    texts = _shipped()
    return texts[resolve_locale(language, texts.keys(), _ENGLISH)][what]


def text_of(what: Notification, own: Mapping[str, str], language: str, facts: Facts) -> str:
    """What a customer of that language reads. ``own`` are the call target's texts for it, by language.

    The nearest of those is told if with these facts it comes to something, else the shipped text.
    """
    nearest = resolve_locale(language, own.keys(), "")
    is_own = bool(nearest) and bool(render(own[nearest], facts))
    return render_fitting(own[nearest] if is_own else shipped_text(what, language), facts)


@cache
def _shipped() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("ringback.messaging").joinpath("default_notifications.toml").read_text("utf-8"))
