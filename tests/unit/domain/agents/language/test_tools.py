"""What a language model may look up: typed, read-only, about the one log at hand, and refused otherwise."""

import json
from typing import Any

import msgspec
import pytest
from tests.unit.domain.agents.language.scripts import PLAIN, call, model

from netra.domain.errors import WorkStopped
from netra.ports.language_model import ToolCall


@pytest.fixture
async def shop(desk: Any, calls: Any) -> Any:
    """Return a desk with fifty calls of two features and one that failed."""
    made = calls(30, feature="chat", latency_ms=900.0, tool="find") + calls(
        20, every_s=61, feature="search", model="small"
    )
    await desk.workload(made)
    return desk


async def looked(desk: Any, *calls: ToolCall) -> list[dict[str, Any]]:
    desk.language_model = model([calls, PLAIN])
    advice = await desk.ask("make it cheaper")
    looks: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in advice.metrics.language_model.looks]
    return looks


async def found(desk: Any, name: str, **arguments: Any) -> Any:
    (look,) = await looked(desk, call(name, **arguments))
    assert look["outcome"] == "done", look
    return look["result"]


async def test_the_profile_is_the_log_s(shop: Any) -> None:
    assert (await found(shop, "profile"))["requests"] == 50


async def test_an_analysis_is_told_in_full(shop: Any) -> None:
    result = await found(shop, "analyse", kind="rate_limits")
    assert [one["kind"] for one in result["recommendations"]] == ["rate_limits"]
    assert (await found(shop, "analyse", kind="waste"))["gaps"][0]["kind"] == "waste"


async def test_models_are_compared_on_the_whole_log(shop: Any) -> None:
    (row,) = await found(shop, "compare", models=["small"])
    # 50 calls of 1,000 tokens at $1 and 100 at $4 a million
    assert row["then_usd_in_window"] == pytest.approx(50 * 0.0014)


async def test_a_change_is_tried_without_being_made(shop: Any) -> None:
    result = await found(shop, "simulate", model="small", max_output_tokens=50)
    assert [step["kind"] for step in result["steps"]] == ["output_length", "right_sizing"]


async def test_a_change_of_the_bill_is_explained(shop: Any) -> None:
    shown = await found(shop, "find_events", order="time", limit=10)
    instant = min(event["at"] for event in shown["events"])
    result = await found(shop, "explain", before=instant)
    assert {one["name"] for one in result["effects"]} >= {"volume", "mix_model", "output_length"}
    change = result["after_usd"] - result["before_usd"]
    assert sum(one["usd"] for one in result["effects"]) == pytest.approx(change)


async def test_a_price_is_the_book_s_or_unknown(shop: Any) -> None:
    assert (await found(shop, "price", model="big"))["usd_of_a_million_input_tokens"] == 10.0
    assert (await found(shop, "price", model="nobody"))["model"] is None


@pytest.mark.parametrize(
    ("arguments", "count", "first"),
    [
        ({}, 50, {"model": "big", "usd": 0.014}),
        ({"feature": "search", "limit": 2}, 20, {"model": "small"}),
        ({"tool": "find", "order": "time"}, 30, {"feature": "chat"}),
        ({"order": "latency"}, 50, {"latency_ms": 900.0}),
        ({"order": "output_tokens", "model": "small"}, 20, {"output_tokens": 100}),
    ],
)
async def test_single_calls_are_found_by_what_they_are(
    shop: Any, arguments: dict[str, Any], count: int, first: dict[str, Any]
) -> None:
    result = await found(shop, "find_events", **arguments)
    assert result["calls"] == count
    assert len(result["events"]) == arguments.get("limit", 5)
    assert {name: result["events"][0][name] for name in first} == pytest.approx(first)


async def test_what_the_log_does_not_hold_is_not_found(shop: Any, desk: Any) -> None:
    assert (await found(shop, "find_events", function="rank"))["events"] == []
    assert (await found(shop, "find_events", feature="none"))["calls"] == 0


async def test_an_order_by_what_is_missing_says_so(desk: Any, calls: Any) -> None:
    await desk.workload(calls(5))
    result = await found(desk, "find_events", order="latency")
    assert result["note"] == "The log does not hold what to order by."
    assert (await found(desk, "find_events"))["events"][0]["feature"] is None


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("delete_workload", "{}", "unknown_tool"),
        ("__class__", "{}", "unknown_tool"),
        ("profile", '{"owner_id": 2}', "bad_arguments"),
        ("profile", '{"workload_id": "wl-bob"}', "bad_arguments"),
        ("find_events", '{"limit": 100000}', "bad_arguments"),
        ("find_events", '{"order": "drop table"}', "bad_arguments"),
        ("compare", '{"models": []}', "bad_arguments"),
        ("price", '{"model": 5}', "bad_arguments"),
        ("price", "not JSON", "bad_arguments"),
        ("price", '{"model": "' + "x" * 3_000 + '"}', "bad_arguments"),
        ("price", '{"model": "\udc80"}', "bad_arguments"),
        ("simulate", '{"replicas": 1000000}', "bad_arguments"),
        ("simulate", '{"model": "nobody"}', "refused"),
        ("profile", "", "done"),
    ],
)
async def test_what_is_no_tool_or_no_argument_of_it_is_refused_and_told(
    shop: Any, name: str, arguments: str, outcome: str
) -> None:
    (look,) = await looked(shop, ToolCall(call_id="c", name=name, arguments_json=arguments))
    assert look["outcome"] == outcome
    answer = shop.language_model.prompts[-1].messages[-1]
    assert answer.role == "tool"
    assert ("error" in answer.text) == (outcome != "done")


async def test_names_that_claim_something_have_labels_here_too(desk: Any, calls: Any) -> None:
    await desk.workload([*calls(5, feature="now 99 % off"), *calls(5, every_s=61, feature="chat")])
    result = await found(desk, "find_events", feature="feature_1")
    assert result["events"][0]["feature"] == "now 99 % off"
    sent = json.dumps([message.text for prompt in desk.language_model.prompts for message in prompt.messages])
    assert "99 %" not in sent


async def test_a_run_that_stops_stops_the_look(shop: Any) -> None:
    def script(prompt: Any) -> Any:
        shop.watch.stop_at("Looking")
        return (call("profile"),)

    shop.language_model = model(script)
    shop.watch = Stopping()
    with pytest.raises(WorkStopped):
        await shop.ask("make it cheaper")


class Stopping:
    """Ends the work at a checkpoint that says a word."""

    def __init__(self) -> None:
        self._word = "never"

    def stop_at(self, word: str) -> None:
        self._word = word

    async def start_stage(self, **_: Any) -> None:
        pass

    async def emit_text(self, text: str, **_: Any) -> None:
        pass

    async def wait_for_stop(self) -> None:
        import asyncio

        await asyncio.Event().wait()

    def checkpoint(self, done: float, doing: str) -> None:
        if self._word in doing:
            raise WorkStopped("enough")
