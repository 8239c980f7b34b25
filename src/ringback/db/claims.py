"""Leases: how one of several workers takes a piece of work, and how it comes free again when that worker dies.

A claim writes owner and end into the row, in the transaction that takes it. Whoever finds a lease that has ended first
makes sure what became of the work, and then takes it.
"""

import os
import secrets
import socket
from dataclasses import dataclass

from ringback.kernel.clock import Instant, after


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on something, and until when nobody else will."""

    owner: str
    until: Instant

    def held_at(self, now: Instant) -> bool:
        """Whether it still keeps others away."""
        return now < self.until


def new_owner() -> str:
    """A name for this process's leases: readable (machine and process), and never used before."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def lease(owner: str, now: Instant, seconds: float) -> Lease:
    """A lease of so many seconds from now."""
    return Lease(owner, after(now, seconds))
