"""Determines the client's address from the headers of trusted proxies."""

from collections.abc import Iterable
from typing import Final

from netra.domain.networks import Address, networks_in, parsed_address
from netra.entrypoints.credentials import Headers

FORWARDED_FOR: Final = b"x-forwarded-for"


class TrustedProxies:
    """The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Take addresses and networks as text. Raises `ValueError` for invalid ones."""
        self._networks = networks_in(networks)

    def trusts(self, peer: str) -> bool:
        """Return whether the peer of a connection is in one of the networks."""
        if not self._networks:
            return False
        address = parsed_address(peer)
        return address is not None and self._holds(address)

    def client_of(self, peer: str, headers: Headers) -> str:
        """Return the client's address: the peer's, or the one reported by trusted proxies.

        `X-Forwarded-For` is read from the right, as each proxy appends the address it saw. The walk ends at
        the first address outside the trusted networks, so a client cannot forge one, and before a hop that is
        not an address.

        >>> proxies = TrustedProxies(["10.0.0.0/8"])
        >>> proxies.client_of("10.0.0.1", [(b"x-forwarded-for", b"6.6.6.6, 7.7.7.7:80, 10.0.0.2")])
        '7.7.7.7'
        >>> proxies.client_of("9.9.9.9", [(b"x-forwarded-for", b"6.6.6.6")])
        '9.9.9.9'
        """
        if not self.trusts(peer):
            return _plain(peer)
        address = peer
        values = [value for name, value in headers if name == FORWARDED_FOR]
        for hop in reversed(b",".join(values).decode("latin-1").split(",")):
            if not hop.strip():
                continue
            found = _address_in(hop.strip())
            if found is None:
                break
            address = str(found)
            if not self._holds(found):
                break
        return _plain(address)

    def _holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _plain(address: str) -> str:
    """Return the address in canonical form; a text that is not an address is unchanged."""
    if ":" not in address:
        return address
    found = parsed_address(address)
    return address if found is None else str(found)


def _address_in(hop: str) -> Address | None:
    """Return the address of a hop, which may have a port and, for IPv6, brackets; None if invalid.

    >>> _address_in("[2001:db8::1]:4711"), _address_in("unknown")
    (IPv6Address('2001:db8::1'), None)
    """
    host, port = hop, ""
    if hop.startswith("["):
        host, closing, port = hop[1:].partition("]")
        if not closing:
            return None
    elif hop.count(":") == 1:
        host, colon, digits = hop.partition(":")
        port = colon + digits
    if port and not (port[0] == ":" and port[1:].isascii() and port[1:].isdecimal()):
        return None
    return parsed_address(host)
