"""Validate addresses of servers and web pages; never resolves a name."""

from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

# hosts that may be reached by http without TLS
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def parts_of(address: str) -> SplitResult | None:
    """Return the parts of an address; None if it is malformed."""
    try:
        return urlsplit(address)
    except ValueError:  # such as an unclosed bracket
        return None


def _has_port(parts: SplitResult) -> bool:
    """Return whether the port is valid or absent."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def is_server(address: str, schemes: Collection[str]) -> bool:
    """Return whether `address` names a server, or a path, with one of `schemes`."""
    parts = parts_of(address)
    if parts is None or parts.scheme not in schemes:
        return False
    match parts.scheme:
        case "postgresql" | "postgres":  # may name several hosts; the driver parses it
            return True
        case "unix" | "chdb":
            return bool(parts.path)
        case "redis" | "rediss":
            return _has_port(parts)
        case _:
            return bool(parts.hostname) and _has_port(parts)


def is_web(address: str) -> bool:
    """Return whether `address` is an http or https address with a host."""
    parts = parts_of(address)
    return (
        parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname) and _has_port(parts)
    )


def is_safe(address: str) -> bool:
    """Return whether traffic to `address` is protected: https, or http on loopback."""
    parts = parts_of(address)
    return parts is not None and is_web(address) and (parts.scheme == "https" or parts.hostname in LOOPBACK)
