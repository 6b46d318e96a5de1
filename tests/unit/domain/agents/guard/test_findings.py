"""What a checked text is answered with: each piece that does not hold, and what holds instead."""

import json

import pytest
from tests.corpora.guard_score import CORPORA

from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.findings import StoredResult, check_by, check_text
from netra.domain.agents.guard.payload_facts import facts_of

PAYLOAD = (CORPORA / "guard-dev" / "payload-1.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of({**json.loads(PAYLOAD), "report": ""})


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("tagging costs $9.00 over the log.", "$1.20 (by_feature.usd_in_window of tagging)"),
        ("The plan saves 44 % of the bill.", "46.5 % (plan.saved_share)"),
        ("The p99 time to first token is 500 ms.", " ms (pareto.options.ttft_ms_p99"),
        ("The log covers 30 hours.", "s (span.seconds)"),
        ("tagging makes 700 calls.", "635 (by_feature.requests of tagging)"),
        ("You sent 20 million input tokens.", "13,981,948 (profile.input_tokens)"),
        ("Half of the bill is self-hosting.", ""),
        ("Prompt caching saves $1.20 a month.", "$406.18 a month (recommendations.savings.usd_per_month"),
    ],
)
def test_what_holds_is_named_with_its_place(text: str, truth: str, facts: Facts) -> None:
    found = check_by(text, facts)
    assert not found.holds
    assert any(truth in one.truth for one in found.findings), found


def test_a_number_that_belongs_to_another_row_is_named_with_its_owner(facts: Facts) -> None:
    (found,) = check_by("tagging sends $406.18 a month to a bank.", facts).findings
    owner = "$406.18 a month (recommendations.savings.usd_per_month of prompt_caching)"
    assert found.truth == f"This number is {owner}."


def test_a_stored_result_is_checked_without_its_report() -> None:
    stored = json.loads(PAYLOAD)
    result = StoredResult(recommendations=tuple(stored["recommendations"]), metrics=stored["metrics"])
    assert check_text("Of the 4,000 calls, 80 failed.", result).holds
    assert [one.what for one in check_text("You should use Mistral Large.", result).findings] == ["name"]
