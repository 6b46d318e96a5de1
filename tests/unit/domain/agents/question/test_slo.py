"""Forty ways to state a latency limit; no one may be read as another quantity."""

import pytest
from tests.unit.domain.agents.question.test_corpora import NAMES, NOW

from netra.domain.agents.question.goals import read_goals
from netra.domain.optimization.model import LatencyLimit

SLOS: tuple[tuple[str, tuple[tuple[str, float, float, str], ...]], ...] = (
    ("TTFT p99 <= 1 s, TPOT p99 <= 50 ms", (("ttft", 99, 1_000, ""), ("tpot", 99, 50, ""))),
    ("TTFT p99 below 500 ms", (("ttft", 99, 500, ""),)),
    ("p99 TTFT < 0.5s", (("ttft", 99, 500, ""),)),
    ("TTFT (p99): ≤ 800 milliseconds", (("ttft", 99, 800, ""),)),
    ("p99 of TTFT: 500ms", (("ttft", 99, 500, ""),)),
    ("1000 ms >= TTFT p99", (("ttft", 99, 1_000, ""),)),
    ("time to first token: no more than 0.4 s", (("ttft", 99, 400, ""),)),
    ("the first token within a second", (("ttft", 99, 1_000, ""),)),
    ("first word after at most 700 ms", (("ttft", 99, 700, ""),)),
    ("support_chat must start answering in less than 1200 ms", (("ttft", 99, 1_200, "support_chat"),)),
    ("max 300 ms until the first token", (("ttft", 99, 300, ""),)),
    ("streaming has to start within 600 ms", (("ttft", 99, 600, ""),)),
    ("TTFT of at most 400ms at the 95th percentile for doc_search", (("ttft", 95, 400, "doc_search"),)),
    ("median TTFT under 250 ms", (("ttft", 50, 250, ""),)),
    ("keep 99.9 % of first tokens under 2 s", (("ttft", 99.9, 2_000, ""),)),
    ("ttft_p95<=450ms", (("ttft", 95, 450, ""),)),
    ("TTFT from 1.2 s to 800 ms", (("ttft", 99, 800, ""),)),
    ("TPOT p99 must be 40 ms or better", (("tpot", 99, 40, ""),)),
    ("time per output token <= 35ms (p95)", (("tpot", 95, 35, ""),)),
    ("inter-token latency stays under 0.04 s", (("tpot", 99, 40, ""),)),
    ("between two tokens no more than 60 ms", (("tpot", 99, 60, ""),)),
    ("each token may take at most 40 ms", (("tpot", 99, 40, ""),)),
    ("at least 20 tokens per second", (("tpot", 99, 50, ""),)),
    ("output speed p50 >= 50 tok/s for code_review", (("tpot", 50, 20, "code_review"),)),
    ("ITL below 45ms for support_chat at p90", (("tpot", 90, 45, "support_chat"),)),
    ("TPOT < 1/20 s", (("tpot", 99, 50, ""),)),
    ("the whole call in 3 s", (("latency", 99, 3_000, ""),)),
    ("end-to-end p95 of five seconds", (("latency", 95, 5_000, ""),)),
    ("e2e < 9s for 98 % of doc_search requests", (("latency", 98, 9_000, "doc_search"),)),
    ("response time at p99: max 5 seconds", (("latency", 99, 5_000, ""),)),
    ("answers must not take more than 2.5 seconds", (("latency", 99, 2_500, ""),)),
    ("latency p90 not above 1,2 s", (("latency", 90, 1_200, ""),)),
    ("support_chat should never take longer than 4 s", (("latency", 99, 4_000, "support_chat"),)),
    ("search and chat, no: doc_search in 800 ms", (("latency", 99, 800, "doc_search"),)),
    ("whole-call latency, p95, nightly_digest: 90 s max", (("latency", 95, 90_000, "nightly_digest"),)),
    ("a p99 of 8 s per whole call", (("latency", 99, 8_000, ""),)),
    ("the slowest 1 % of calls within 9 s", (("latency", 99, 9_000, ""),)),
    (
        "TTFT: 900ms (p99); TPOT: 42ms (p99); E2E: 14s (p99)",
        (("ttft", 99, 900, ""), ("tpot", 99, 42, ""), ("latency", 99, 14_000, "")),
    ),
    (
        "TTFT and TPOT for support_chat below 1 s and 50 ms",
        (("ttft", 99, 1_000, "support_chat"), ("tpot", 99, 50, "support_chat")),
    ),
    (
        "limit: 2.5s whole call for tagging, 10s for code_review, both p95",
        (("latency", 95, 2_500, "tagging"), ("latency", 95, 10_000, "code_review")),
    ),
)


def test_there_are_forty() -> None:
    assert len({question for question, _ in SLOS}) == 40


@pytest.mark.parametrize(("question", "expected"), SLOS)
def test_a_limit_is_read_as_what_it_limits(
    question: str, expected: tuple[tuple[str, float, float, str], ...]
) -> None:
    goals = read_goals(question, {}, now=NOW, names=NAMES)
    limits = [(one.metric, one.percentile, one.value_ms, one.feature) for one in goals.limits]
    assert limits == list(expected)
    assert all(isinstance(one, LatencyLimit) for one in goals.limits)
    assert (goals.saving_share, goals.speedup, goals.budget_usd_per_month, goals.unread) == (
        None,
        None,
        None,
        (),
    )
