from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ringback.access.model import Match, PolicySettings
from ringback.access.networks import NO_ADDRESS, AddressSet, canonical_address, read_network


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::/0", "::/0"),
    ],
)
def test_networks_are_read(text, network):
    assert read_network(text) == ip_network(network)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10.1.2.3/8", "'10.1.2.3' or '10.0.0.0/8'"),
        ("2001:db8::1/32", "'2001:db8::1' or '2001:db8::/32'"),
        ("10.0.0.0/33", "not an IPv4 or IPv6"),
        ("10.0.0", "not an IPv4 or IPv6"),
        ("example.com", "not an IPv4 or IPv6"),
        ("", "not an IPv4 or IPv6"),
        ("fe80::1%eth0", "a network is"),
        (5, "a network is"),
        (None, "a network is"),
    ],
)
def test_unclear_networks_are_refused(text, words):
    with pytest.raises(ValueError, match=words):
        read_network(text)
    with pytest.raises(ValidationError, match=words):
        PolicySettings(name="p", networks=(text,))


def test_settings_are_kept_as_text_and_read_back():
    settings = PolicySettings(name="Office", networks=("192.0.2.7", "2001:db8::/32", "192.0.2.7/32"), match="any")
    assert settings.networks == (ip_network("192.0.2.7/32"), ip_network("2001:db8::/32"))
    assert settings.match is Match.ANY
    assert '"192.0.2.7/32"' in settings.to_json()
    assert PolicySettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("::a00:1", False),  # 10.0.0.1 as a number, not as an address
    ],
)
def test_addresses_are_looked_up(address, inside):
    networks = AddressSet.of([ip_network("10.0.0.0/8"), ip_network("192.0.2.7"), ip_network("2001:db8::/32")])
    assert (ip_address(address) in networks) is inside


def test_everywhere_of_one_version_is_nowhere_of_the_other():
    assert ip_address("192.0.2.1") not in AddressSet.of([ip_network("::/0")])
    assert ip_address("2001:db8::1") not in AddressSet.of([ip_network("0.0.0.0/0")])


def test_the_unknown_address_is_in_no_network():
    everywhere = AddressSet.of([ip_network("0.0.0.0/0"), ip_network("::/0")])
    assert NO_ADDRESS not in everywhere
    assert ip_address("0.0.0.0") not in everywhere
    assert ip_address("::ffff:0.0.0.0") not in everywhere


def test_a_set_without_networks_is_empty():
    assert not AddressSet()
    assert not AddressSet.of([])
    assert AddressSet.of([ip_network("::/0")])
    assert ip_address("192.0.2.1") not in AddressSet()


small_v4 = st.integers(0, 255).map(lambda low: ip_address((192 << 24) + low))
small_v6 = st.integers(0, 255).map(lambda low: ip_address((0x20010DB8 << 96) + low))
mapped = st.integers(0, 255).map(lambda low: ip_address(f"::ffff:192.0.0.{low}"))
networks_v4 = st.builds(lambda a, n: ip_network((int(a), n), strict=False), small_v4, st.integers(22, 32))
networks_v6 = st.builds(lambda a, n: ip_network((int(a), n), strict=False), small_v6, st.integers(118, 128))


@given(st.one_of(small_v4, small_v6, mapped), st.lists(st.one_of(networks_v4, networks_v6), max_size=4))
def test_the_prepared_set_agrees_with_the_standard_library(address, networks):
    expected = any(canonical_address(address) in network for network in networks)
    assert (address in AddressSet.of(networks)) is expected
