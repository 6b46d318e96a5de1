"""What came in is reported, LiteLLM's callback is taken, and events are read back."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from tests.unit.adapters.otlp.bodies import as_json, attribute, traces
from tests.unit.domain.telemetry.test_litellm import PAYLOAD

from .test_otlp import MODEL, Receiver, receiving, span

EVENT: dict[str, Any] = {
    "timestamp": "2024-01-01T00:00:00Z",
    "model": "gpt-4o",
    "input_tokens": 10,
    "output_tokens": 5,
}


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as opened:
        yield opened


async def workload(receiver: Receiver, name: str = "bot") -> str:
    made = await receiver.house.client.post("/api/workloads", json={"name": name})
    return str(made.json()["id"])


async def test_the_intake_says_what_each_emitter_sent(receiver: Receiver) -> None:
    name = await workload(receiver)
    silent = span(2, attributes=MODEL)
    agent = span(3, attributes=[attribute("gen_ai.operation.name", stringValue="invoke_agent")])
    await receiver.send(as_json(traces(span(1), silent, agent, service="bot")))
    await receiver.settled()
    answer = (await receiver.house.client.get(f"/api/workloads/{name}/intake")).json()
    (emitter,) = answer["emitters"]
    assert (emitter["scope"], emitter["calls"], emitter["calls_without_usage"]) == ("lib", 1, 1)
    assert (emitter["surrounding_spans"], emitter["agent_spans"]) == (1, 1)
    assert emitter["last_seen_at"] == "2024-01-01T00:00:16Z"
    assert answer["completeness"] == {
        "input_tokens": 1200,
        "output_tokens": 300,
        "counted_input_tokens": None,
        "counted_output_tokens": None,
    }
    assert answer["advice"] == ["1 calls of `gpt-4o` sent no usage: use an instrumentor that sends usage."]


async def test_counters_show_how_complete_the_calls_are(receiver: Receiver) -> None:
    name = await workload(receiver)
    point = {"asInt": "1300", "attributes": [attribute("type", stringValue="input")], "timeUnixNano": "5"}
    metric = {"name": "claude_code.token.usage", "sum": {"dataPoints": [point]}}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    await receiver.send(as_json(metrics), path=f"/api/workloads/{name}/otlp/v1/metrics")
    await receiver.settled()
    answer = (await receiver.house.client.get(f"/api/workloads/{name}/intake")).json()
    assert answer["completeness"]["counted_input_tokens"] == 1300


async def test_nothing_in_is_an_empty_report_and_strangers_get_none(receiver: Receiver) -> None:
    name = await workload(receiver)
    answer = (await receiver.house.client.get(f"/api/workloads/{name}/intake")).json()
    assert (answer["emitters"], answer["advice"]) == ([], [])
    assert (await receiver.house.client.get("/api/workloads/wl-none/intake")).status_code == 404


@pytest.mark.parametrize("form", ["array", "lines", "one"])
async def test_litellm_sends_a_list_lines_or_one(receiver: Receiver, form: str) -> None:
    name = await workload(receiver)
    second = {**PAYLOAD, "litellm_call_id": "second"}
    rows = [PAYLOAD] if form == "one" else [PAYLOAD, second, {"model": "m"}]
    body = json.dumps(rows if form == "array" else PAYLOAD)
    if form == "lines":
        body = "\n".join(json.dumps(row) for row in rows)
    path = f"/api/workloads/{name}/litellm"
    answer = (await receiver.send(body.encode(), path=path)).json()
    again = (await receiver.send(body.encode(), path=path)).json()
    rejected = 0 if form == "one" else 1
    assert (answer["accepted"], answer["rejected"]) == (len(rows) - rejected, rejected)
    assert (again["accepted"], again["duplicates"]) == (0, len(rows) - rejected)
    if rejected:
        assert answer["results"][2]["status"] == "rejected"


async def test_litellm_rows_that_contradict_themselves_and_other_bodies_are_refused(
    receiver: Receiver,
) -> None:
    name = await workload(receiver)
    path = f"/api/workloads/{name}/litellm"
    wrong = json.dumps([{**PAYLOAD, "startTime": 1e11}])
    assert (await receiver.send(wrong.encode(), path=path)).json()["rejected"] == 1
    assert (await receiver.send(b"{nothing", path=path)).json()["rejected"] == 1
    assert (await receiver.send(b"[]", path="/api/workloads/wl-none/litellm")).status_code == 404


async def filled(receiver: Receiver) -> str:
    """Return a workload with six events: three models, of which one has no price."""
    name = await workload(receiver)
    rows = [
        {**EVENT, "id": f"e{number}", "timestamp": f"2024-01-0{number + 1}T00:00:00.5Z", "model": model}
        | {"input_tokens": 100 * (number + 1), "latency_ms": 50.0 * (number % 3)}
        for number, model in enumerate(
            ["gpt-4o", "gpt-4o-mini", "no-such-model", "gpt-4o", "gpt-4o-mini", "gpt-4o"]
        )
    ]
    rows[3] |= {"feature": "search", "cached_input_tokens": 40, "labels": {"team": "a"}, "streaming": True}
    rows[3] |= {"prefix_hashes": [1, 2], "status": "stop", "charges": {"none": 1.0}}
    answer = await receiver.house.client.post(f"/api/workloads/{name}/events", json={"events": rows})
    assert answer.json()["accepted"] == 6
    return name


async def listed(receiver: Receiver, name: str, **params: Any) -> dict[str, Any]:
    answer = await receiver.house.client.get(f"/api/workloads/{name}/events", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [row["event"]["id"] for row in page["data"]]


async def test_events_are_read_back_newest_first_with_their_cost(receiver: Receiver) -> None:
    name = await filled(receiver)
    page = await listed(receiver, name)
    assert ids(page) == ["e5", "e4", "e3", "e2", "e1", "e0"]
    assert page["pagination"] == {"total": 6, "limit": 50, "has_more": False, "next_cursor": None}
    whole = page["data"][2]
    assert whole["event"]["timestamp"] == "2024-01-04T00:00:00.500000Z"
    assert (whole["event"]["labels"], whole["event"]["streaming"]) == ({"team": "a"}, True)
    assert whole["event"]["prefix_hashes"] == [1, 2]
    assert whole["event"]["latency_ms"] == 0
    prices = whole["unit_prices"]
    cost = (
        360 * prices["input_usd_per_m"]
        + 40 * prices["cached_input_usd_per_m"]
        + 5 * prices["output_usd_per_m"]
    )
    assert whole["usd"] == pytest.approx(cost / 1e6, rel=0.2)
    assert (page["data"][3]["usd"], page["data"][3]["unit_prices"]) == (None, None)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-timestamp", ["e5", "e4", "e3", "e2", "e1", "e0"]),
        ("-usd", ["e5", "e3", "e0", "e4", "e1", "e2"]),
        ("-latency_ms", ["e5", "e2", "e4", "e1", "e3", "e0"]),
    ],
)
async def test_pages_of_any_order_follow_each_other_without_a_gap(
    receiver: Receiver, sort: str, order: list[str]
) -> None:
    name = await filled(receiver)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await listed(receiver, name, sort=sort, limit=2, **cursor)
        seen += ids(page)
        if not page["pagination"]["has_more"]:
            break
        cursor = {"cursor": page["pagination"]["next_cursor"]}
    assert seen == order


async def test_equal_events_are_all_shown(receiver: Receiver) -> None:
    name = await workload(receiver)
    rows = [{**EVENT, "id": f"e{number}"} for number in range(7)]
    await receiver.house.client.post(f"/api/workloads/{name}/events", json={"events": rows})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = await listed(receiver, name, limit=3, sort="-usd", **cursor)
        seen += ids(page)
        cursor = {"cursor": page["pagination"]["next_cursor"] or "none"}
    assert sorted(seen) == [f"e{number}" for number in range(7)]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"model": "gpt-4o"}, ["e5", "e3", "e0"]),
        ({"model": ["gpt-4o", "no-such-model"]}, ["e5", "e3", "e2", "e0"]),
        ({"feature": "search"}, ["e3"]),
        ({"feature": ["search", ""], "model": "gpt-4o"}, ["e5", "e3", "e0"]),
        ({"feature": ""}, ["e5", "e4", "e2", "e1", "e0"]),
        ({"tool": "x"}, []),
        ({"tool": ""}, ["e5", "e4", "e3", "e2", "e1", "e0"]),
        ({"id": ["e1", "e4", "none"]}, ["e4", "e1"]),
        ({"from": "2024-01-03T00:00:00", "to": "2024-01-05T00:00:00Z"}, ["e3", "e2"]),
    ],
)
async def test_events_are_filtered(receiver: Receiver, params: dict[str, Any], found: list[str]) -> None:
    assert ids(await listed(receiver, await filled(receiver), **params)) == found


async def test_an_empty_workload_has_an_empty_page(receiver: Receiver) -> None:
    name = await workload(receiver)
    assert (await listed(receiver, name, id="e1"))["data"] == []
    assert (await listed(receiver, name, sort="-latency_ms"))["pagination"]["total"] == 0


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "x"},
        {"cursor": "!"},
        {"limit": 0},
        {"limit": 101},
        {"sort": "model"},
        {"from": "soon"},
        {"id": [f"e{number}" for number in range(51)]},
    ],
)
async def test_what_cannot_be_asked_is_refused(receiver: Receiver, params: dict[str, Any]) -> None:
    name = await filled(receiver)
    answer = await receiver.house.client.get(f"/api/workloads/{name}/events", params=params)
    assert answer.status_code == 422


async def test_a_cursor_belongs_to_its_order(receiver: Receiver) -> None:
    name = await filled(receiver)
    cursor = (await listed(receiver, name, limit=1))["pagination"]["next_cursor"]
    answer = await receiver.house.client.get(
        f"/api/workloads/{name}/events", params={"cursor": cursor, "sort": "-usd"}
    )
    assert (answer.status_code, "belongs to sort=-timestamp" in answer.text) == (422, True)
    stranger = await receiver.house.client.get("/api/workloads/wl-none/events")
    assert stranger.status_code == 404
