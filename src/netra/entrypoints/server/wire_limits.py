"""The server's limits on connections, before the client or the route is known."""

from typing import Final

import msgspec

from netra.settings import Settings

FILES_RESERVED: Final = 256  # file descriptors reserved for database, Redis, logs and data files


class WireLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds in seconds, bytes and connections, per process."""

    head_s: float = 10.0  # from the connection, or from the first byte of a head, to the head's last byte
    idle_s: float = 5.0  # keep-alive: from a response to the first byte of the next request
    body_window_s: float = 10.0  # a window in which a body's progress is measured
    # bytes that must arrive in each window, unless the body ends: 500 per second
    body_window_bytes_min: int = 5_000
    linger_s: float = 5.0  # how long a request is still read and discarded after its last response
    connections_max: int = 12_000  # requests and sockets together
    connections_per_address_max: int = 1_000  # from one IPv4 address or one IPv6 /64 network
    shared_networks: tuple[str, ...] = ()  # trusted proxies: many clients share each address


def wire_limits_of(settings: Settings) -> WireLimits:
    """Return the limits from the deployment's settings."""
    return WireLimits(
        connections_max=settings.max_tcp_connections,
        connections_per_address_max=settings.max_tcp_connections_per_address,
        shared_networks=settings.trusted_proxies,
    )
