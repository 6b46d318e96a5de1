"""How many connections a process holds, in all and of one client address."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from netra.domain.networks import network_of
from netra.entrypoints.errors import TooManyConnections
from netra.entrypoints.proxies import TrustedProxies
from netra.entrypoints.server.wire_limits import FILES_RESERVED, WireLimits

SHARE_OF_ADDRESS: Final = 2  # one address has at most one part in so many of all places


class ConnectionTable:
    """Counts connections from their first moment to their last, whatever they become.

    `open_files_limit` is asked with each connection: it is raised only once the server starts.
    """

    def __init__(self, limits: WireLimits, *, open_files_limit: Callable[[], int | None]) -> None:
        self._limits = limits
        self._open_files_limit = open_files_limit
        self._proxies = TrustedProxies(limits.shared_networks)
        self._open = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str | None) -> str:
        """Count a connection from `address` (None: a local one) and return the name to `release` it by.

        Raises `TooManyConnections` when all places are taken, or all that one address may have. Clients
        behind a trusted proxy share its address, so only the bound on all connections holds for it.
        """
        name = "" if address is None else network_of(address)
        most = self.capacity()
        if self._open >= most:
            raise TooManyConnections(f"This process holds {most} connections, and all are taken.")
        is_shared = address is None or self._proxies.trusts(address)
        most_of_one = max(1, min(self._limits.connections_per_address_max, most // SHARE_OF_ADDRESS))
        if not is_shared and self._by_address[name] >= most_of_one:
            raise TooManyConnections(f"One address may hold at most {most_of_one} connections.")
        self._open += 1
        self._by_address[name] += 1
        return name

    def release(self, name: str) -> None:
        """Count a connection no longer."""
        self._open -= 1
        self._by_address[name] -= 1
        if self._by_address[name] <= 0:
            del self._by_address[name]

    def capacity(self) -> int:
        """Return how many connections there may be: the limit, or as many as open files allow."""
        files = self._open_files_limit()
        if files is None:
            return self._limits.connections_max
        return max(1, min(self._limits.connections_max, files - FILES_RESERVED))
