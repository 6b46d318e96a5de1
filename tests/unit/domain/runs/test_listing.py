"""Which runs a list shows, and the figures that stand for a result there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.ids import RunId, ThreadId, UserId, WorkloadId
from netra.domain.optimization.metrics import NOTHING_MEASURED, MonthlyBill, PlanBill
from netra.domain.runs.headline import headline_of
from netra.domain.runs.listing import RunFilter
from netra.domain.runs.model import Headline, Run

AT = datetime(2024, 3, 1, tzinfo=UTC)
RUN = Run(
    id=RunId("run-1"),
    owner_id=UserId(1),
    thread_id=ThreadId("t-1"),
    message="P99 TTFT",
    created_at=AT,
    workload_id=WorkloadId("wl-1"),
)
LATER = AT + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"thread_id": "t-1", "workload_id": "wl-1", "status": "processing", "text": "p99 tt"},
        {"since": AT},
        {"until": LATER},
    ],
)
def test_a_run_that_meets_every_field_is_shown(fields: dict[str, Any]) -> None:
    assert RunFilter(**fields).admits(RUN)


@pytest.mark.parametrize(
    "fields",
    [
        {"thread_id": "t-2"},
        {"workload_id": "wl-2"},
        {"status": "completed"},
        {"text": "tpot"},
        {"since": LATER},
        {"until": AT},
    ],
)
def test_one_field_that_is_not_met_hides_the_run(fields: dict[str, Any]) -> None:
    assert not RunFilter(**fields).admits(RUN)


PLAN = PlanBill(
    now_usd_in_window=10.0,
    planned_usd_in_window=6.0,
    saved_usd_in_window=4.0,
    if_evaluations_pass_usd_in_window=5.0,
    saved_share=0.4,
    if_evaluations_pass_saved_share=0.5,
    now_usd_per_month=300.0,
    planned_usd_per_month=180.0,
)
MONTH = MonthlyBill(value=310.0, low=300.0, high=320.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"bill_usd_per_month": MONTH}, Headline(bill_usd_per_month=310.0)),
        ({"bill_usd_per_month": msgspec.structs.replace(MONTH, value=0.0)}, None),
        (
            {"bill_usd_per_month": MONTH, "plan": PLAN},
            Headline(bill_usd_per_month=300.0, plan_usd_per_month=180.0, saved_share=0.4),
        ),
        (
            {"plan": msgspec.structs.replace(PLAN, now_usd_per_month=None, planned_usd_per_month=None)},
            Headline(saved_share=0.4),
        ),
        (
            {"plan": msgspec.structs.replace(PLAN, now_usd_in_window=0.0, now_usd_per_month=0.0)},
            None,
        ),
    ],
)
def test_a_headline_has_the_plans_figures_or_the_bill_alone(
    changes: dict[str, Any], expected: Headline | None
) -> None:
    assert headline_of(msgspec.structs.replace(NOTHING_MEASURED, **changes)) == expected
