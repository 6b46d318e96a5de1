"""What a user may send in a minute."""

import pytest

from netra.domain.errors import RateLimited
from netra.domain.telemetry.intake_limits import RETRY_S, IntakeLimits

LIMITS = IntakeLimits(records=10, bytes=1_000)


@pytest.mark.parametrize(
    ("records_used", "bytes_used", "records", "size", "variable"),
    [(6, 1, 5, 1, "EVENTS"), (1, 999, 1, 2, "BYTES"), (10, 1_000, 1, 1, "EVENTS")],
)
def test_more_than_a_limit_names_its_variable_and_a_wait_that_exporters_have(
    records_used: int, bytes_used: int, records: int, size: int, variable: str
) -> None:
    with pytest.raises(RateLimited, match=f"NETRA_LIMIT_INGEST_{variable}") as caught:
        LIMITS.check(records_used=records_used, bytes_used=bytes_used, records=records, size=size)
    assert caught.value.retry_after_s == RETRY_S < 10


def test_a_limit_may_be_reached_and_a_request_above_it_comes_alone() -> None:
    LIMITS.check(records_used=6, bytes_used=900, records=4, size=100)
    LIMITS.check(records_used=0, bytes_used=0, records=11, size=1_001)


def test_zero_is_no_limit() -> None:
    assert IntakeLimits().is_unlimited
    assert not LIMITS.is_unlimited
    IntakeLimits(bytes=5).check(records_used=10**9, bytes_used=1, records=10**9, size=4)
