"""Client addresses as requests are counted by them."""

import ipaddress
from typing import Final

IPV6_HOST_BITS: Final = 64  # RFC 4291, section 2.5.1: one subscriber has at least these to choose from


def parsed_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address in `text`, an IPv4-mapped IPv6 address as IPv4; None when there is none.

    >>> parsed_address("::ffff:192.0.2.7"), parsed_address("localhost")
    (IPv4Address('192.0.2.7'), None)
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network_of(address: str) -> str:
    """Return the network that stands for one client: an IPv4 address itself, the /64 of an IPv6 address.

    A text that is no IP address (a Unix socket's peer) stands for itself.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4"), network_of("local")
    ('192.0.2.7', '2001:db8:1:2::/64', 'local')
    """
    if ":" not in address:
        return address
    found = parsed_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found) >> IPV6_HOST_BITS << IPV6_HOST_BITS, 64)))
    return address if found is None else str(found)
