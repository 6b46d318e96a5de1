"""Which fields go with which state, and how long a decision is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.decisions.model import (
    Decide,
    DecidedOn,
    DecidedSavings,
    Decision,
    DecisionKey,
    DecisionState,
    DismissalReason,
)
from netra.domain.decisions.rules import (
    CLOCKS_DIFFER,
    NOTE_MAX,
    SOME_VERSION,
    UNTIL_MAX,
    check_room,
    check_version,
    decided,
    is_in_force,
)
from netra.domain.errors import PreconditionFailed, ValidationFailed
from netra.domain.ids import RunId, UserId, WorkloadId

NOW = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ON = DecidedOn(
    run_id=RunId("run-1"), kind="batch", action="batch it", savings=DecidedSavings(usd_in_window=1.0)
)
OPEN, PLANNED, ADOPTED, DISMISSED = (
    DecisionState.OPEN,
    DecisionState.PLANNED,
    DecisionState.ADOPTED,
    DecisionState.DISMISSED,
)
EFFORT = DismissalReason.EFFORT


def made(state: DecisionState = PLANNED, **fields: Any) -> Decision:
    asked = Decide(
        workload_id=WorkloadId("wl-1"), owner_id=UserId(1), key=DecisionKey("rk-1"), state=state, **fields
    )
    return decided(asked, before=None, on=ON, now=NOW)


@pytest.mark.parametrize(
    ("state", "fields", "fault"),
    [
        (DISMISSED, {}, ("reason", "missing")),
        (PLANNED, {"reason": EFFORT}, ("reason", "not_allowed")),
        (ADOPTED, {"until": NOW + DAY}, ("until", "not_allowed")),
        (DISMISSED, {"reason": EFFORT, "effective_at": NOW}, ("effective_at", "not_allowed")),
        (DISMISSED, {"reason": EFFORT, "until": NOW}, ("until", "out_of_range")),
        (DISMISSED, {"reason": EFFORT, "until": NOW + UNTIL_MAX + DAY}, ("until", "out_of_range")),
        (ADOPTED, {"effective_at": NOW + CLOCKS_DIFFER + DAY}, ("effective_at", "out_of_range")),
        (PLANNED, {"note": "x" * (NOTE_MAX + 1)}, ("note", "length")),
        (PLANNED, {"note": "a\x00b"}, ("note", "control_character")),
    ],
)
def test_fields_that_do_not_go_together_are_refused(state: Any, fields: Any, fault: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        made(state, **fields)
    assert [(one.path, one.code) for one in refused.value.faults] == [fault]


def test_a_change_is_adopted_now_unless_another_day_is_named() -> None:
    assert made(ADOPTED).effective_at == NOW
    assert made(ADOPTED, effective_at=NOW - DAY).effective_at == NOW - DAY
    assert made(PLANNED, effective_at=NOW + DAY).effective_at == NOW + DAY
    assert made(PLANNED).effective_at is None


def test_each_change_is_a_new_version() -> None:
    first = made()
    asked = Decide(workload_id=first.workload_id, owner_id=first.owner_id, key=first.key, state=OPEN)
    assert (first.version, decided(asked, before=first, on=ON, now=NOW).version) == (1, 2)


def test_a_dismissal_lapses_at_its_end() -> None:
    dismissed = made(DISMISSED, reason=EFFORT, until=NOW + DAY)
    assert is_in_force(dismissed, now=NOW + DAY - timedelta(microseconds=1))
    assert not is_in_force(dismissed, now=NOW + DAY)
    assert is_in_force(msgspec.structs.replace(dismissed, until=None), now=NOW + 1000 * DAY)
    assert is_in_force(made(PLANNED), now=NOW)
    assert not is_in_force(made(OPEN), now=NOW)


def test_a_version_that_is_not_the_stored_one_is_refused() -> None:
    for seen in (None, SOME_VERSION, 1):
        check_version(seen, made())
    check_version(None, None)
    for seen, stored in ((2, made()), (0, made()), (1, None), (SOME_VERSION, None)):
        with pytest.raises(PreconditionFailed):
            check_version(seen, stored)


def test_a_full_workload_takes_no_further_key() -> None:
    check_room(1, most=2)
    with pytest.raises(ValidationFailed):
        check_room(2, most=2)
