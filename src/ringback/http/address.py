"""Where a request comes from, when proxies stand in between.

The caller's address is the socket peer. What forwarding headers say counts only when the peer is a trusted proxy: each
proxy appends the address that it saw, so the list is walked from its right end, and the first address that is no
trusted proxy is the caller. Whatever stands left of it was written by somebody who is not trusted.

Where that walk cannot be finished the answer is ``NO_ADDRESS``, which no network holds, rather than the address of the
last proxy: a proxy's own network is often on an allow-list. This is so for a hop that is malformed, ``unknown`` or
obfuscated (RFC 7239, section 6), and when ``X-Forwarded-For`` and ``Forwarded`` are both there and disagree: a proxy
that writes one of them passes on what the caller put into the other.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from ringback.access.networks import NO_ADDRESS, Address, AddressSet, canonical_address

TrustedProxies = AddressSet
"""The networks whose forwarding headers are believed."""

Headers = Sequence[tuple[bytes, bytes]]
"""ASGI's raw headers: names in lower case."""

_HOP = re.compile(
    r"""(?: (?P<v4>[0-9.]{7,15}) : PORT
          | (?P<bare>[0-9A-Fa-f:.]{2,45})
          | \[(?P<v6>[0-9A-Fa-f:.]{2,45})\] (?: : PORT)?
        )""".replace("PORT", r"(?:[0-9]{1,5}|_[\w.-]+)"),
    re.VERBOSE | re.ASCII,
)
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf"\s*(?P<name>{_WORD})=(?P<value>{_WORD}|{_QUOTED})\s*(?P<end>[;,]|$)", re.ASCII)


def caller_address(peer: Sequence[object] | None, headers: Headers, trusted: TrustedProxies) -> Address:
    """The address that a request comes from; ``NO_ADDRESS`` when it is not known.

    ``peer`` is ASGI's ``scope["client"]``, host and port; ``None`` on a Unix socket, which is never a trusted proxy.
    Never raises, whatever the headers hold.
    """
    address = _read_address(str(peer[0])) if peer else NO_ADDRESS
    if not trusted or address not in trusted:
        return address
    told = {_first_untrusted(hops, trusted) for hops in (_x_forwarded_for(headers), _forwarded(headers)) if hops}
    if not told:
        return address  # the proxy's own request
    return told.pop() if len(told) == 1 else NO_ADDRESS


def limit_key(address: Address) -> str:
    """What a limit per address is counted on: an IPv4 address, or the /64 of an IPv6 one.

    A /64 is the least that one subscriber gets (RFC 6177), so its addresses are all the same person's.
    """
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def _first_untrusted(hops: Sequence[str], trusted: TrustedProxies) -> Address:
    """The right-most hop that is no trusted proxy; the left-most one when all are."""
    address: Address = NO_ADDRESS
    for hop in reversed(hops):
        address = _read_hop(hop)
        if address not in trusted:
            break
    return address


def _x_forwarded_for(headers: Headers) -> list[str]:
    line = _joined(headers, b"x-forwarded-for")
    return [] if line is None else [hop.strip() for hop in line.split(",")]


def _forwarded(headers: Headers) -> list[str]:
    """The ``for`` of each element; a single hop that says nothing when the header breaks the grammar of RFC 7239.

    The grammar is kept strictly: a quote left open by the caller could otherwise swallow what a proxy appends.
    """
    line = _joined(headers, b"forwarded")
    if line is None:
        return []
    hops: list[str] = []
    element: dict[str, str] = {}
    position = 0
    while position < len(line):
        pair = _PAIR.match(line, position)
        if pair is None or pair["name"].lower() in element:
            return [""]
        element[pair["name"].lower()] = _unquoted(pair["value"])
        position = pair.end()
        if pair["end"] == ",":
            hops.append(element.get("for", ""))
            element = {}
    return [*hops, element.get("for", "")]


def _joined(headers: Headers, name: bytes) -> str | None:
    lines = [value for key, value in headers if key == name]
    return b",".join(lines).decode("latin-1") if lines else None


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _read_hop(hop: str) -> Address:
    parts = _HOP.fullmatch(hop)
    return _read_address(parts["v4"] or parts["bare"] or parts["v6"]) if parts else NO_ADDRESS


@lru_cache(maxsize=4096)
def _read_address(text: str) -> Address:
    try:
        return canonical_address(ip_address(text.partition("%")[0]))  # a link-local peer may carry a zone index
    except ValueError:
        return NO_ADDRESS
