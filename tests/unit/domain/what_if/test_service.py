"""Trying a change on a stored workload: the owner's own events, beside the loop."""

from typing import Any

import pytest

from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.ids import UserId
from netra.domain.optimization.explain.periods import PeriodTexts
from netra.domain.optimization.what_if.simulate import Proposal
from netra.domain.quotas import DEFAULT_QUOTAS, Quotas
from netra.domain.what_if.service import WhatIfService


def service(desk: Any, quotas: Quotas = DEFAULT_QUOTAS) -> WhatIfService:
    return WhatIfService(
        workloads=desk.workloads,
        decisions=desk.decisions,
        log=desk.log,
        prices=desk.prices,
        default_model="big",
        quotas=quotas,
    )


async def test_a_stored_workload_is_priced_as_proposed(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(10))
    seen = await service(desk).simulate(workload_id, Proposal(model="small"), owner_id=UserId(1))
    # 1,000 and 100 tokens at $10/$40 a million are $0.014; at $1/$4 a tenth of that
    assert (seen.now_usd_in_window, seen.then_usd_in_window) == (
        pytest.approx(0.14),
        pytest.approx(0.014),
    )


async def test_somebody_elses_workload_does_not_exist(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(2))
    with pytest.raises(NotFound):
        await service(desk).simulate(workload_id, Proposal(), owner_id=UserId(2))


async def test_a_workload_larger_than_an_analysis_may_read_is_refused_unread(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(3))
    small = service(desk, Quotas(max_events_per_workload=2))
    with pytest.raises(ValidationFailed, match="holds 3 events, and an analysis reads at most 2"):
        await small.simulate(workload_id, Proposal(), owner_id=UserId(1))


async def test_a_change_of_the_bill_is_explained(desk: Any, calls: Any) -> None:
    rows = calls(10)
    workload_id = await desk.workload(rows)
    periods = PeriodTexts(before=rows[5].timestamp.isoformat())
    seen = await service(desk).explain(workload_id, periods, owner_id=UserId(1))
    assert (seen.before.calls, seen.after.calls) == (5, 5)
    with pytest.raises(NotFound):
        await service(desk).explain(workload_id, periods, owner_id=UserId(2))


async def test_several_proposals_are_tried_on_the_owners_workload(desk: Any, calls: Any) -> None:
    workload_id = await desk.workload(calls(10))
    proposals = [Proposal(model="small"), Proposal(model="nope")]
    small, nope = await service(desk).simulate_each(workload_id, proposals, owner_id=UserId(1))
    assert small.simulated == await service(desk).simulate(workload_id, proposals[0], owner_id=UserId(1))
    assert nope.refused is not None
    with pytest.raises(NotFound):
        await service(desk).simulate_each(workload_id, proposals, owner_id=UserId(2))
