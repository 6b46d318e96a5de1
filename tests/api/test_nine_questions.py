"""The nine questions over every door, each asked of a workload made for it; numbers worked out by hand.

List prices a million tokens, input/output: gpt-4o $2.50/$10 (cached input $1.25), gpt-4o-mini $0.15/$0.60,
gpt-5 $1.25/$10. A plain call has 1,000 tokens in and 100 out: $0.0035 at gpt-4o, $0.00021 at gpt-4o-mini,
$0.00225 at gpt-5. Sixty calls a minute apart span 3,540 s; a month of 2,629,800 s is 742.88 times that.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.waiting import PATIENCE_S
from websockets.sync.client import connect

from netra.entrypoints.cli import exit_code

CALL_USD, MINI_USD, FIVE_USD = 0.0035, 0.00021, 0.00225
BEGIN_S = datetime(2026, 11, 16, tzinfo=UTC).timestamp()  # a Monday

Row = dict[str, Any]
Advice = dict[str, Any]
Door = Callable[[str, list[Row]], Advice]


def call(number: int, *, every_s: int = 60, **fields: Any) -> Row:
    at = datetime.fromtimestamp(BEGIN_S + number * every_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shape = {"model": "gpt-4o", "provider": "openai", "input_tokens": 1_000, "output_tokens": 100}
    return {"timestamp": at, **shape, **fields}


@pytest.fixture(params=["command line", "REST", "WebSocket"])
def ask(
    request: pytest.FixtureRequest,
    user: httpx.Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Door:
    """Ask at one of the three doors and return the result as that door gives it."""

    def by_command(message: str, rows: list[Row]) -> Advice:
        log = tmp_path / "log.jsonl"
        log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        assert exit_code(["optimize", str(log), "--ask", message, "--json"]) == 0
        advice: Advice = json.loads(capsys.readouterr().out)
        return advice

    def by_rest(message: str, rows: list[Row]) -> Advice:
        body = {"message": message, "context": {"workload_id": filled(user, rows), "parameters": {}}}
        run = user.post("/api/agent/execute", json=body).raise_for_status().json()["run_id"]
        user.get(f"/api/agent/stream/{run}").raise_for_status()  # ends with the run
        advice: Advice = user.get(f"/api/agent/status/{run}").raise_for_status().json()["result"]
        return advice

    def by_socket(message: str, rows: list[Row]) -> Advice:
        token = user.headers["Authorization"].removeprefix("Bearer ")
        url = str(user.base_url).replace("http://", "ws://").rstrip("/")
        with connect(f"{url}/ws?token={token}", proxy=None, compression=None, max_size=None) as socket:
            data = {"message": message, "workload_id": filled(user, rows)}
            socket.send(json.dumps({"type": "optimization_request", "data": data}))
            while True:
                frame = json.loads(socket.recv(timeout=PATIENCE_S))
                if frame["type"] == "agent_result":
                    assert frame["data"]["success"] is True
                    advice: Advice = frame["data"]["result"]
                    return advice

    doors: dict[str, Door] = {"command line": by_command, "REST": by_rest, "WebSocket": by_socket}
    return doors[request.param]


def filled(user: httpx.Client, rows: list[Row]) -> str:
    made = str(user.post("/api/workloads", json={"name": "asked"}).raise_for_status().json()["id"])
    user.post(f"/api/workloads/{made}/events", json={"events": rows}).raise_for_status()
    return made


def of_kind(advice: Advice, kind: str) -> list[dict[str, Any]]:
    return [found for found in advice["recommendations"] if found["kind"] == kind]


def target(advice: Advice, name: str) -> dict[str, Any]:
    return next(row for row in advice["metrics"]["targets"] if row["target"] == name)


def two_features() -> list[Row]:
    """Thirty searches, the first ten of one prompt and the last one slow, then thirty chats."""
    searches = [
        call(
            n,
            feature="search",
            latency_ms=600.0 if n == 29 else 400.0,
            prompt_hash="same" if n < 10 else f"s{n}",
        )
        for n in range(30)
    ]
    chats = [call(n, feature="chat", latency_ms=1_500.0, prompt_hash=f"c{n}") for n in range(30, 60)]
    return searches + chats


def test_cheaper_at_equal_quality_with_a_limit_per_feature(ask: Door) -> None:
    advice = ask(
        "Make it cheaper at equal quality; search within 500 ms and chat within 2 s.", two_features()
    )
    limits = {row["feature"]: row for row in advice["metrics"]["latency"]["by_feature"]}
    # p99 of 29 x 400 and 600 stands at place 0.99 x 29 = 28.71: 400 + 0.71 x 200
    assert limits["search"]["latency_ms_p99"] == pytest.approx(542.0)
    assert (limits["search"]["met"], limits["chat"]["met"]) == (False, True)
    # nine of the ten equal prompts need no model: no quality is touched
    first = advice["recommendations"][0]
    assert first["kind"] == "exact_duplicates"
    assert first["savings"]["usd_in_window"] == pytest.approx(9 * CALL_USD)
    assert first["savings"]["usd_per_month"] is None  # an hour tells no month


def test_three_times_faster_at_no_more_money(ask: Door) -> None:
    advice = ask("3x faster at no more money", two_features())
    assert target(advice, "saving_share")["reached"] == pytest.approx(9 / 60)
    assert target(advice, "saving_share")["met"] is True
    # nothing in this log answers faster than the 1,500 ms of a chat
    assert (target(advice, "speedup")["reached"], target(advice, "speedup")["met"]) == (1.0, False)


def test_half_as_much_usage_again(ask: Door) -> None:
    advice = ask(
        "50 % more usage next month: what happens to cost and rate limits?", [call(n) for n in range(60)]
    )
    grown_usd = advice["metrics"]["growth"]["bill_usd_in_window"]
    assert grown_usd == pytest.approx(60 * CALL_USD * 1.5)
    # the busiest minute has one call of 1,100 tokens; with half as much again 1,650
    (limits,) = of_kind(advice, "rate_limits")
    assert limits["inputs"]["limits_needed"]["tokens_per_minute"] == 1_650
    assert "1 request and 1,100 tokens" in limits["impact"]


def test_one_named_function(ask: Door) -> None:
    rows = [
        call(n, template="rank" if n % 3 == 0 else "write", prompt_hash="one" if n < 30 else f"p{n}")
        for n in range(60)
    ]
    advice = ask("Optimize the rank function", rows)
    assert advice["metrics"]["requests"] == 20
    assert advice["metrics"]["bill_usd"] == pytest.approx(20 * CALL_USD)
    # of its ten calls in the first half nine repeat the first one's prompt
    assert advice["recommendations"][0]["savings"]["usd_in_window"] == pytest.approx(9 * CALL_USD)


def test_would_these_models_suit(ask: Door) -> None:
    advice = ask("Would gpt-4o-mini or gpt-5 suit my traffic?", [call(n) for n in range(60)])
    found = {one["inputs"]["model"]: one for one in of_kind(advice, "right_sizing")}
    assert set(found) == {"gpt-4o-mini", "gpt-5"}
    for model, usd in (("gpt-4o-mini", MINI_USD), ("gpt-5", FIVE_USD)):
        assert found[model]["savings"]["usd_in_window"] == pytest.approx(60 * (CALL_USD - usd))
        assert found[model]["inputs"]["break_even_accept_rate"] == pytest.approx(usd / CALL_USD)
    assert found["gpt-4o-mini"]["cost_change"] == "-94%"


def test_audit_of_caching(ask: Door) -> None:
    rows = [
        call(n, input_tokens=2_000, prefix_hashes=[1, 2, 3, 100 + n], prefix_block_tokens=500)
        for n in range(60)
    ]
    advice = ask("Audit all uses of KV caching", rows)
    # every call but the first finds three blocks of 500 tokens, a minute old; the fourth is its own
    shares = {row["ttl_s"]: row["token_share"] for row in advice["metrics"]["prefix_reuse"]}
    assert shares[300] == pytest.approx(59 * 1_500 / 120_000)
    # 1,500 tokens are eleven whole steps of 128, at $2.50 - $1.25 a million
    (found,) = of_kind(advice, "prompt_caching")
    assert found["savings"]["usd_in_window"] == pytest.approx(59 * 1_408 * 1.25e-6)


def test_cheaper_and_faster_at_more_usage(ask: Door) -> None:
    advice = ask("20 % cheaper and 2x faster at 30 % more usage", two_features())
    assert target(advice, "saving_share")["reached"] == pytest.approx(0.15)
    assert (target(advice, "saving_share")["met"], target(advice, "speedup")["met"]) == (False, False)
    planned_usd = advice["metrics"]["growth"]["planned_usd_in_window"]
    assert planned_usd == pytest.approx(60 * CALL_USD * 0.85 * 1.3)


def test_tools_for_a_newer_model(ask: Door) -> None:
    rows = [call(n, tool="web_search" if n % 4 else "code_runner") for n in range(60)]
    advice = ask("Which tools should move to gpt-5, and at what verbosity?", rows)
    found = {one["inputs"]["match"]: one for one in of_kind(advice, "right_sizing")}
    assert found["web_search"]["savings"]["usd_in_window"] == pytest.approx(45 * (CALL_USD - FIVE_USD))
    assert found["code_runner"]["savings"]["usd_in_window"] == pytest.approx(15 * (CALL_USD - FIVE_USD))
    # $0.00125 for the input leaves $0.00225 for the answer: 225 tokens at $10 a million
    assert found["web_search"]["inputs"]["break_even_output_tokens"] == pytest.approx(225)


def test_was_the_upgrade_worth_it(ask: Door) -> None:
    # 80 calls at gpt-4o-mini, then 80 of the same at gpt-4o, from Tuesday 02:40 on
    rows = [
        call(n, every_s=1_200, model="gpt-4o-mini" if n < 80 else "gpt-4o", template="rank")
        for n in range(160)
    ]
    advice = ask("Was the upgrade to gpt-4o on 2026-11-17 worth it? What should be rolled back?", rows)
    assert advice["metrics"]["goals"]["change_at"] == "2026-11-17T02:40:00Z"
    reviews = {one["action"]: one for one in of_kind(advice, "upgrade_review")}
    rolled = reviews.pop("Roll back rank")
    assert rolled["savings"]["usd_in_window"] == pytest.approx(80 * (CALL_USD - MINI_USD))
    (review,) = reviews.values()
    assert "not worth it" in review["action"]
    assert advice["metrics"]["change"]["ruling"] == "not_worth_it"
    assert review["inputs"]["saved_usd"] == pytest.approx(-80 * (CALL_USD - MINI_USD))
