"""Addresses and networks: read strictly, compared quickly.

An IPv4-mapped IPv6 address (``::ffff:192.0.2.1``, RFC 4291 section 2.5.5.2) is the IPv4 address inside it, wherever it
comes from: a dual-stack socket shows IPv4 callers in that form.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

Address = IPv4Address | IPv6Address

NO_ADDRESS = IPv6Address("::")
"""The caller's address when it is not known: the unspecified address, which no network holds."""

_MAPPED = IPv6Network("::ffff:0:0/96")


def canonical_address(address: Address) -> Address:
    """``address``, or the IPv4 address that it maps."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def read_network(text: Any) -> IPv4Network | IPv6Network:
    """The network that ``text`` names: an address, or one in CIDR notation.

    Bits set after the prefix are refused, since ``10.1.2.3/8`` may be meant as one address or as sixteen million.
    Raises ``ValueError`` with a message for the person who wrote it.
    """
    if isinstance(text, IPv4Network | IPv6Network):
        return _canonical_network(text)
    if not isinstance(text, str) or "%" in text:  # a zone index has a meaning on one machine only
        raise ValueError("a network is an address such as '192.0.2.7' or a range such as '192.0.2.0/24'")
    try:
        interface = ip_interface(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not an IPv4 or IPv6 address or network (CIDR)") from None
    if interface.ip != interface.network.network_address:
        raise ValueError(
            f"{text!r} names an address and a network; write '{interface.ip}' or '{interface.network}', as is meant"
        )
    return _canonical_network(interface.network)


Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(read_network)]
"""A network in a settings document, written as text."""


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Networks, prepared for asking whether an address is in one: a set look-up for each prefix length in use."""

    _v4: tuple[tuple[int, frozenset[int]], ...] = ()
    _v6: tuple[tuple[int, frozenset[int]], ...] = ()

    @classmethod
    def of(cls, networks: Iterable[IPv4Network | IPv6Network]) -> Self:
        """The set of all addresses in ``networks``."""
        canonical = [_canonical_network(network) for network in networks]
        return cls(
            _by_mask(network for network in canonical if network.version == 4),
            _by_mask(network for network in canonical if network.version == 6),
        )

    def __bool__(self) -> bool:
        """Whether there is any network in it."""
        return bool(self._v4 or self._v6)

    def __contains__(self, address: Address) -> bool:
        """Whether ``address`` is in one of the networks. The unspecified addresses are in none, not even ``::/0``."""
        address = canonical_address(address)
        number = int(address)
        masks = self._v4 if address.version == 4 else self._v6
        return number != 0 and any(number & mask in numbers for mask, numbers in masks)


def _canonical_network(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96))
    return network


def _by_mask(networks: Iterable[IPv4Network | IPv6Network]) -> tuple[tuple[int, frozenset[int]], ...]:
    numbers = defaultdict(set)
    for network in networks:
        numbers[int(network.netmask)].add(int(network.network_address))
    return tuple((mask, frozenset(members)) for mask, members in numbers.items())
