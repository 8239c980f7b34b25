from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.access.networks import NO_ADDRESS
from ringback.http.address import TrustedProxies, caller_address, limit_key

PROXIES = TrustedProxies.of([ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")])
PROXY = ("10.0.0.1", 40000)
STRANGER = ("198.51.100.66", 40000)


def xff(*lines):
    return [(b"host", b"example.org"), *((b"x-forwarded-for", line) for line in lines)]


def forwarded(*lines):
    return [(b"forwarded", line) for line in lines]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.1", 1), "192.0.2.1"),
        (["192.0.2.1", 1], "192.0.2.1"),
        (("::ffff:192.0.2.1", 1), "192.0.2.1"),
        (("2001:DB8::0001", 1), "2001:db8::1"),
        (("fe80::1%eth0", 1), "fe80::1"),
        (("testclient", 1), "::"),
        (("", 0), "::"),
        (None, "::"),
    ],
)
def test_the_peer_is_the_caller(peer, address):
    assert caller_address(peer, xff(b"203.0.113.5"), TrustedProxies()) == ip_address(address)
    assert caller_address(peer, [], PROXIES) == ip_address(address)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([], "10.0.0.1"),
        (xff(b"203.0.113.5"), "203.0.113.5"),
        (xff(b"1.1.1.1, 203.0.113.5"), "203.0.113.5"),
        (xff(b"1.1.1.1, 203.0.113.5 , 10.0.0.2,10.9.9.9"), "203.0.113.5"),
        (xff(b"1.1.1.1", b"203.0.113.5", b"10.0.0.2"), "203.0.113.5"),
        (xff(b"10.0.0.3, 10.0.0.2"), "10.0.0.3"),
        (xff(b"10.0.0.3, 2001:db8:ffff::1"), "10.0.0.3"),
        (xff(b"2001:db8::7"), "2001:db8::7"),
        (xff(b"[2001:db8::7]:443"), "2001:db8::7"),
        (xff(b"[2001:db8::7]"), "2001:db8::7"),
        (xff(b"203.0.113.5:443"), "203.0.113.5"),
        (xff(b"::ffff:203.0.113.5"), "203.0.113.5"),
        (xff(b"garbage, 203.0.113.5"), "203.0.113.5"),
        (xff(b"203.0.113.5, garbage"), "::"),
        (xff(b"203.0.113.5, unknown, 10.0.0.2"), "::"),
        (xff(b"203.0.113.5,"), "::"),
        (xff(b""), "::"),
        (xff(b"203.0.113.5, 10.0.0.300"), "::"),
        (xff(b"203.0.113.5, \xff\xfe"), "::"),
        (xff(b"203.0.113.5, unix:"), "::"),
        (xff(b"203.0.113.5, fe80::1%eth0"), "::"),
        (xff("203.0.113.5, ١.١.١.١".encode()), "::"),
        (forwarded(b"for=203.0.113.5"), "203.0.113.5"),
        (forwarded(b"For=203.0.113.5;proto=https;by=10.0.0.1"), "203.0.113.5"),
        (forwarded(b'for="203.0.113.5:4711"'), "203.0.113.5"),
        (forwarded(b'for="203.0.113.5:_port"'), "203.0.113.5"),
        (forwarded(b'for="[2001:db8:cafe::17]:4711"'), "2001:db8:cafe::17"),
        (forwarded(b'proto=http ; for="[2001:db8:cafe::17]"'), "2001:db8:cafe::17"),
        (forwarded(b'for="\\203.0.113.5"'), "203.0.113.5"),
        (forwarded(b"for=1.1.1.1, for=203.0.113.5, for=10.0.0.2"), "203.0.113.5"),
        (forwarded(b"for=1.1.1.1", b"for=203.0.113.5", b"for=10.0.0.2"), "203.0.113.5"),
        (forwarded(b'for=_hidden;host="a,b;c", for=203.0.113.5'), "203.0.113.5"),
        (forwarded(b"for=203.0.113.5, for=unknown"), "::"),
        (forwarded(b"for=203.0.113.5, for=_hidden, for=10.0.0.2"), "::"),
        (forwarded(b"for=203.0.113.5, proto=https"), "::"),
        (forwarded(b"for=203.0.113.5;for=1.1.1.1"), "::"),
        (forwarded(b'for="";for=1.1.1.1'), "::"),
        (forwarded(b"203.0.113.5"), "::"),
        (forwarded(b"for=203.0.113.5 proto=https"), "::"),
        (forwarded(b""), "::"),
        (forwarded(b"for=203.0.113.5,"), "::"),
        (xff(b"203.0.113.5") + forwarded(b"for=203.0.113.5"), "203.0.113.5"),
        (xff(b"203.0.113.5") + forwarded(b"for=1.1.1.1"), "::"),
        (xff(b"1.1.1.1") + forwarded(b"for=203.0.113.5"), "::"),
    ],
)
def test_what_a_trusted_proxy_says(headers, address):
    assert caller_address(PROXY, headers, PROXIES) == ip_address(address)


