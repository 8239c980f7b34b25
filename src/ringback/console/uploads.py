"""What a form sends: its fields, and files where it has some."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringback.console.forms import Typed, read_fields, readable
from ringback.http.scheduler.exchange import Exchange
from ringback.kernel.errors import InvalidRequest

_MOST_PARTS = 50
_KIND = re.compile(rb'multipart/form-data\b.*;\s*boundary="?([\w\'()+,./:=?-]{1,70})"?\s*', re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data\s*(;.*)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb';\s*name="([^"]*)"', re.IGNORECASE)
_FILE = re.compile(rb';\s*filename="', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """The fields and files of a form, by name; the first of each."""

    form: Typed
    files: Mapping[str, bytes] = field(default_factory=dict)


async def receive(exchange: Exchange, largest: int) -> Received:
    """Read a form of at most so many bytes. Raises ``BodyTooLarge`` and ``InvalidRequest``."""
    body = await exchange.body(largest)
    found = _KIND.fullmatch(exchange.header(b"content-type") or b"")
    return read_parts(found[1], body) if found else Received(read_fields(body.decode("utf-8", "replace")))


def read_parts(boundary: bytes, body: bytes) -> Received:
    """The parts of a form with files, as browsers send them (RFC 7578, section 4). Raises ``InvalidRequest``."""
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_PARTS + 2)
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        if part.startswith(b"--"):  # the end
            break
        if number == _MOST_PARTS:
            raise InvalidRequest("There are too many fields.")
        head, _, content = part.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head.replace(b"\r\n", b"\n"))
        named = _NAME.search(disposition[1]) if disposition else None
        if disposition is None or named is None:
            continue
        name = named[1].decode("utf-8", "replace")
        if _FILE.search(disposition[1]):
            files.setdefault(name, content)
        else:
            form.setdefault(name, readable(content.decode("utf-8", "replace")))
    return Received(form, files)
