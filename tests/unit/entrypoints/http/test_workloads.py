"""How the body of a batch of events is read."""

import json

import pytest

from .conftest import House

EVENT = {"timestamp": "2024-01-01T00:00:00Z", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5}


@pytest.mark.parametrize(
    "kind", ["application/x-ndjson", "Application/X-NDJSON", " application/x-ndjson ;charset=utf-8"]
)
async def test_lines_are_read_as_lines_however_their_kind_is_spelt(house: House, kind: str) -> None:
    made = (await house.client.post("/api/workloads", json={"name": "A"})).json()
    lines = f"{json.dumps(EVENT)}\n{json.dumps(EVENT)}"
    path = f"/api/workloads/{made['id']}/events"
    taken = await house.client.post(path, content=lines, headers={"Content-Type": kind})
    assert (taken.status_code, taken.json().get("accepted")) == (200, 2)
