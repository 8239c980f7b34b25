"""Entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ringback.kernel.clock import Instant

Facts = Mapping[str, Any]
"""What is known of a thing, in JSON's types. Never a secret, nor the hash of one, nor a whole phone number."""


class Action(StrEnum):
    """What was done to a thing."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    RESTORED = "restored"
    """It had been removed and is back under its old id."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and by what means."""

    actor: str
    """A person's e-mail address, or what else acts."""
    origin: str
    """``console 192.0.2.7``, the command and its file, the API."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of one thing."""

    id: str
    at: Instant
    actor: str
    """Who did it."""
    origin: str
    """By what means: the command and its file, the console, the API."""
    action: Action
    subject_kind: str
    """``call_target``, ``widget``, ``policy`` ..."""
    subject_key: str
    before: Facts | None
    """None when there was nothing before."""
    after: Facts | None
    """None when there is nothing any more."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which entries are wanted; what is empty or None asks for nothing."""

    actor: str = ""
    """A part of who did it."""
    subject_kind: str = ""
    subject_key: str = ""
    """A part of it."""
    action: Action | None = None
    since: Instant | None = None
    until: Instant | None = None
    """The first instant that is too late."""
