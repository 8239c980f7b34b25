"""How the notifications of a call target read in one language, beside the fields that they are typed into: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ringback.call_targets.model import CallTargetSettings
from ringback.call_targets.notifications import LONG_VALUES, Notification
from ringback.console.call_targets.fields import Setting, notification_settings
from ringback.console.call_targets.tabs import TEXTS
from ringback.console.forms import Problems, Typed
from ringback.messaging.default_notifications import shipped_text, text_of
from ringback.texts import Size, size

PLACEHOLDER_WORDS: Mapping[str, str] = {
    "organization_name": "the organization",
    "widget_name": "what was asked for: the widget's name",
    "when": "at about 3:15 PM, on Wed, Nov 25, 10:15 AM; by the customer's clock",
    "manage_url": "the page where a customer sees, moves and cancels it",
    "number": "the caller id, where one is set",
}
"""Each placeholder with what it stands for."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One notification: whether it is told, and in which words."""

    switch: Setting
    text: Setting
    shipped: str
    reads: str
    """As a customer would read it; empty where what is typed cannot be sent."""
    size: Size
    """What it takes with long values."""


def text_rows(
    settings: CallTargetSettings,
    language: str,
    typed: Typed,
    problems: Problems,
    facts: Mapping[Notification, Mapping[str, str]],
) -> list[TextRow]:
    """Every notification with what is typed for it. ``facts`` are those of its example."""
    rows = []
    switches = {setting.path[-1]: setting for setting in TEXTS.settings}
    for setting in notification_settings(language):
        what = Notification(setting.path[-1])
        texts = {**settings.notifications.own_texts(what), language: typed.get(setting.name, "").strip()}
        own = {} if setting.name in problems else {tag: text for tag, text in texts.items() if text}
        rows.append(
            TextRow(
                switch=switches[what.value],
                text=setting,
                shipped=shipped_text(what, language),
                reads="" if setting.name in problems else text_of(what, own, language, facts[what]),
                size=size(text_of(what, own, language, LONG_VALUES)),
            )
        )
    return rows
