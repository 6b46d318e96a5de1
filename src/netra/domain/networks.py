"""Parse IP addresses and networks; return the network by which a client is counted."""

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

IPV6_HOST_BITS: Final = 64  # RFC 4291, section 2.5.1: a subscriber controls at least these bits
MAPPED_PREFIX: Final = 96  # bits before the IPv4 address in an IPv4-mapped IPv6 address

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parsed_address(text: str) -> Address | None:
    """Parse the IP address in `text`, an IPv4-mapped IPv6 address as IPv4; return None if it is invalid.

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


def networks_in(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse networks; an address is a network of one.

    Raises `ValueError` for a host name, for a network not written by its first address, and for a network of
    all addresses.

    >>> networks_in(["10.0.0.1", "::ffff:10.1.0.0/112"])
    (IPv4Network('10.0.0.1/32'), IPv4Network('10.1.0.0/16'))
    """
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    if text == "*":
        raise ValueError(f"{text!r} would trust every sender: any client could choose its address")
    try:
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not an IP address or network, such as 10.0.0.7 or 10.0.0.0/8"
        ) from error
    if loose.prefixlen == 0:
        raise ValueError(f"{text!r} would trust every sender: any client could choose its address")
    if str(loose.network_address) != str(ipaddress.ip_address(text.partition("/")[0])):
        raise ValueError(f"{text!r} is an address inside a network; write the network as {str(loose)!r}")
    mapped = loose.network_address.ipv4_mapped if isinstance(loose, ipaddress.IPv6Network) else None
    if mapped is not None and loose.prefixlen >= MAPPED_PREFIX:
        return ipaddress.IPv4Network((mapped, loose.prefixlen - MAPPED_PREFIX))
    return loose


def network_of(address: str) -> str:
    """Return the network that stands for one client: an IPv4 address, or the /64 of an IPv6 address.

    Any other text, such as the peer of a Unix socket, is returned unchanged.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4"), network_of("local")
    ('192.0.2.7', '2001:db8:1:2::/64', 'local')
    """
    if ":" not in address:
        return address
    found = parsed_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found) >> IPV6_HOST_BITS << IPV6_HOST_BITS, 64)))
    return address if found is None else str(found)
