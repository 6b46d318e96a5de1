"""The contract of `SecretSource`."""

import re

import pytest

from netra.adapters.local.secrets import RandomSecretSource


@pytest.fixture
def secrets() -> RandomSecretSource:
    return RandomSecretSource()


def test_a_secret_has_256_bits_in_characters_that_every_header_and_address_carries(secrets) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secrets.new())


def test_no_secret_comes_twice(secrets) -> None:
    assert len({secrets.new() for _ in range(1_000)}) == 1_000
