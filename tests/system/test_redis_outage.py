"""The service while Redis is away: it says so, answers all the same, and comes back by itself."""

import httpx
import pytest
from tests.api.conftest import PASSWORD, serving, settings_for
from tests.waiting import PATIENCE_S, until

from netra.settings import Secret

pytestmark = [pytest.mark.system, pytest.mark.long(10)]

ACCOUNT = {"email": "ada@example.com", "password": PASSWORD}


async def redis_as_told(client: httpx.AsyncClient) -> tuple[str, str]:
    """Return how Redis is and how all is, by the health report."""
    report = (await client.get("/health/dependencies")).raise_for_status().json()
    return report["dependencies"]["redis"]["status"], report["overall_status"]


async def until_told(client: httpx.AsyncClient, expected: tuple[str, str]) -> None:
    async def is_told() -> bool:
        return await redis_as_told(client) == expected

    await until(is_told, f"the report {expected}")


async def answered(client: httpx.AsyncClient, method: str, path: str, body: object = None) -> httpx.Response:
    """Return the answer, though Redis may be away; `bench/faults.py` measures how soon it comes."""
    return (await client.request(method, path, json=body)).raise_for_status()


async def works(client: httpx.AsyncClient) -> None:
    first = (await client.post("/api/auth/login", json=ACCOUNT)).raise_for_status().json()
    tokens = {"refresh_token": first["refresh_token"]}
    signed_in = await answered(client, "POST", "/api/auth/refresh", tokens)
    client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
    asked = await answered(client, "POST", "/api/agent/execute", {"message": "Make it cheaper"})
    assert int(asked.headers["X-RateLimit-Remaining"]) >= 0
    await answered(client, "GET", f"/api/agent/status/{asked.json()['run_id']}")
    assert (await answered(client, "GET", "/health/ready")).json()["ready"]


async def test_without_redis_everything_is_answered_and_the_report_says_degraded(own_redis, tmp_path):
    settings = settings_for(tmp_path, slots=0, redis_url=Secret(own_redis.url))
    with serving(settings) as base:
        async with httpx.AsyncClient(base_url=base, timeout=PATIENCE_S) as client:
            (await client.post("/api/auth/register", json={**ACCOUNT, "name": "Ada"})).raise_for_status()
            await works(client)
            assert await redis_as_told(client) == ("healthy", "healthy")
            own_redis.kill()
            await works(client)
            await until_told(client, ("unhealthy", "degraded"))
            checks = (await client.get("/health/ready")).raise_for_status().json()["checks"]
            assert (checks["redis"], checks["database"]) == ("disconnected", "connected")
            own_redis.start()
            await until_told(client, ("healthy", "healthy"))
            await works(client)
