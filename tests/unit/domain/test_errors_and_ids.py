"""What a failure says of itself, and what can be an identifier."""

import pytest

from netra.domain.errors import (
    Fault,
    NotFound,
    OAuthNotConfigured,
    RateLimited,
    Unavailable,
    ValidationFailed,
)
from netra.domain.ids import well_formed
from netra.domain.quotas import LimitName, RequestRateLimits


def test_a_refused_field_is_named_in_the_details() -> None:
    error = ValidationFailed.of("message", "blank", "message must not be blank")
    assert error.faults == (Fault(path="message", code="blank", message="message must not be blank"),)
    assert error.details == {
        "errors": [{"path": "message", "code": "blank", "message": "message must not be blank"}]
    }


def test_what_is_missing_is_named() -> None:
    error = NotFound("run", "run-1")
    assert (error.code, error.message) == ("NOT_FOUND", "run 'run-1' does not exist")
    assert error.details == {"kind": "run", "id": "run-1"}


def test_errors_that_pass_say_when_to_come_back() -> None:
    assert RateLimited("slow down", retry_after_s=7).retry_after_s == 7
    assert Unavailable("down", retry_after_s=2, dependency="database").details == {"dependency": "database"}


def test_missing_google_sign_in_gives_its_reason() -> None:
    assert OAuthNotConfigured().details == {"reason": "oauth_not_configured"}


@pytest.mark.parametrize("text", ["thread-456", "a", "A.b_c:d-e", "x" * 64])
def test_a_well_formed_identifier_passes(text: str) -> None:
    assert well_formed(text, path="thread_id") == text


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "ä", "a/b", "a\n"])
def test_anything_else_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        well_formed(text, path="thread_id")
    assert refused.value.faults[0].path == "thread_id"


def test_each_class_of_request_has_its_documented_limit() -> None:
    assert [RequestRateLimits().of(name) for name in LimitName] == [5, 10, 30, 60, 600, 100]
