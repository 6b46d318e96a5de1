"""What-if over HTTP: the same numbers as by hand, for the owner alone."""

from typing import Any

import httpx
import pytest


def rows() -> list[dict[str, Any]]:
    """Sixty calls a minute apart, 1,000 tokens in and 100 out at gpt-4o: $2.50 and $10 a million."""
    return [
        {
            "timestamp": f"2026-11-16T00:{minute:02}:00Z",
            "model": "gpt-4o",
            "provider": "openai",
            "input_tokens": 1_000,
            "output_tokens": 100,
        }
        for minute in range(60)
    ]


@pytest.fixture
def workload_id(user: httpx.Client) -> str:
    """A workload that holds the sixty calls."""
    made = str(user.post("/api/workloads", json={"name": "what if"}).raise_for_status().json()["id"])
    user.post(f"/api/workloads/{made}/events", json={"events": rows()}).raise_for_status()
    return made


def test_a_proposal_is_priced_step_by_step_on_the_workloads_own_calls(
    user: httpx.Client, workload_id: str
) -> None:
    proposal = {"model": "gpt-4o-mini", "max_output_tokens": 50}
    answer = user.post(f"/api/workloads/{workload_id}/simulate", json=proposal).raise_for_status().json()
    assert answer["calls"] == 60
    assert answer["now_usd_in_window"] == pytest.approx(60 * (1_000 * 2.5e-6 + 100 * 10e-6))
    capped, moved = answer["steps"]
    assert (capped["kind"], moved["kind"]) == ("output_length", "right_sizing")
    assert capped["saved_usd_in_window"] == pytest.approx(60 * 50 * 10e-6)
    assert answer["then_usd_in_window"] == pytest.approx(60 * (1_000 * 0.15e-6 + 50 * 0.6e-6))
    assert answer["truncated_share"] == 1.0
    assert answer["latency_then"] is None  # another model, and nothing in the log tells its latency


def test_nothing_proposed_changes_nothing(user: httpx.Client, workload_id: str) -> None:
    answer = user.post(f"/api/workloads/{workload_id}/simulate", json={}).raise_for_status().json()
    assert (answer["cost_change"], answer["steps"]) == ("0%", [])


def test_own_gpus_are_replayed(user: httpx.Client, workload_id: str) -> None:
    body = {"gpu": "H100", "hosted_model": "Llama-3.1-8B", "replicas": 1}
    answer = user.post(f"/api/workloads/{workload_id}/simulate", json=body).raise_for_status().json()
    assert answer["fleet"]["replicas"] == 1
    assert answer["then_usd_in_window"] == pytest.approx(answer["fleet"]["usd_per_hour"] * 3_540 / 3_600)


def test_the_rent_of_what_serves_the_calls_today_is_the_bill_now(user: httpx.Client) -> None:
    made = user.post("/api/workloads", json={"name": "own"}).raise_for_status().json()["id"]
    events = [row | {"model": "Llama-3.1-8B", "provider": "own"} for row in rows()]
    user.post(f"/api/workloads/{made}/events", json={"events": events}).raise_for_status()
    body = {"served_on": "2x H100", "served_replicas": 2, "gpus_per_replica": 1, "replicas": 1}
    answer = user.post(f"/api/workloads/{made}/simulate", json=body).raise_for_status().json()
    assert answer["fleet_now"]["usd_per_hour"] == pytest.approx(4 * answer["fleet"]["usd_per_hour"])
    assert answer["now_usd_in_window"] == pytest.approx(answer["fleet_now"]["usd_per_hour"] * 3_540 / 3_600)
    assert answer["cost_change"] == "-75%"


@pytest.mark.parametrize(
    ("body", "path"),
    [({"model": "no-such-model"}, "model"), ({"gpu": "no-such-gpu"}, "gpu"), ({"cache": True}, "cache")],
)
def test_what_cannot_be_tried_is_named(
    user: httpx.Client, workload_id: str, body: dict[str, Any], path: str
) -> None:
    refused = user.post(f"/api/workloads/{workload_id}/simulate", json=body)
    assert refused.status_code == 422
    assert [fault["path"] for fault in refused.json()["error"]["details"]["errors"]] == [path]


def test_a_share_out_of_range_breaks_the_schema(user: httpx.Client, workload_id: str) -> None:
    assert user.post(f"/api/workloads/{workload_id}/simulate", json={"batch_share": 2}).status_code == 422


def test_an_empty_workload_costs_nothing_either_way(user: httpx.Client) -> None:
    made = user.post("/api/workloads", json={"name": "empty"}).raise_for_status().json()["id"]
    answer = user.post(f"/api/workloads/{made}/simulate", json={"batch_share": 0.5}).raise_for_status().json()
    assert (answer["calls"], answer["now_usd_in_window"], answer["then_usd_in_window"]) == (0, 0.0, 0.0)


def test_somebody_elses_workload_is_not_found(stranger: httpx.Client, workload_id: str) -> None:
    assert stranger.post(f"/api/workloads/{workload_id}/simulate", json={}).status_code == 404


def test_the_route_is_documented_with_its_body_and_answer(anyone: httpx.Client) -> None:
    described = anyone.get("/openapi.json").json()["paths"]["/api/workloads/{workload_id}/simulate"]["post"]
    assert described["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Proposal")
    answer = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["$ref"].endswith("/Simulated")
