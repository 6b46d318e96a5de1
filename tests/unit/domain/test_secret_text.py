"""A secret does not print itself, in whatever way it is printed."""

from netra.domain.secret_text import Secret


def test_a_secret_prints_as_dots_and_is_revealed_by_name_alone() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret}{secret!r}{secret:>20}" + str(secret)
    assert secret.reveal() == "hunter2"
