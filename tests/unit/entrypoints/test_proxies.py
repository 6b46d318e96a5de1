"""Whose address a request has behind proxies, and which proxies are believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.entrypoints.proxies import TrustedProxies

PROXIES = TrustedProxies(["10.0.0.1", "10.1.0.0/16", "2001:db8:f::/48"])
OURS = ("10.0.0.1", "10.1.2.3", "::ffff:10.1.9.9", "2001:db8:f::7")


def client_of(peer: str, *values: str) -> str:
    return PROXIES.client_of(peer, [(b"x-forwarded-for", value.encode("latin-1")) for value in values])


@given(st.lists(st.sampled_from(["1.1.1.1", "2.2.2.2", *OURS, "nonsense", ""]), max_size=5))
def test_a_peer_outside_the_trusted_networks_is_the_client(hops: list[str]) -> None:
    assert client_of("9.9.9.9", ", ".join(hops)) == "9.9.9.9"


@given(st.lists(st.sampled_from(["1.1.1.1", "2001:db8::2", "10.0.0.1", "10.1.2.3"]), max_size=5))
def test_the_client_is_the_last_hop_outside_the_trusted_networks(hops: list[str]) -> None:
    outside = [hop for hop in hops if hop not in OURS]
    expected = outside[-1] if outside else (hops[0] if hops else "10.0.0.1")
    assert client_of("10.0.0.1", *hops) == expected


@pytest.mark.parametrize("peer", OURS)
def test_a_proxy_is_trusted_by_address_and_by_network_in_any_spelling(peer: str) -> None:
    assert client_of(peer, "6.6.6.6, 7.7.7.7") == "7.7.7.7"
    assert PROXIES.trusts(peer)


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("7.7.7.7:4711", "7.7.7.7"),
        ("[2001:DB8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
        ("::ffff:7.7.7.7", "7.7.7.7"),
        ("[::ffff:7.7.7.7]:80", "7.7.7.7"),
    ],
)
def test_ports_brackets_and_mapped_addresses_are_read(hop: str, address: str) -> None:
    assert client_of("10.0.0.1", f"6.6.6.6, {hop}") == address


@pytest.mark.parametrize(
    "hop", ["nonsense", "unknown", "_hidden", "a" * 900, "7.7.7.7:", "[2001:db8::1", "[7.7]x", "7.7.7.7:http"]
)
def test_a_hop_that_is_no_address_ends_the_walk_at_the_proxy_that_wrote_it(hop: str) -> None:
    assert client_of("10.0.0.1", f"6.6.6.6, {hop}, 10.1.0.1") == "10.1.0.1"
    assert client_of("10.0.0.1", hop) == "10.0.0.1"


def test_a_mapped_peer_is_counted_as_the_address_it_is() -> None:
    assert client_of("::ffff:9.9.9.9") == "9.9.9.9"
    assert client_of("local") == "local"
    assert TrustedProxies([]).client_of("::ffff:9.9.9.9", []) == "9.9.9.9"
