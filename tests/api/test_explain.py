"""Explaining a changed bill over HTTP: exact effects, for the owner alone."""

from typing import Any

import httpx
import pytest


@pytest.fixture
def workload_id(user: httpx.Client) -> str:
    """A workload of an hour with 100 tokens out and one with 200, at gpt-4o: $10 a million."""
    made = str(user.post("/api/workloads", json={"name": "why"}).raise_for_status().json()["id"])
    rows = [
        {
            "timestamp": f"2026-11-16T{hour:02}:{minute:02}:00Z",
            "model": "gpt-4o",
            "provider": "openai",
            "input_tokens": 1_000,
            "output_tokens": 100 * (hour + 1),
        }
        for hour in range(2)
        for minute in range(60)
    ]
    user.post(f"/api/workloads/{made}/events", json={"events": rows}).raise_for_status()
    return made


def test_the_effects_sum_to_the_difference(user: httpx.Client, workload_id: str) -> None:
    body = {"before": "2026-11-16T01:00:00Z"}
    found = user.post(f"/api/workloads/{workload_id}/explain", json=body).raise_for_status().json()
    assert found["before_usd"] == pytest.approx(60 * (1_000 * 2.5e-6 + 100 * 10e-6))
    effects = {one["name"]: one["usd"] for one in found["effects"]}
    assert effects["output_length"] == pytest.approx(60 * 100 * 10e-6)
    assert sum(effects.values()) == pytest.approx(found["after_usd"] - found["before_usd"])


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "before"),
        ({"before": "soon"}, "before"),
        ({"before": "2026-11-16T01:00:00Z", "after": "2026-11-16"}, "before"),
        ({"before": "2026-11-16T01:00:00Z", "after": "2026-11-17"}, "after"),
        ({"before": "2026-11-16", "unheard": 1}, "unheard"),
        ({"before": 5}, "before"),
    ],
)
def test_what_cannot_be_compared_is_named(
    user: httpx.Client, workload_id: str, body: dict[str, Any], path: str
) -> None:
    refused = user.post(f"/api/workloads/{workload_id}/explain", json=body)
    assert refused.status_code == 422
    assert [fault["path"] for fault in refused.json()["error"]["details"]["errors"]] == [path]


def test_a_workload_of_another_user_is_not_found(stranger: httpx.Client, workload_id: str) -> None:
    body = {"before": "2026-11-16T01:00:00Z"}
    assert stranger.post(f"/api/workloads/{workload_id}/explain", json=body).status_code == 404


def test_the_route_is_documented_with_its_body_and_answer(anyone: httpx.Client) -> None:
    described = anyone.get("/openapi.json").json()["paths"]["/api/workloads/{workload_id}/explain"]["post"]
    assert described["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/PeriodTexts")
    answer = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["$ref"].endswith("/Explanation")
