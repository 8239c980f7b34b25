"""Widgets and conveys: the public ways to ask for a callback on a call target."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from ringback.kernel.document import Document, Key, Name
from ringback.kernel.phone import NumberRules
from ringback.kernel.tenancy import CallTargetId, PolicyId, TemplateId, UserDataSetId, WidgetId
from ringback.widgets.messages import MessageSet

Scalar = str | int | float | bool | None


class WidgetKind(StrEnum):
    """A widget is embedded, texted or called by API; a convey is a hosted page with a short link."""

    WIDGET = "widget"
    CONVEY = "convey"


class WidgetSettings(Document):
    """What a person configures about a widget or convey."""

    name: Name
    """What a customer would pick: "billing"."""
    active: bool = True
    by_text: bool = True
    """Whether customers who text ``@callme`` can choose it."""
    default_language: str = Field("", max_length=35)
    """Absent: the organization's."""
    messages: Mapping[str, Mapping[str, str]] = {}
    """API Messages by language, then by key; what is absent comes from the shipped defaults."""
    numbers: NumberRules | None = None
    """Which numbers may be called. Absent: the organization's rules."""

    @field_validator("messages")
    @classmethod
    def _messages_parse(cls, messages: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        MessageSet(messages)
        return messages


class UserDataKey(Document):
    """One key that a widget may pass on to the agent."""

    key: Key
    label: str = Field("", max_length=120)
    default: Scalar = None
    always_replace: bool = False
    """The default overwrites whatever was sent."""

    @model_validator(mode="after")
    def _replaces_with_something(self) -> Self:
        if self.always_replace and self.default is None:
            raise ValueError("always_replace needs a default to replace with")
        return self


class UserDataSet(Document):
    """The keys that a widget may pass on to the agent."""

    name: Name
    keys: tuple[UserDataKey, ...] = ()

    @field_validator("keys")
    @classmethod
    def _keys_differ(cls, keys: tuple[UserDataKey, ...]) -> tuple[UserDataKey, ...]:
        names = [key.key for key in keys]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"keys listed twice: {', '.join(twice)}")
        return keys

    def keep(self, sent: Mapping[str, Any]) -> dict[str, Scalar]:
        """Of what was sent, the keys of this set, with defaults filled in and "always replace" keys overwritten."""
        kept: dict[str, Scalar] = {}
        for key in self.keys:
            value = key.default if key.always_replace else sent.get(key.key, key.default)
            if value is not None:
                kept[key.key] = value
        return kept


NO_USER_DATA = UserDataSet(name="none")


@dataclass(frozen=True)
class Widget:
    """A widget or convey as the rest of the program sees it."""

    id: WidgetId
    key: str
    kind: WidgetKind
    slug: str | None
    position: int
    call_target_id: CallTargetId
    policy_id: PolicyId | None
    user_data_set_id: UserDataSetId | None
    settings: WidgetSettings
    messages: MessageSet
    template_id: TemplateId | None = None
    """How its page looks; None: Ringback's own look."""
