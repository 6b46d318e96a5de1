"""What an API key without the scope `read` learns of its owner's runs: how they stand, and no result."""

from typing import Any

import httpx
import msgspec
import pytest
from tests.unit.entrypoints.http.conftest import House

from netra.domain.errors import NetraError
from netra.domain.ids import RunId
from netra.domain.runs.events import completed, failed
from netra.domain.runs.lifecycle import Ending, RunMove

SECRET = "12.34 USD"
RESULT = msgspec.Raw(b'{"report":"12.34 USD"}')


async def bearer_of(house: House, *scopes: str) -> dict[str, str]:
    """Return the header of a new key of the signed-in user."""
    body = {"name": "k", "scopes": list(scopes)}
    made = (await house.client.post("/api/keys", json=body)).raise_for_status().json()
    return {"Authorization": f"Bearer {made['secret']}"}


async def ended_run(house: House, *, is_failed: bool = False) -> str:
    """Return the id of a run that has ended with something to read."""
    run_id = await house.run_id()
    runs = house.services.ports().runs
    while True:
        claim = await runs.claim(lease_s=10)
        assert claim is not None
        if is_failed:
            error = NetraError(SECRET)
            ending = Ending(move=RunMove.FAIL, code=error.code, message=error.message)
            await runs.finish(claim, ending, failed(claim.run, error), answer=None)
        else:
            ending = Ending(move=RunMove.COMPLETE, result=RESULT)
            await runs.finish(claim, ending, [completed(claim.run, RESULT)], answer=None)
        if claim.run.id == run_id:
            return run_id


async def cancelled(house: House, run_id: str, headers: dict[str, str]) -> httpx.Response:
    return await house.client.post(f"/api/agent/runs/{run_id}/cancel", headers=headers)


@pytest.mark.parametrize("is_failed", [False, True])
async def test_cancelling_an_ended_run_shows_its_outcome_to_keys_that_may_read_alone(
    house: House, is_failed: bool
) -> None:
    run_id = await ended_run(house, is_failed=is_failed)
    shown = await cancelled(house, run_id, await bearer_of(house, "execute", "read"))
    assert SECRET in shown.text
    hidden = await cancelled(house, run_id, await bearer_of(house, "execute"))
    answer = hidden.raise_for_status().json()
    assert SECRET not in hidden.text
    assert (answer["result"], answer["error"]) == (None, None)
    assert answer["status"] == ("failed" if is_failed else "completed")
    assert answer.keys() == shown.json().keys()


async def test_an_answer_kept_for_one_who_may_read_is_not_replayed_to_a_key_that_may_not(
    house: House,
) -> None:
    run_id = await ended_run(house)
    once = {"Idempotency-Key": "k"}
    first = await house.client.post(f"/api/agent/runs/{run_id}/cancel", headers=once)
    assert SECRET in first.text
    key = {**await bearer_of(house, "execute"), **once}
    other = await cancelled(house, run_id, key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert SECRET not in other.text


async def test_a_key_that_may_not_read_gets_its_own_answers_again(house: House) -> None:
    run_id = await ended_run(house)
    key = {**await bearer_of(house, "execute"), "Idempotency-Key": "k"}
    first, second = [await cancelled(house, run_id, key) for _ in range(2)]
    assert first.text == second.text
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_a_repeated_execute_tells_a_key_no_more_than_the_first(house: House) -> None:
    key = {**await bearer_of(house, "execute"), "Idempotency-Key": "k"}
    body: dict[str, Any] = {"message": "Optimize"}
    first = await house.client.post("/api/agent/execute", json=body, headers=key)
    run_id = first.json()["run_id"]
    claim = await house.services.ports().runs.claim(lease_s=10)
    while claim is not None:
        ending = Ending(move=RunMove.COMPLETE, result=RESULT)
        await house.services.ports().runs.finish(claim, ending, [], answer=None)
        claim = await house.services.ports().runs.claim(lease_s=10)
    again = await house.client.post("/api/agent/execute", json=body, headers=key)
    assert (again.json(), again.json()["run_id"]) == (first.json(), run_id)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/agent/status/{run}"),
        ("GET", "/api/agent/stream/{run}"),
        ("GET", "/api/agent/history"),
        ("GET", "/api/threads"),
        ("GET", "/api/threads/{thread}"),
        ("GET", "/api/workloads"),
        ("GET", "/api/workloads/wl"),
        ("POST", "/api/workloads/wl/simulate"),
        ("POST", "/api/workloads/wl/explain"),
    ],
)
async def test_without_read_nothing_stored_is_shown(house: House, method: str, path: str) -> None:
    run_id = await ended_run(house)
    run = await house.services.run_service().get(RunId(run_id), owner_id=house.principal.user_id)
    key = await bearer_of(house, "execute", "ingest")
    asked = path.format(run=run_id, thread=run.thread_id)
    refused = await house.client.request(method, asked, json={} if method == "POST" else None, headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN"), refused.text


async def test_simulating_needs_execute_too(house: House) -> None:
    path = "/api/workloads/wl/simulate"
    reader, both = await bearer_of(house, "read"), await bearer_of(house, "read", "execute")
    assert (await house.client.post(path, json={}, headers=reader)).status_code == 403
    assert (await house.client.post(path, json={}, headers=both)).status_code == 404
