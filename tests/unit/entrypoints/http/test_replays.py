"""Idempotency keys: the first answer again, and nothing kept of what failed."""

from typing import Any

import pytest

from netra.adapters.local.clock import SystemClock
from netra.adapters.memory.workloads import MemoryWorkloadStore

from .conftest import House, opened

KEY = {"Idempotency-Key": "key-1"}


class FailsOnce(MemoryWorkloadStore):
    """A store whose first write has a fault."""

    is_broken = True

    async def add(self, workload: Any, *, max_per_user: int) -> None:
        if self.is_broken:
            self.is_broken = False
            raise KeyError("no such column")
        await super().add(workload, max_per_user=max_per_user)


async def test_the_first_answer_comes_again_to_the_letter(house: House) -> None:
    first = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    again = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await house.client.get("/api/workloads")).json()["pagination"]["total"] == 1


async def test_a_key_belongs_to_one_path(house: House) -> None:
    await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    run_id = await house.run_id()
    answer = await house.client.post(f"/api/agent/runs/{run_id}/cancel", headers=KEY)
    assert answer.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_request_that_broke_may_be_tried_again_under_its_key() -> None:
    async with opened(workloads=FailsOnce(clock=SystemClock())) as house:
        first = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
        again = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
        assert (first.status_code, again.status_code) == (500, 200)
        assert "Idempotency-Replayed" not in again.headers


async def test_a_body_over_the_limit_is_refused_before_it_is_kept(house: House) -> None:
    parts = [b" " * 65_536] * 17

    async def body() -> Any:
        for part in parts:
            yield part

    headers = {**KEY, "Content-Type": "application/json"}
    answer = await house.client.post("/api/workloads", content=body(), headers=headers)
    assert answer.status_code == 413
    retry = await house.client.post("/api/workloads", json={"name": "A"}, headers=KEY)
    assert retry.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", b" " * 1_048_577, 413),
        ("", b"{", 400),
        ("", b"", 400),
        ("", b'{"name": "A"}', 422),
        ("/wl-1/events", b"\n", 400),
        ("/wl-1/events", b"{}", 422),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_before_its_key(
    house: House, path: str, body: bytes, status: int
) -> None:
    kind = "application/x-ndjson" if path else "application/json"
    headers = {"Idempotency-Key": "k" * 256, "Content-Type": kind}
    answer = await house.client.post(f"/api/workloads{path}", content=body, headers=headers)
    assert answer.status_code == status


async def test_a_key_that_cannot_be_is_refused_where_no_body_is_read(house: House) -> None:
    answer = await house.client.post("/api/agent/runs/run-1/cancel", headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 422


async def test_execute_keeps_its_key_with_the_run(house: House) -> None:
    body = {"message": "Optimize"}
    first = await house.client.post("/api/agent/execute", json=body, headers=KEY)
    again = await house.client.post("/api/agent/execute", json=body, headers=KEY)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
