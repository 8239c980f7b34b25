"""HTTP as it goes over the wire, for what no well-behaved client would send."""

import socket
from dataclasses import dataclass

PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Heard:
    """One answer, as it came. ``status`` is 0 when the server hung up without a word."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, *pieces: bytes) -> Heard:
    """Send these bytes over a connection of their own and read one answer."""
    with connection(port) as wire:
        for piece in pieces:
            wire.sendall(piece)
        return hear(wire)


def connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def hear(wire: socket.socket) -> Heard:
    """Read one answer to its end."""
    with wire.makefile("rb") as stream:
        start = stream.readline()
        if not start:
            return Heard(0, {}, b"")
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Heard(int(start.split()[1]), headers, stream.read(int(headers.get("content-length", 0))))


def post(path: str, body: bytes, *headers: str, content_type: str = "application/json") -> bytes:
    """A POST request as bytes, with its length announced."""
    return head("POST", path, f"Content-Length: {len(body)}", f"Content-Type: {content_type}", *headers) + body


def head(method: str, path: str, *headers: str) -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: ringback", *headers, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a body whose length was not announced."""
    return b"%x\r\n%s\r\n" % (len(data), data)
