"""What a setting in a form is, and the forms' groups and tabs; the texts of a language, which are alike in each."""

from dataclasses import dataclass

from ringback.call_targets.notifications import Notification
from ringback.console.call_targets.field_kinds import LONG_TEXT, Kind


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in a form."""

    path: tuple[str, ...]
    """Where it stands in the settings document."""
    label: str
    hint: str
    kind: Kind
    unit: str = ""
    """Of what a number counts; durations are typed with theirs."""
    empty: str | None = None
    """What an empty field means, where it may be empty and then stands for None or nothing."""
    choices: tuple[tuple[str, str], ...] = ()
    """Values and words."""

    @property
    def name(self) -> str:
        """Of its field."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Group:
    """Settings under one heading."""

    title: str
    lead: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the call target."""

    slug: str
    """The last part of its address; empty for the first."""
    title: str
    groups: tuple[Group, ...] = ()

    @property
    def settings(self) -> tuple[Setting, ...]:
        """All of them."""
        return tuple(setting for group in self.groups for setting in group.settings)


PROMPT_LABELS = {
    "greeting": ("Greeting", "To the customer who answers: who calls, and what the keys 1, 2, 9 and 7 do."),
    "ask_minutes": ("Ask for minutes", "To the customer who pressed 2: keys 1 to 9 stand for 10 to 90 minutes."),
    "later_confirmed": ("Later confirmed", "To the customer, once it is clear in how many {{minutes}} the call comes."),
    "cancel_confirmed": ("Cancel confirmed", "To the customer who pressed 9."),
    "never_call_confirmed": ("Never call confirmed", "To the customer who pressed 7."),
    "nobody_free": ("Nobody free", "To the customer on hold whom no agent has taken."),
    "whisper": ("Whisper", "To the agent who answers: who it is, and that 1 accepts."),
    "calling_customer": ("Calling the customer", "To the agent who has accepted before the customer is rung."),
    "customer_not_reached": (
        "Customer not reached",
        "To the agent who has accepted, in that case.",
    ),
}


def prompt_settings(language: str) -> tuple[Setting, ...]:
    """The texts of one language."""
    return tuple(
        Setting(("prompts", language, name), label, hint, LONG_TEXT, empty="as it comes with Ringback")
        for name, (label, hint) in PROMPT_LABELS.items()
    )


NOTIFICATION_LABELS = {
    Notification.CONFIRMATION: ("Confirmation", "When a callback is asked for, or moved."),
    Notification.REMINDER: ("Reminder", "15 minutes before a booked time."),
    Notification.CALLING: ("Calling now", "When the telephone rings. Never where agents are called first."),
    Notification.MISSED: ("Missed", "When nobody answered and another call comes."),
    Notification.FINAL: ("Final attempt", "When nobody answered and no other call comes."),
    Notification.CANCELED: ("Cancelled", "When somebody else has cancelled it."),
}


def notification_settings(language: str) -> tuple[Setting, ...]:
    """The texts of one language that are sent without being asked for."""
    return tuple(
        Setting(
            ("notifications", "texts", language, each.value),
            f"Text of “{label}”",
            "",
            LONG_TEXT,
            empty="as it comes with Ringback",
        )
        for each, (label, _) in NOTIFICATION_LABELS.items()
    )
