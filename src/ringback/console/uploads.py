"""What a form sends: its fields, and files where it has some (RFC 7578, ``multipart/form-data``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP

from ringback.console.forms import Typed, read_fields, readable
from ringback.http.scheduler.exchange import Exchange
from ringback.kernel.errors import InvalidRequest

_MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class Received:
    """The fields and files of a form, by name."""

    form: Typed
    files: Mapping[str, bytes] = field(default_factory=dict)


async def receive(exchange: Exchange, largest: int) -> Received:
    """Read a form of at most so many bytes. Raises ``BodyTooLarge`` and ``InvalidRequest``."""
    body = await exchange.body(largest)
    kind = exchange.header(b"content-type") or b""
    if kind.partition(b";")[0].strip().lower() == b"multipart/form-data":
        return read_parts(kind, body)
    return Received(read_fields(body.decode("utf-8", "replace")))


def read_parts(content_type: bytes, body: bytes) -> Received:
    """The parts of a form with files. Raises ``InvalidRequest``."""
    if b"\n" in content_type or b"\r" in content_type:
        raise InvalidRequest("This form cannot be read.")
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body)
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for number, part in enumerate(message.get_payload() if message.is_multipart() else ()):
        if number == _MOST_PARTS:
            raise InvalidRequest("There are too many fields.")
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        if part.get_filename() is None:
            form.setdefault(name, readable(content.decode("utf-8", "replace")))
        else:
            files.setdefault(name, content)
    return Received(form, files)
