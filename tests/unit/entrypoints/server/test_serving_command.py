"""The socket a service listens on."""

import socket

import click
import pytest

from netra.entrypoints.commands.serve import greeting
from netra.entrypoints.server.serving import bound_to, url_of
from netra.settings import Settings


def test_port_zero_is_any_free_one_and_the_address_says_which() -> None:
    with bound_to("127.0.0.1", 0) as bound:
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_the_wildcard_address_is_called_by_loopback() -> None:
    with bound_to("0.0.0.0", 0) as bound:  # noqa: S104  # what a container would do
        assert url_of(bound).startswith("http://127.0.0.1:")


def test_a_port_in_use_is_refused_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(click.ClickException) as refusal, bound_to("127.0.0.1", port):
            pass
    said = f"Port {port} on 127.0.0.1 cannot be used: another program uses it; stop that program, or"
    assert refusal.value.message.startswith(said)


def test_an_address_of_another_machine_is_refused_with_what_to_do() -> None:
    with (
        pytest.raises(click.ClickException, match="choose another one with --host"),
        bound_to("192.0.2.1", 0),
    ):
        pass


@pytest.mark.parametrize("host", ["no such host", "a" * 100, "a..b"])
def test_a_host_without_an_address_is_refused_with_what_to_do(host: str) -> None:
    refused = pytest.raises(click.ClickException, match="has no address; choose another one with --host")
    with refused, bound_to(host, 0):
        pass


def test_the_socket_is_closed_with_the_block() -> None:
    with bound_to("127.0.0.1", 0) as bound:
        pass
    assert bound.fileno() == -1


def test_only_a_new_service_says_how_to_add_somebody() -> None:
    first = greeting("http://127.0.0.1:8000", settings=Settings(), is_new=True)
    later = greeting("http://127.0.0.1:8000", settings=Settings(), is_new=False)
    assert "Its data               netra-data" in later
    assert "netra users add you@example.com --name You --data netra-data" in first
    assert "netra users add" not in later
    assert "http://127.0.0.1:8000/docs" in later
