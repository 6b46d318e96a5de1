"""Deciding about a recommendation: what a decision keeps, and which decisions are refused."""

import msgspec
import pytest
from tests.unit.domain.conftest import ALICE, BOB, House

from netra.adapters.memory.decisions import MemoryDecisionStore
from netra.domain.decisions.model import (
    Decide,
    DecidedSavings,
    DecisionKey,
    DecisionState,
    DismissalReason,
    checked_key,
)
from netra.domain.decisions.service import DecisionService
from netra.domain.errors import NotFound, PreconditionFailed, ValidationFailed
from netra.domain.ids import RunId, WorkloadId
from netra.domain.runs.lifecycle import Ending, RunMove
from netra.domain.runs.model import StartRun

KEY = DecisionKey("rk-" + "1" * 24)
OTHER = DecisionKey("rk-" + "2" * 24)


def result_of(workload_id: str | None, **more: object) -> msgspec.Raw:
    shown = {"kind": "batch", "action": "batch it", "savings": {"usd_in_window": 2.0, "usd_per_month": 60.0}}
    old = {"kind": "waste", "action": "retry less", "savings": {"usd_in_window": 1.0}}
    metrics = {} if workload_id is None else {"workload_id": workload_id}
    return msgspec.Raw(
        msgspec.json.encode({"recommendations": [old, {**shown, "key": KEY}], "metrics": metrics, **more})
    )


class Desk:
    """The service, a workload, and runs on it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.service = DecisionService(
            decisions=MemoryDecisionStore(house.workload_store),
            workloads=house.workload_store,
            runs=house.run_store,
            clock=house.clock,
        )

    async def open(self) -> "Desk":
        self.workload_id = (await self.house.workloads.create(owner_id=ALICE, name="chat")).id
        self.run_id = await self.ran(result_of(self.workload_id))
        return self

    async def ran(self, result: msgspec.Raw | None) -> RunId:
        accepted = await self.house.runs.start(StartRun(owner_id=ALICE, message="cheaper?"))
        if result is not None:
            claim = await self.house.run_store.claim(lease_s=30.0)
            assert claim is not None
            ending = Ending(move=RunMove.COMPLETE, result=result)
            await self.house.run_store.finish(claim, ending, [], answer=None)
        return accepted.run.id

    def asked(self, state: DecisionState = DecisionState.PLANNED, **changes: object) -> Decide:
        made = Decide(workload_id=self.workload_id, owner_id=ALICE, key=KEY, state=state, run_id=self.run_id)
        return msgspec.structs.replace(made, **changes)


@pytest.fixture
async def desk(house: House) -> Desk:
    return await Desk(house).open()


async def test_a_decision_keeps_what_the_run_showed(desk: Desk) -> None:
    made = await desk.service.decide(desk.asked(note="next sprint"))
    assert (made.version, made.state, made.note) == (1, DecisionState.PLANNED, "next sprint")
    assert (made.on.run_id, made.on.kind, made.on.action) == (desk.run_id, "batch", "batch it")
    assert made.on.savings == DecidedSavings(usd_in_window=2.0, usd_per_month=60.0)
    assert list(await desk.service.all_of(desk.workload_id, owner_id=ALICE)) == [made]


async def test_a_change_keeps_the_run_of_the_first_decision_unless_it_names_another(desk: Desk) -> None:
    first = await desk.service.decide(desk.asked())
    adopted = await desk.service.decide(desk.asked(DecisionState.ADOPTED, run_id=None))
    assert (adopted.on, adopted.version) == (first.on, 2)
    assert adopted.effective_at == adopted.at
    later = await desk.ran(result_of(desk.workload_id))
    assert (await desk.service.decide(desk.asked(run_id=later))).on.run_id == later


async def test_a_first_decision_needs_a_run_that_shows_the_recommendation(desk: Desk) -> None:
    with pytest.raises(ValidationFailed, match="run_id must name the run"):
        await desk.service.decide(desk.asked(run_id=None))
    with pytest.raises(NotFound):
        await desk.service.decide(desk.asked(run_id=RunId("run-none")))
    for run in (
        desk.run_id,
        await desk.ran(result_of("wl-other")),
        await desk.ran(result_of(None)),
        await desk.ran(None),
    ):
        with pytest.raises(ValidationFailed, match="has no recommendation"):
            await desk.service.decide(desk.asked(run_id=run, key=OTHER))
    unfinished = await desk.ran(None)
    with pytest.raises(ValidationFailed, match="has no recommendation"):
        await desk.service.decide(desk.asked(run_id=unfinished))


async def test_a_stranger_neither_reads_nor_decides(desk: Desk) -> None:
    await desk.service.decide(desk.asked())
    with pytest.raises(NotFound):
        await desk.service.all_of(desk.workload_id, owner_id=BOB)
    with pytest.raises(NotFound):
        await desk.service.decide(desk.asked(owner_id=BOB))
    with pytest.raises(NotFound):
        await desk.service.decide(desk.asked(workload_id=WorkloadId("wl-none")))


async def test_only_the_version_that_was_seen_is_changed(desk: Desk) -> None:
    with pytest.raises(PreconditionFailed):
        await desk.service.decide(desk.asked(if_version=1))
    await desk.service.decide(desk.asked())
    assert (await desk.service.decide(desk.asked(if_version=1))).version == 2
    with pytest.raises(PreconditionFailed):
        await desk.service.decide(desk.asked(if_version=1))


async def test_reopening_forgets_why_and_until_when(desk: Desk) -> None:
    dismissed = await desk.service.decide(
        desk.asked(DecisionState.DISMISSED, reason=DismissalReason.EFFORT, note="too much")
    )
    assert dismissed.reason is DismissalReason.EFFORT
    reopened = await desk.service.decide(
        desk.asked(DecisionState.OPEN, reason=DismissalReason.EFFORT, note="too much", run_id=None)
    )
    assert (reopened.reason, reopened.note, reopened.until, reopened.effective_at) == (None,) * 4


def test_only_a_key_of_a_recommendation_is_one() -> None:
    assert checked_key(KEY) == KEY
    for text in ("", "rk-", KEY.upper(), f"{KEY}0", "x" + KEY, KEY + "\n"):
        with pytest.raises(NotFound):
            checked_key(text)
