"""Counters of tokens, which say how complete the calls are."""

import pytest

from netra.domain.telemetry.metrics import CounterPoint, is_usage_metric


@pytest.mark.parametrize(
    ("metric", "kind", "direction"),
    [
        ("gen_ai.client.token.usage", "input", "input"),
        ("gen_ai.client.token.usage", "output", "output"),
        ("gen_ai.client.inference.usage.input_tokens", None, "input"),
        ("gen_ai.client.operation.output_tokens", None, "output"),
        ("claude_code.token.usage", "cacheRead", "input"),
        ("gemini_cli.token.usage", "cache", None),
        ("gemini_cli.token.usage", "thought", "output"),
        ("claude_code.token.usage", None, None),
    ],
)
def test_a_counter_counts_input_or_output(metric: str, kind: str | None, direction: str | None) -> None:
    attributes = {} if kind is None else {"type": kind}
    assert CounterPoint(metric=metric, attributes=attributes, resource={}, value=1).direction == direction


def test_a_series_is_a_metric_its_attributes_its_sender_and_its_start() -> None:
    def series(**fields: object) -> str:
        given = {"metric": "m", "attributes": {"a": 1, "b": 2}, "resource": {"r": 1}, "value": 1.0}
        return CounterPoint(**(given | fields)).series  # type: ignore[arg-type]

    assert series(attributes={"b": 2, "a": 1}, value=9.0) == series()
    assert len({series(), series(start_ns=5), series(resource={}), series(metric="n")}) == 4


def test_other_metrics_are_not_read() -> None:
    assert is_usage_metric("claude_code.token.usage")
    assert not is_usage_metric("gen_ai.client.operation.duration")
