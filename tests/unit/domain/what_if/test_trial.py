"""What-if on a log, with prices to work out by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from netra.domain.errors import ValidationFailed, WorkStopped
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.what_if.simulate import Proposal
from netra.domain.what_if.trial import what_if, what_if_each
from netra.domain.workloads.columns import Events, columns_of
from netra.domain.workloads.model import UNSPECIFIED_MODEL, Event

NO_HARDWARE = Hardware(gpus=(), models=())
USD_PER_TOKEN = {"big": 1e-3, "small": 0.25e-3}
BEGIN = datetime(2026, 11, 16, tzinfo=UTC)


class Book:
    """Two prices: a dollar, or a quarter of one, a thousand tokens."""

    def tariff(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> Tariff | None:
        rate = USD_PER_TOKEN.get(model)
        if rate is None:
            return None
        price = Rate(usd_per_token=rate)
        return Tariff(model=model, provider="acme", input=price, output=price)

    def similar(self, model: str, *, limit: int = 3) -> tuple[str, ...]:
        return ()

    def candidates(self, like: Tariff, *, limit: int = 8, at: datetime | None = None) -> tuple[Tariff, ...]:
        return ()

    def offers(self, is_meant: Callable[[str], bool], *, at: datetime | None = None) -> tuple[Tariff, ...]:
        return ()


def calls(model: str) -> Events:
    return columns_of(
        [
            Event(timestamp=BEGIN + timedelta(seconds=at), model=model, input_tokens=900, output_tokens=100)
            for at in range(10)
        ]
    )


def test_the_proposed_model_prices_the_same_tokens() -> None:
    tried = what_if(
        calls("big"), Proposal(model="small"), book=Book(), default_model="big", hardware=NO_HARDWARE
    )
    assert tried.now_usd_in_window == pytest.approx(10.0)
    assert tried.then_usd_in_window == pytest.approx(2.5)
    assert tried.cost_change == "-75%"


def test_a_log_that_names_no_model_is_priced_as_the_one_given() -> None:
    tried = what_if(
        calls(UNSPECIFIED_MODEL),
        Proposal(max_output_tokens=50),
        book=Book(),
        default_model="big",
        hardware=NO_HARDWARE,
        model="small",
    )
    assert tried.now_usd_in_window == pytest.approx(2.5)
    assert tried.truncated_share == 1.0


def test_a_model_without_a_price_is_refused_by_name() -> None:
    with pytest.raises(ValidationFailed, match="'tiny'"):
        what_if(calls("big"), Proposal(model="tiny"), book=Book(), default_model="big", hardware=NO_HARDWARE)


def test_progress_rises_over_both_parts() -> None:
    seen: list[float] = []
    what_if(
        calls("big"),
        Proposal(model="small"),
        book=Book(),
        default_model="big",
        hardware=NO_HARDWARE,
        checkpoint=lambda done, _: seen.append(done),
    )
    assert seen == sorted(seen)
    assert 0 <= seen[0] < 0.3 < seen[-1] <= 1


def test_several_proposals_are_tried_each_by_itself() -> None:
    proposals = [
        Proposal(),
        Proposal(model="small"),
        Proposal(model="unknown"),
        Proposal(max_output_tokens=50),
    ]
    tried = what_if_each(calls("big"), proposals, book=Book(), default_model="big", hardware=NO_HARDWARE)
    alone = [
        what_if(calls("big"), proposal, book=Book(), default_model="big", hardware=NO_HARDWARE)
        for proposal in (proposals[0], proposals[1], proposals[3])
    ]
    assert [one.simulated for one in tried if one.simulated is not None] == alone
    assert [one.refused is not None for one in tried] == [False, False, True, False]
    assert tried[2].refused is not None
    assert "unknown" in tried[2].refused.message


def test_a_caller_who_leaves_stops_the_proposals_that_are_left() -> None:
    def leave(done: float, doing: str) -> None:
        if done > 0.5:
            raise WorkStopped("left")

    with pytest.raises(WorkStopped):
        what_if_each(
            calls("big"),
            [Proposal(model="small")] * 4,
            book=Book(),
            default_model="big",
            hardware=NO_HARDWARE,
            checkpoint=leave,
        )
