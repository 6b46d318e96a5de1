"""Whether there is room for one more run."""

from typing import Any

import msgspec
import pytest

from netra.domain.errors import ThreadBusy, Unavailable, ValidationFailed
from netra.domain.quotas import Quotas
from netra.domain.runs.admission import RunLoad, check_room

QUOTAS = Quotas(
    max_thread_messages=10, max_waiting_runs_per_thread=3, max_live_runs_per_user=5, max_live_runs=8
)
NOTHING = RunLoad(
    thread_messages=0, thread_live_runs=0, thread_waiting_runs=0, owner_live_runs=0, all_live_runs=0
)


def load(**fields: int) -> RunLoad:
    return msgspec.structs.replace(NOTHING, **fields)


def test_an_empty_house_has_room() -> None:
    check_room(NOTHING, quotas=QUOTAS)


@pytest.mark.parametrize(
    ("fits", "too_many", "refusal"),
    [
        (load(thread_messages=8), load(thread_messages=9), ValidationFailed),
        (
            load(thread_messages=5, thread_live_runs=3),
            load(thread_messages=6, thread_live_runs=3),
            ValidationFailed,
        ),
        (load(thread_waiting_runs=2), load(thread_waiting_runs=3), ThreadBusy),
        (load(owner_live_runs=4), load(owner_live_runs=5), Unavailable),
        (load(all_live_runs=7), load(all_live_runs=8), Unavailable),
    ],
)
def test_each_bound_admits_the_last_and_refuses_the_next(fits: Any, too_many: Any, refusal: Any) -> None:
    check_room(fits, quotas=QUOTAS)
    with pytest.raises(refusal):
        check_room(too_many, quotas=QUOTAS)
