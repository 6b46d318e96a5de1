"""Who asks, and from where, as the headers say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import Unauthorized
from netra.entrypoints.credentials import bearer_token, client_address

PROXIES = ("10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    assert bearer_token([(b"authorization", f"{scheme}  abc ".encode())]) == "abc"


@pytest.mark.parametrize("value", [None, b"", b"Bearer", b"Bearer  ", b"Basic abc", b"abc"])
def test_anything_else_is_no_sign_in(value: bytes | None) -> None:
    with pytest.raises(Unauthorized):
        bearer_token([] if value is None else [(b"authorization", value)])


@given(st.lists(st.sampled_from(["1.1.1.1", "2.2.2.2", *PROXIES, "nonsense", ""]), max_size=5))
def test_a_peer_that_is_no_proxy_of_ours_is_the_client(hops: list[str]) -> None:
    headers = [(b"x-forwarded-for", ", ".join(hops).encode())]
    assert client_address("9.9.9.9", headers, trusted=PROXIES) == "9.9.9.9"


@given(st.lists(st.sampled_from(["1.1.1.1", "2.2.2.2", *PROXIES]), max_size=5))
def test_the_client_is_the_last_hop_that_is_no_proxy_of_ours(hops: list[str]) -> None:
    headers = [(b"x-forwarded-for", hop.encode()) for hop in hops]
    outside = [hop for hop in hops if hop not in PROXIES]
    expected = outside[-1] if outside else (hops[0] if hops else "10.0.0.1")
    assert client_address("10.0.0.1", headers, trusted=PROXIES) == expected


def test_an_address_of_any_length_is_cut() -> None:
    assert len(client_address("10.0.0.1", [(b"x-forwarded-for", b"a" * 900)], trusted=PROXIES)) == 64
