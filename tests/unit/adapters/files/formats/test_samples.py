"""Samples of vendors' files: each is known with no flag, and its totals are those of its rows."""

from pathlib import Path

import pytest

from netra.bootstrap.files import request_logs
from netra.domain.errors import UnreadableFile
from netra.settings import Settings

SAMPLES = Path("../shared/data/imports")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "kind", "calls", "input_tokens", "output_tokens"),
    [
        ("azure-apim-llm-log.own.jsonl", "azure_apim", 1, 1200, 300),
        ("bedrock-invocations.own.jsonl", "bedrock", 3, 1712 + 571, 300 + 142),
        ("claude-code-2.1.197-own.jsonl", "claude_code", 2, 2 * 1712, 600),
        ("claude-code-2.1.197-own-error.jsonl", "claude_code", 1, 0, 0),
        ("claude-code-ccusage-alpha.jsonl", "claude_code", 3, 135 + 270 + 340, 250),
        ("codex-0.171.0-own.jsonl", "codex", 1, 1200, 300),
        ("codex-ccusage-alpha.jsonl", "codex", 2, 3500, 4200 - 3500),
        ("langfuse-observations-v2.own.jsonl", "langfuse", 2, 1200 + 1712, 600),
        ("litellm-spend-logs.jsonl", "litellm", 1, 10, 20),
        ("openrouter-activity.own.csv", "openrouter", 3, 1200 + 1712 + 812, 600),
        ("vllm-otel-span.own.jsonl", "otlp", 1, 14, 8),
    ],
)
def test_a_sample_is_known_and_its_totals_are_those_of_its_rows(
    name: str, kind: str, calls: int, input_tokens: int, output_tokens: int
) -> None:
    if not (SAMPLES / name).exists():
        pytest.skip(f"{SAMPLES / name} is not here")
    log = request_logs(Settings()).read(str(SAMPLES / name))
    assert (log.format, len(log.events), log.report.rejected) == (kind, calls, 0)
    assert (int(log.events.input_tokens.sum()), int(log.events.output_tokens.sum())) == (
        input_tokens,
        output_tokens,
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["openai-usage-completions.own.json", "anthropic-usage-report.own.json"])
def test_a_sample_of_sums_is_refused_by_name(name: str) -> None:
    if not (SAMPLES / name).exists():
        pytest.skip(f"{SAMPLES / name} is not here")
    with pytest.raises(UnreadableFile, match="a usage report of"):
        request_logs(Settings()).read(str(SAMPLES / name))