@pytest.mark.parametrize("forged", [b'for=9.9.9.9;x="', b'for="', b'for=9.9.9.9, "', b"for=9.9.9.9;x=\\"])
@pytest.mark.parametrize("appended", [b"for=203.0.113.5", b'for="[2001:db8::1]:80"', b'for="203.0.113.5:80";by="_x"'])
def test_an_open_quote_does_not_hide_what_the_proxy_appended(forged, appended):
    assert caller_address(PROXY, forwarded(forged, appended), PROXIES) == NO_ADDRESS


def test_an_unknown_peer_is_no_proxy_even_when_everybody_is():
    everybody = TrustedProxies.of([ip_network("0.0.0.0/0"), ip_network("::/0")])
    assert caller_address(None, xff(b"203.0.113.5"), everybody) == NO_ADDRESS


header_values = st.one_of(
    st.binary(max_size=200),
    st.text('for=";,.:[]_\\ 0123456789abcdefunknown', max_size=80).map(str.encode),
    st.lists(
        st.sampled_from([b"1.1.1.1", b"10.0.0.1", b"::1", b"[2001:db8:ffff::1]:80", b"unknown", b"_x", b"for=10.0.0.1"])
    ).map(b", ".join),
)
header_lists = st.lists(st.tuples(st.sampled_from([b"x-forwarded-for", b"forwarded", b"x-real-ip"]), header_values))


@given(header_lists)
def test_headers_of_a_stranger_change_nothing(headers):
    for trusted in (TrustedProxies(), PROXIES):
        assert caller_address(STRANGER, headers, trusted) == ip_address(STRANGER[0])
        assert caller_address(None, headers, trusted) == NO_ADDRESS


@given(header_lists)
def test_headers_passed_on_by_a_proxy_give_an_address_whatever_they_hold(headers):
    address = caller_address(PROXY, headers, PROXIES)
    assert address.version in {4, 6}


@given(st.lists(header_values))
def test_what_stands_left_of_the_proxys_own_entry_changes_nothing(forged):
    headers = [*xff(*forged), (b"x-forwarded-for", b"203.0.113.5")]
    assert caller_address(PROXY, headers, PROXIES) == ip_address("203.0.113.5")


@given(st.lists(header_values), st.lists(header_values))
def test_forged_headers_beside_the_proxys_own_can_only_make_the_caller_unknown(forged_xff, forged_forwarded):
    callers = {ip_address("203.0.113.5"), NO_ADDRESS}
    writes_xff = [*xff(*forged_xff, b"203.0.113.5"), *forwarded(*forged_forwarded)]
    assert caller_address(PROXY, writes_xff, PROXIES) in callers
    writes_forwarded = [*xff(*forged_xff), *forwarded(*forged_forwarded, b'for="203.0.113.5:80"')]
    assert caller_address(PROXY, writes_forwarded, PROXIES) in callers


def test_the_addresses_of_one_subscriber_share_a_limit():
    assert limit_key(ip_address("192.0.2.1")) == "192.0.2.1"
    assert limit_key(ip_address("2001:db8::1")) == limit_key(ip_address("2001:db8::ffff:1")) == "2001:db8::/64"
    assert limit_key(ip_address("2001:db8:0:1::1")) != limit_key(ip_address("2001:db8::1"))
    assert limit_key(NO_ADDRESS) == "::/64"
