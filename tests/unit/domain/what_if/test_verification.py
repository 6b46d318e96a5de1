"""What an adopted recommendation brought, by the log before and after it, or why the log cannot tell."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.decisions.model import DecidedOn, DecidedSavings, Decision, DecisionKey, DecisionState
from netra.domain.errors import Conflict, NotFound, ValidationFailed
from netra.domain.ids import RunId, UserId, WorkloadId
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.what_if.service import WhatIfService
from netra.domain.what_if.verification import NO_CALLS
from netra.domain.workloads.model import Event

ALICE, BOB = UserId(1), UserId(2)
KEY = DecisionKey("rk-" + "1" * 24)
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
ADOPTED = BEGIN + timedelta(days=14)


def log(*, days: int = 28, after: str = "small", hour: int = 24) -> list[Event]:
    """Return a call every half an hour, of "big" for 14 days and then of the model `after`."""
    return [
        Event(
            timestamp=(at := BEGIN + timedelta(minutes=30 * number)),
            model="big" if at < ADOPTED else after,
            input_tokens=1000,
            output_tokens=100,
            template="chat",
            status="ok",
            latency_ms=700.0,
        )
        for number in range(2 * hour * days)
    ]


class Desk:
    """The service over one workload with a decision."""

    def __init__(self, desk: Any, quotas: Quotas = DEFAULT_QUOTAS) -> None:
        self.desk = desk
        self.service = WhatIfService(
            decisions=desk.decisions,
            workloads=desk.workloads,
            log=desk.log,
            prices=desk.prices,
            default_model="big",
            hardware=Hardware(gpus=(), models=()),
            quotas=quotas,
        )

    async def decided(self, calls: Sequence[Event], **changes: Any) -> WorkloadId:
        workload_id: WorkloadId = await self.desk.workload(calls)
        shown = DecidedOn(
            run_id=RunId("run-1"), kind="x", action="y", savings=DecidedSavings(usd_in_window=1.0)
        )
        made = Decision(
            workload_id=workload_id,
            owner_id=ALICE,
            key=KEY,
            state=DecisionState.ADOPTED,
            on=shown,
            at=self.desk.clock.now(),
            effective_at=ADOPTED,
        )
        await self.desk.decisions.put(
            msgspec.structs.replace(made, **changes), replaces=None, max_per_workload=9
        )
        return workload_id


async def test_a_cheaper_model_is_found_worth_it_with_its_dollars(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log())
    found = await here.service.verify(workload_id, KEY, owner_id=ALICE)
    assert (found.decision.key, found.effective_at, found.decision.version) == (KEY, ADOPTED, 1)
    realised = found.realised
    assert realised.change.ruling == "worth_it"
    # 672 calls of $0.014 before, $0.0014 since
    assert realised.saved_usd == pytest.approx(672 * 0.0126, rel=0.05)
    assert realised.saved_usd_per_month == pytest.approx(672 * 0.0126 * 30.4375 / 14, rel=0.05)
    assert [(one.group, one.cost, one.roll_back) for one in realised.groups] == [("chat", "worth_it", False)]
    assert (realised.only_before, realised.only_after, realised.roll_back) == ((), (), ())


async def test_a_dearer_model_is_to_be_rolled_back(desk: Any) -> None:
    here = Desk(desk)
    dearer = [msgspec.structs.replace(one, model="small" if one.model == "big" else "big") for one in log()]
    workload_id = await here.decided(dearer)
    realised = (await here.service.verify(workload_id, KEY, owner_id=ALICE)).realised
    assert realised.change.ruling == "not_worth_it"
    assert realised.roll_back == ("Set chat back to small.",)


async def test_a_log_that_ends_before_the_change_cannot_tell(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log(days=10))
    realised = (await here.service.verify(workload_id, KEY, owner_id=ALICE)).realised
    assert realised.change.ruling == "cannot_tell"
    assert "no call from after" in realised.change.reasons[0]
    assert (realised.saved_usd, realised.groups) == (None, ())


async def test_a_log_of_some_hours_since_the_change_names_no_month(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log(days=14) + log(days=15)[2 * 24 * 14 :][:8])
    realised = (await here.service.verify(workload_id, KEY, owner_id=ALICE)).realised
    assert realised.saved_usd is not None
    assert realised.saved_usd_per_month is None


async def test_calls_without_a_price_have_no_dollars(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log(after="unheard-of"))
    realised = (await here.service.verify(workload_id, KEY, owner_id=ALICE)).realised
    assert realised.change.ruling == "cannot_tell"
    assert realised.change.reasons
    assert (realised.saved_usd, realised.saved_usd_per_month) == (None, None)


async def test_an_empty_workload_cannot_tell(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided([])
    realised = (await here.service.verify(workload_id, KEY, owner_id=ALICE)).realised
    assert (realised.change.ruling, realised.change.reasons) == ("cannot_tell", (NO_CALLS,))


@pytest.mark.parametrize(
    ("state", "at"),
    [
        (DecisionState.PLANNED, ADOPTED),
        (DecisionState.OPEN, None),
        (DecisionState.DISMISSED, None),
        (DecisionState.ADOPTED, None),
    ],
)
async def test_what_is_not_adopted_cannot_be_verified(desk: Any, state: DecisionState, at: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log(days=1), state=state, effective_at=at)
    with pytest.raises(Conflict):
        await here.service.verify(workload_id, KEY, owner_id=ALICE)


async def test_a_stranger_and_an_undecided_key_find_nothing(desk: Any) -> None:
    here = Desk(desk)
    workload_id = await here.decided(log(days=1))
    with pytest.raises(NotFound):
        await here.service.verify(workload_id, KEY, owner_id=BOB)
    with pytest.raises(NotFound):
        await here.service.verify(workload_id, DecisionKey("rk-" + "2" * 24), owner_id=ALICE)


async def test_a_workload_above_the_limits_is_not_read(desk: Any) -> None:
    here = Desk(desk, Quotas(max_events_per_workload=2))
    workload_id = await here.decided(log(days=1))
    with pytest.raises(ValidationFailed):
        await here.service.verify(workload_id, KEY, owner_id=ALICE)
