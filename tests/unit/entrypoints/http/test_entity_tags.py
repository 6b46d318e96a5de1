"""Runs, threads and workloads that a client has already: 304 until they change."""

import pytest

from .conftest import House
from .test_scopes import ended_run

EVENT = {"timestamp": "2026-11-20T14:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1}


async def unchanged(house: House, path: str) -> str:
    """Return the entity tag of the answer at `path`, after checking that it brings a 304."""
    first = (await house.client.get(path)).raise_for_status()
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    again = await house.client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Vary"] == first.headers["Vary"] == "Accept-Encoding"
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"
    return str(tag)


async def test_the_state_of_a_run(house: House) -> None:
    run_id = await house.run_id()
    path = f"/api/agent/status/{run_id}"
    tag = await unchanged(house, path)
    await house.client.post(f"/api/agent/runs/{run_id}/cancel")
    changed = await house.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["status"]) == (200, "cancelled")
    assert changed.headers["ETag"] != tag


async def test_a_completed_run_with_its_result(house: House) -> None:
    path = f"/api/agent/status/{await ended_run(house)}"
    assert (await house.client.get(path)).json()["result"] == {"report": "12.34 USD"}
    await unchanged(house, path)


async def test_a_thread(house: House) -> None:
    run_id = await house.run_id()
    thread_id = (await house.client.get(f"/api/agent/status/{run_id}")).json()["thread_id"]
    path = f"/api/threads/{thread_id}"
    tag = await unchanged(house, path)
    await house.client.patch(path, json={"title": "Another title"})
    changed = await house.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["title"]) == (200, "Another title")


async def test_a_workload(house: House) -> None:
    made = (await house.client.post("/api/workloads", json={"name": "A"})).json()
    path = f"/api/workloads/{made['id']}"
    tag = await unchanged(house, path)
    await house.client.post(f"{path}/events", json={"events": [EVENT]})
    changed = await house.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["event_count"]) == (200, 1)


@pytest.mark.parametrize("path", ["/api/agent/status/run-nope", "/api/threads/no", "/api/workloads/no"])
async def test_any_entity_tag_does_not_reveal_what_is_not_ones_own(house: House, path: str) -> None:
    answer = await house.client.get(path, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
