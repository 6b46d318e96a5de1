"""Who asks, and from where, as the headers say it."""

import pytest

from netra.domain.errors import Unauthorized
from netra.entrypoints.credentials import bearer_token


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(scheme: str) -> None:
    assert bearer_token([(b"authorization", f"{scheme}  abc ".encode())]) == "abc"


@pytest.mark.parametrize("value", [None, b"", b"Bearer", b"Bearer  ", b"Basic abc", b"abc"])
def test_anything_else_is_no_sign_in(value: bytes | None) -> None:
    with pytest.raises(Unauthorized):
        bearer_token([] if value is None else [(b"authorization", value)])
