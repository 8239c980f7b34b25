"""How pages say what they answer to, and who may come in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from ringback.console.live import EventStream
from ringback.console.visit import Visit
from ringback.http.answer import Answer
from ringback.http.scheduler.exchange import LARGEST_BODY
from ringback.identity.model import Permission

Handler = Callable[[Visit], Awaitable[Answer | EventStream]]


class Anybody(Enum):
    """Who needs no role in an organization."""

    AT_ALL = auto()
    SIGNED_IN = auto()


Needs = Permission | Anybody


@dataclass(frozen=True, slots=True)
class Entry:
    """One address and method. An address with ``{org}`` in it is about that organization."""

    method: str
    path: str
    """Below ``/console``."""
    handler: Handler
    needs: Needs
    largest: int = LARGEST_BODY
    """Bytes of a form that is sent."""

    @property
    def is_of_organization(self) -> bool:
        """Whether the address names an organization."""
        return self.path.startswith("/{org}")


def get(path: str, handler: Handler, needs: Needs = Permission.SEE) -> Entry:
    """A page to look at."""
    return Entry("GET", path, handler, needs)


def post(path: str, handler: Handler, needs: Needs, *, largest: int = LARGEST_BODY) -> Entry:
    """Something to be done."""
    return Entry("POST", path, handler, needs, largest)
