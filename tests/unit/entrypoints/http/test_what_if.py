"""Several changes tried in one request, which stops when its client leaves."""

import asyncio
import json
from typing import Any

import pytest

from netra.domain.errors import InvalidRequest
from netra.entrypoints.http.attendance import while_connected

from .conftest import House

EVENTS = [
    {
        "timestamp": f"2026-11-02T10:00:{second:02}Z",
        "model": "gpt-4o",
        "input_tokens": 1_000,
        "output_tokens": 100,
    }
    for second in range(10)
]


async def grid_at(house: House) -> str:
    made = (await house.client.post("/api/workloads", json={"name": "shop"})).json()
    path = f"/api/workloads/{made['id']}"
    (await house.client.post(f"{path}/events", json={"events": EVENTS})).raise_for_status()
    return f"{path}/simulations"


async def test_each_proposal_has_its_own_outcome(house: House) -> None:
    path = await grid_at(house)
    given = [{"model": "gpt-4o-mini"}, {"max_output_tokens": 50.0}, {"model": "no-such-model"}]
    body = (await house.client.post(path, json={"proposals": given})).raise_for_status().json()
    small, capped, unknown = body["results"]
    alone = await house.client.post(path.replace("simulations", "simulate"), json=given[0])
    assert small == {"simulated": alone.json(), "error": None}
    assert capped["simulated"]["truncated_share"] == 1.0
    assert unknown["simulated"] is None
    assert unknown["error"]["code"] == "VALIDATION_ERROR"
    assert unknown["error"]["details"]["errors"][0]["path"] == "model"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"proposals": []},
        {"proposals": [{}] * 25},
        {"proposals": [7]},
        {"proposals": "all"},
        {"proposals": [{"modle": "x"}]},
    ],
    ids=lambda body: json.dumps(body)[:30],
)
async def test_what_is_no_list_of_proposals_is_refused(house: House, body: Any) -> None:
    assert (await house.client.post(await grid_at(house), json=body)).status_code == 422


class Leaving:
    """A request whose client leaves."""

    async def receive(self) -> dict[str, str]:
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}


async def test_work_is_stopped_when_its_client_leaves() -> None:
    stopped = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    with pytest.raises(InvalidRequest, match="left"):
        await while_connected(Leaving(), work())  # type: ignore[arg-type]
    assert stopped.is_set()


async def test_limits_of_simulations_and_batches_are_their_own(house: House) -> None:
    path = await grid_at(house)
    tried = await house.client.post(path, json={"proposals": [{}]})
    assert tried.headers["X-RateLimit-Limit"] == "60"
    sent = await house.client.post(path.replace("simulations", "events"), json={"events": EVENTS})
    assert sent.headers["X-RateLimit-Limit"] == "600"
    limits = (await house.client.get("/api/config")).json()["limits"]["rate_limits"]
    assert (limits["simulate"], limits["ingest"]) == (60, 600)
