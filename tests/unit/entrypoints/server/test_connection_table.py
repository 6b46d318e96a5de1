"""How many connections a process holds, in all and of one address."""

import pytest

from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.server.connection_table import ConnectionTable
from netra.entrypoints.server.wire_limits import FILES_RESERVED, WireLimits


def table(*, files: int | None = None, **limits: int) -> ConnectionTable:
    shared = ("192.0.2.100", "198.51.100.0/24", "2001:db8::100")
    return ConnectionTable(WireLimits(shared_networks=shared, **limits), open_files_limit=lambda: files)


def taken(places: ConnectionTable, address: str | None, *, tries: int = 50) -> int:
    """Return how many connections from `address` are let in."""
    for count in range(tries):
        try:
            places.take(address)
        except TooManyConnections:
            return count
    return tries


def test_one_address_leaves_places_for_others() -> None:
    places = table(connections_max=20, connections_per_address_max=5)
    assert taken(places, "192.0.2.1") == 5
    assert taken(places, "192.0.2.2") == 5


def test_one_address_never_has_more_than_half_of_all_places() -> None:
    assert taken(table(connections_max=20, connections_per_address_max=1_000), "192.0.2.1") == 10


def test_all_connections_are_bounded_together() -> None:
    places = table(connections_max=20, connections_per_address_max=5)
    assert sum(taken(places, f"192.0.2.{turn}") for turn in range(9)) == 20


def test_a_connection_that_ended_leaves_its_place() -> None:
    places = table(connections_max=4, connections_per_address_max=2)
    name = places.take("192.0.2.1")
    for _ in range(20):
        places.release(name)
        name = places.take("192.0.2.1")
    assert taken(places, "192.0.2.1") == 1


@pytest.mark.parametrize(
    "address", ["192.0.2.100", "::ffff:192.0.2.100", "198.51.100.7", "2001:db8::100", None]
)
def test_the_clients_of_a_trusted_proxy_are_not_one_client(address: str | None) -> None:
    assert taken(table(connections_max=20, connections_per_address_max=5), address) == 20


def test_an_ipv6_client_does_not_get_more_by_changing_its_address() -> None:
    places = table(connections_max=100, connections_per_address_max=5)
    assert sum(taken(places, f"2001:db8::{turn:x}", tries=2) for turn in range(1, 10)) == 5
    assert taken(places, "2001:db8:0:1::1", tries=2) == 2


def test_connections_leave_files_for_everything_else() -> None:
    places = table(files=FILES_RESERVED + 10, connections_max=1_000, connections_per_address_max=1_000)
    assert places.capacity() == 10
    assert taken(places, "192.0.2.1") == 5
    assert table(files=10, connections_max=1_000).capacity() == 1


def test_an_address_with_an_interface_is_counted_by_its_network() -> None:
    assert table().take("fe80::1%eth0") == "fe80::/64"
