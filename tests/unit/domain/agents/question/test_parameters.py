"""Goals from parameters: what is usable sets a field, what is not is named."""

from datetime import UTC, datetime
from typing import Any

import pytest

from netra.domain.agents.question.parameters import read_parameters
from netra.domain.optimization.model import Priority


@pytest.mark.parametrize(
    ("key", "value", "field", "read"),
    [
        ("priority", " Performance ", "priority", Priority.PERFORMANCE),
        ("budget", 10_000, "budget_usd_per_month", 10_000.0),
        ("monthly_budget", "$5k", "budget_usd_per_month", 5_000.0),
        ("saving-share", 0.2, "saving_share", 0.2),
        ("cost_reduction", 20, "saving_share", 0.2),
        ("savings", "20 %", "saving_share", 0.2),
        ("speedup", "2x", "speedup", 2.0),
        ("growth", 0.5, "traffic_growth", 0.5),
        ("traffic_growth", 50, "traffic_growth", 0.5),
        ("ttft_ms", 300, "ttft_ms_p99", 300.0),
        ("tpot", "25 ms", "tpot_ms_p99", 25.0),
        ("latency", 500, "latency_ms", {"": 500.0}),
        ("latency_ms", {"search": "0.5 s", "chat": 2_000}, "latency_ms", {"search": 500.0, "chat": 2_000.0}),
        ("gpu_memory_gb", "80 GB", "gpu_memory_gib", 80.0),
        ("features", ["search", " chat "], "features", ("search", "chat")),
        ("function", "rank", "features", ("rank",)),
        ("models", "gpt-5", "models", ("gpt-5",)),
        ("gpu", "H100", "gpus", ("H100",)),
        ("model", "gpt-4o", "model", "gpt-4o"),
        ("analyses", ["Prompt caching"], "analyses", ("prompt_caching",)),
        ("change_at", "2026-11-20", "change_at", datetime(2026, 11, 20, tzinfo=UTC)),
        ("since", datetime(2026, 11, 20), "change_at", datetime(2026, 11, 20, tzinfo=UTC)),  # noqa: DTZ001  # a sender's naive one
    ],
)
def test_a_parameter_is_read(key: str, value: Any, field: str, read: object) -> None:
    found = read_parameters({key: value})
    assert found.fields == {field: read}
    assert found.unread == ()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("priority", "cheap", "priority is one of cost, performance, balanced"),
        ("priority", 3, "priority is one of"),
        ("budget", -5, "a budget is a number of US dollars a month above 0"),
        ("budget", "€500", "a budget is"),
        ("budget", True, "a budget is"),
        ("budget", float("nan"), "a budget is"),
        ("budget", 10**400, "a budget is"),
        ("saving_share", "much", "a saving is a share below 1"),
        ("saving_share", "100 %", "a saving is a share below 1"),
        ("traffic_growth", -1, "growth is a share above -1"),
        ("latency", {"search": "soon"}, "a latency limit is"),
        ("latency", [], "a latency limit is"),
        ("features", [1], "names are a text or a list of texts"),
        ("features", [], "names are a text"),
        ("model", "", "a model is the name of one"),
        ("analyses", ["magic"], "the kinds of analysis are waste"),
        ("change_at", "soon", "an instant is ISO 8601"),
        ("constraints", 5, "expected texts"),
        ("colour", "blue", "no parameter that this engine reads"),
    ],
)
def test_an_unusable_value_is_named(key: str, value: Any, said: str) -> None:
    found = read_parameters({key: value})
    assert found.fields == {}
    assert len(found.unread) == 1
    assert found.unread[0].why.startswith(said)
    assert key in found.unread[0].text


def test_null_asks_nothing() -> None:
    found = read_parameters({"budget": None})
    assert (found.fields, found.unread) == ({}, ())


def test_limits_may_stand_inside_constraints_and_targets() -> None:
    found = read_parameters({"constraints": {"gpu_memory": 80}, "targets": {"speedup": 2, "saving": "20%"}})
    assert found.fields == {"gpu_memory_gib": 80.0, "speedup": 2.0, "saving_share": 0.2}


def test_texts_with_numbers_are_handed_on_as_words() -> None:
    found = read_parameters({"targets": "20 % cheaper", "constraints": ["latency", "TTFT < 300 ms"]})
    assert found.words == ("20 % cheaper", "TTFT < 300 ms")
    assert found.fields == {"constraints": ("latency", "TTFT < 300 ms")}


@pytest.mark.parametrize(
    ("sent", "read"),
    [("tool", "tool"), ("Functions", "template"), ("prompts", "template"), ("week", None), (3, None)],
)
def test_parts_are_told_apart_by_what_a_log_can_name(sent: object, read: str | None) -> None:
    assert read_parameters({"split_by": sent}).fields.get("split_by") == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"served_on": " 4x H100 ", "served_replicas": 3}, {"served_on": "4x H100", "served_replicas": 3}),
        ({"served_on": " ", "served_replicas": 0}, {}),
        ({"balancing": "Round-Robin", "spare": 1}, {"balancing": "round_robin", "spare_replicas": 1}),
        ({"balancing": "sticky", "spare_replicas": -1}, {}),
        ({"balancing": 7}, {}),
        ({"served_on": 4, "served_replicas": "many"}, {}),
    ],
)
def test_what_serves_the_log_now_is_read(sent: dict[str, object], read: dict[str, object]) -> None:
    assert dict(read_parameters(sent).fields) == read
