"""A run's report as a file."""

from collections.abc import AsyncGenerator

import msgspec
import pytest

from .conftest import SETTINGS, House, opened

EVENT = {"timestamp": "2026-11-02T10:00:00Z", "model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100}


@pytest.fixture(scope="module")
async def answered(usual: House) -> AsyncGenerator[tuple[House, str, str]]:
    """An application whose worker has answered a question, and the run.

    The usual application, which stays open longer, is opened before.
    """
    del usual
    async with opened(msgspec.structs.replace(SETTINGS, slots=1)) as house:
        made = (await house.client.post("/api/workloads", json={"name": "my <shop>"})).json()
        events = [{**EVENT, "timestamp": f"2026-11-02T10:{minute:02}:00Z"} for minute in range(50)]
        await house.client.post(f"/api/workloads/{made['id']}/events", json={"events": events})
        asked = {"message": "Make it cheaper", "workload_id": made["id"]}
        run = (await house.client.post("/api/agent/execute", json=asked)).raise_for_status().json()
        await house.client.get(f"/api/agent/stream/{run['run_id']}")
        yield house, run["run_id"], made["id"]


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("html", "text/html", "<!doctype html>"),
        ("md", "text/markdown", "# "),
        ("csv", "text/csv", "id,shelf,"),
    ],
)
async def test_the_report_of_a_completed_run(
    answered: tuple[House, str, str], form: str, kind: str, begins: str
) -> None:
    house, run_id, _ = answered
    answer = await house.client.get(f"/api/agent/runs/{run_id}/report", params={"format": form})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="netra-{run_id}.{form}"'
    assert answer.text.startswith(begins)
    assert "<shop>" not in answer.text.replace("\\<shop\\>", "")


async def test_a_run_without_a_result_has_no_report(house: House) -> None:
    refused = await house.client.get(f"/api/agent/runs/{await house.run_id()}/report")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")


async def test_a_run_that_is_not_ones_own_does_not_exist(house: House) -> None:
    assert (await house.client.get("/api/agent/runs/run-nope/report")).status_code == 404
    assert (await house.client.get("/api/agent/runs/run-nope/report?format=pdf")).status_code == 422


async def test_the_report_outlives_its_workload(answered: tuple[House, str, str]) -> None:
    house, run_id, workload_id = answered
    (await house.client.delete(f"/api/workloads/{workload_id}")).raise_for_status()
    answer = await house.client.get(f"/api/agent/runs/{run_id}/report", params={"format": "md"})
    assert workload_id in answer.text
    without = (await house.client.post("/api/agent/execute", json={"message": "Hello"})).json()["run_id"]
    await house.client.get(f"/api/agent/stream/{without}")
    empty = await house.client.get(f"/api/agent/runs/{without}/report", params={"format": "csv"})
    assert empty.text.splitlines()[1:] == []
