"""The bounds that the server puts on connections, before anything is known of who asks or for what."""

from typing import Final

import msgspec

from netra.settings import Settings

FILES_RESERVED: Final = 256  # file descriptors kept free of connections: database, Redis, logs, data files


class WireLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds in seconds, bytes and connections, each of one process."""

    head_s: float = 10.0  # from the connection, or from the first byte of a head, to the head's last byte
    idle_s: float = 5.0  # keep-alive: from an answer to the first byte of the next request
    body_window_s: float = 10.0  # in each such window of a body's time ...
    body_window_bytes_min: int = 5_000  # ... this many bytes must come, unless the body ends: 500 a second
    linger_s: float = 5.0  # what is still read and discarded of a request after its last answer
    connections_max: int = 12_000  # requests and sockets together
    connections_per_address_max: int = 1_000  # of one IPv4 address or one IPv6 /64 network
    shared_networks: tuple[str, ...] = ()  # of trusted proxies: many clients share each address


def wire_limits_of(settings: Settings) -> WireLimits:
    """Return the bounds that a deployment chose."""
    return WireLimits(
        connections_max=settings.max_tcp_connections,
        connections_per_address_max=settings.max_tcp_connections_per_address,
        shared_networks=settings.trusted_proxies,
    )
