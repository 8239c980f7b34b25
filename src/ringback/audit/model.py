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
