"""Which addresses can be used."""

import pytest

from netra.domain.addresses import is_safe, is_server, is_web, parts_of


@pytest.mark.parametrize(
    ("address", "web", "safe"),
    [
        ("https://example.com/x", True, True),
        ("http://example.com", True, False),
        ("http://[::1]:8000", True, True),
        ("https://", False, False),
        ("https://example.com:port", False, False),
        ("https://example.com:0", False, False),
        ("https://[x", False, False),
        ("ftp://example.com", False, False),
    ],
)
def test_pages(address: str, web: bool, safe: bool) -> None:
    assert (is_web(address), is_safe(address)) == (web, safe)


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("redis://h:6379/0", True),
        ("redis://h:x/0", False),
        ("unix:///run/redis.sock", True),
        ("unix://", False),
        ("postgresql://h1:1,h2:2/x", True),
        ("http://h:8123", True),
        ("http://", False),
        ("gopher://h", False),
        ("redis://[h", False),
    ],
)
def test_servers(address: str, is_one: bool) -> None:
    assert is_server(address, {"redis", "unix", "postgresql", "http"}) is is_one


def test_what_cannot_be_read_has_no_parts() -> None:
    assert parts_of("http://[") is None
