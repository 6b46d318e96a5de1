"""Counts a process's connections, in total and per client address."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from netra.domain.networks import network_of
from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.proxies import TrustedProxies
from netra.entrypoints.server.wire_limits import FILES_RESERVED, WireLimits

SHARE_OF_ADDRESS: Final = 2  # divisor; one address gets at most this fraction of all connections


class ConnectionTable:
    """Counts connections from accept to close, whatever their protocol.

    `open_files_limit` is called for each connection, because the limit is raised only when the server starts.
    """

    def __init__(self, limits: WireLimits, *, open_files_limit: Callable[[], int | None]) -> None:
        self._limits = limits
        self._open_files_limit = open_files_limit
        self._proxies = TrustedProxies(limits.shared_networks)
        self._open = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str | None) -> str:
        """Count a connection from `address` (None: a local one) and return the name for `release`.

        Raises `TooManyConnections` at the limit of all connections, or at the limit per address. Clients
        behind a trusted proxy share its address, so only the total limit applies to it.
        """
        name = "" if address is None else network_of(address)
        most = self.capacity()
        if self._open >= most:
            raise TooManyConnections(
                f"This process already has {most} connections, its limit; try again in a moment."
            )
        is_shared = address is None or self._proxies.trusts(address)
        most_of_one = max(1, min(self._limits.connections_per_address_max, most // SHARE_OF_ADDRESS))
        if not is_shared and self._by_address[name] >= most_of_one:
            raise TooManyConnections(f"One address may have at most {most_of_one} connections.")
        self._open += 1
        self._by_address[name] += 1
        return name

    def release(self, name: str) -> None:
        """Stop counting a connection."""
        self._open -= 1
        self._by_address[name] -= 1
        if self._by_address[name] <= 0:
            del self._by_address[name]

    def capacity(self) -> int:
        """Return the maximum number of connections: the limit, or fewer if open files require it."""
        files = self._open_files_limit()
        if files is None:
            return self._limits.connections_max
        return max(1, min(self._limits.connections_max, files - FILES_RESERVED))
