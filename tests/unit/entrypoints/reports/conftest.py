"""One answer and one log, made by hand, for everything that shows them."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Action, Evidence, Gap, Grade, Savings, Stance
from netra.domain.optimization.result import Advice, Recommendation
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY, CacheSetting, SupplyConfig
from netra.domain.workloads.columns import Events, Labels, nanoseconds


def recommendation(**changes: Any) -> Recommendation:
    fields: dict[str, Any] = {
        "id": "rec-1",
        "kind": "prompt_caching",
        "stance": Stance.DO,
        "action": "Mark the whole prompts to claude-x for caching, with a 300 s time to live",
        "impact": "claude-x reads 59.5 % and writes 38.1 % of its input tokens through the cache.",
        "cost_change": "-27.5%",
        "savings": Savings(
            usd_per_month=4312.0,
            low=3980.0,
            high=4630.0,
            usd_in_window=5.9,
            share_of_bill=0.275,
            marginal_usd_per_month=4312.0,
            cumulative_usd_per_month=4312.0,
            applied_as=1,
        ),
        "grade": Grade.REPLAY,
        "formula": "saved = sum H (p_in - p_read) - sum W (p_write - p_in)",
        "inputs": {"rows": 3993},
        "assumptions": ("One cache serves all calls of a model.",),
        "evidence": Evidence(rows=3993, of_rows=3993, sample_events=("#1", "#7")),
        "how_to_verify": "Compare the cached token counts in the provider's responses with the replay's.",
        "effort": "medium",
        "risk": "None to answers.",
    }
    return Recommendation(**(fields | changes))


def savings(
    usd: float,
    *,
    marginal: float | None = None,
    cumulative: float | None = None,
    applied_as: int | None = None,
) -> Savings:
    return Savings(
        usd_per_month=usd,
        low=usd * (0.9 if usd > 0 else 1.1),
        high=usd * (1.1 if usd > 0 else 0.9),
        usd_in_window=usd / 730.5,
        share_of_bill=usd / 15680.0,
        marginal_usd_per_month=marginal,
        cumulative_usd_per_month=cumulative,
        applied_as=applied_as,
    )


BLANK = {
    "requests": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "prefix_reuse": [],
    "arrivals": {"rate_per_s": 0.0, "gap_cv": None, "peak_to_mean_1s": None, "peak_to_mean_60s": None},
    "duplicates": {},
    "failures": {},
    "bill_usd": 0.0,
    "bill_usd_per_month": None,
    "gaps": [],
    "targets": [],
}


def metrics_of(**sections: Any) -> Metrics:
    """Return metrics with these sections and no others."""
    return msgspec.convert(BLANK | sections, Metrics)


@pytest.fixture(scope="session")
def advice() -> Advice:
    return Advice(
        recommendations=(
            recommendation(),
            recommendation(
                id="rec-2",
                kind="batch",
                stance=Stance.DO,
                action="Send the 4,120 calls tagged offline through the batch API",
                impact="A quarter of the calls wait for nobody; the batch price of claude-x is half.",
                cost_change="-8.1%",
                savings=savings(1500.0, marginal=1270.0, cumulative=5582.0, applied_as=2),
                grade=Grade.EXACT,
            ),
            recommendation(
                id="rec-3",
                kind="right_sizing",
                stance=Stance.EVALUATE,
                inputs={},
                action="Try claude-x-mini on the short prompts and keep claude-x for what it cannot do",
                impact="A cascade pays once more than 20.0 % of the small model's answers are accepted.",
                cost_change="-41%",
                savings=savings(6430.0),
                grade=Grade.JUDGEMENT,
                effort="high",
            ),
            recommendation(
                id="rec-4",
                kind="self_hosting",
                stance=Stance.AVOID,
                inputs={},
                action="Do not host Llama-3.1-70B for this traffic",
                impact="16 H100 hold a p99 TTFT of 2 s through the peaks and cost more than the API.",
                cost_change="+115%",
                savings=savings(-18000.0),
                grade=Grade.MODEL,
            ),
            recommendation(
                id="rec-5",
                kind="rate_limits",
                stance=Stance.INFORM,
                inputs={},
                action="Ask for a limit of 2.4 M tokens a minute before the next doubling",
                impact="The busiest minute uses 1.2 M tokens.",
                cost_change="0%",
                savings=savings(0.0),
                grade=Grade.EXACT,
            ),
        ),
        metrics=metrics_of(
            requests=3993,
            input_tokens=62_100_000,
            output_tokens=530_000,
            bill_usd=21.46,
            bill_usd_per_month={"value": 15680.0, "low": 11000.0, "high": 22000.0},
            plan={
                "now_usd_per_month": 15680.0,
                "now_usd_in_window": 522.7,
                "planned_usd_per_month": 10098.0,
                "planned_usd_in_window": 336.6,
                "saved_usd_per_month": 5582.0,
                "saved_usd_in_window": 186.1,
                "saved_share": 0.356,
                "if_evaluations_pass_usd_per_month": 5000.0,
                "if_evaluations_pass_usd_in_window": 166.7,
                "if_evaluations_pass_saved_share": 0.681,
            },
            models_assumed={"unknown": "claude-x"},
            targets=[
                {
                    "target": "saving_share",
                    "asked": 0.2,
                    "reached": 0.356,
                    "met": True,
                    "why": "The plan saves 35.6 % of the bill.",
                },
                {
                    "target": "speedup",
                    "asked": 2.0,
                    "reached": None,
                    "met": None,
                    "why": "There are no latencies to compare.",
                },
            ],
            span={
                "seconds": 3540.0,
                "per_month": 730.5,
                "scaled": True,
                "is_month_known": True,
                "notes": ["The log covers 0.98 h; a month is taken as 742.9 times that."],
            },
            prefix_reuse=[
                {"ttl_s": 60, "token_share": 0.3276},
                {"ttl_s": 300, "token_share": 0.5951},
                {"ttl_s": None, "token_share": 0.6512},
            ],
            duplicates={"requests": 40, "share": 0.01},
            data_sufficiency={"sufficient": True, "reason": ""},
            gaps=[
                {
                    "kind": "waste",
                    "missing": ["status"],
                    "reason": "The log does not say which calls failed.",
                    "would_add": "What failed and repeated calls cost.",
                }
            ],
            pareto={
                "options": [
                    {
                        "name": "as it is",
                        "usd_per_month": 15680.0,
                        "usd_in_window": 21.46,
                        "ttft_ms_p99": 900.0,
                    },
                    {
                        "name": "cached",
                        "usd_per_month": 11368.0,
                        "usd_in_window": 15.56,
                        "ttft_ms_p99": 620.0,
                    },
                    {
                        "name": "16 x H100",
                        "usd_per_month": 33680.0,
                        "usd_in_window": 46.11,
                        "ttft_ms_p99": 480.0,
                        "ttft_ms_p99_range": [400.0, 700.0],
                    },
                    {"name": "by the dozen", "usd_per_month": 14000.0, "usd_in_window": 19.16},
                    {
                        "name": "8 x A100",
                        "usd_per_month": 17400.0,
                        "usd_in_window": 23.82,
                        "ttft_ms_p99": 4100.0,
                    },
                ],
                "front": ["cached", "16 x H100"],
                "pick": "cached",
                "candidate": None,
                "measure": "ttft_ms_p99",
                "refused": [],
                "why": "It is the cheapest that keeps every limit.",
            },
        ),
        actions=(
            Action(
                order=1,
                recommendation_id="rec-1",
                title="Cache the shared prefixes",
                steps=("Put the unchanging part of each prompt first.", "Set one cache marker at its end."),
                verify="The provider reports cached tokens within a day.",
                roll_back="Remove the marker.",
            ),
            Action(
                order=2,
                recommendation_id="rec-2",
                title="Move offline calls to the batch API",
                steps=("Collect the calls of template nightly-summary into one file an hour.",),
                verify="Batch lines appear on the bill.",
                roll_back="Send the calls one by one again.",
            ),
        ),
        supply_config=SupplyConfig(
            caching=(CacheSetting(model="claude-x", provider="anthropic", enabled=True, ttl_s=300),)
        ),
        report="Caching the shared prefixes pays best. Sending offline calls in batches comes next.",
    )


@pytest.fixture(scope="session")
def no_advice() -> Advice:
    return Advice(
        recommendations=(),
        metrics=metrics_of(requests=0, data_sufficiency={"sufficient": False, "reason": "no calls"}),
        actions=(),
        supply_config=NOTHING_TO_SUPPLY,
        report="There are no events yet. Send some to POST /api/workloads/wl-1/events.",
    )


@pytest.fixture(scope="session")
def gap() -> Gap:
    return Gap(kind="waste", missing=("status",), reason="No status.", would_add="The cost of failures.")


@pytest.fixture(scope="session")
def events() -> Events:
    """4,000 calls over an hour with a wave in them, latencies on some."""
    rng = np.random.default_rng(7)
    n = 4_000
    phase = np.sort(rng.random(n))
    seconds = 3_600 * (phase + 0.06 * np.sin(2 * np.pi * 2 * phase))
    start = nanoseconds(datetime(2024, 1, 1, tzinfo=UTC))
    ttft = rng.lognormal(5.5, 0.5, n)
    ttft[::10] = np.nan
    return Events(
        at_ns=(start + np.abs(seconds) * 1e9).astype(np.int64),
        model=Labels(codes=np.zeros(n, np.int32), names=("claude-x",)),
        input_tokens=rng.integers(200, 40_000, n),
        output_tokens=rng.integers(1, 900, n),
        ttft_ms=ttft,
        latency_ms=ttft + rng.lognormal(7.5, 0.6, n),
    )
