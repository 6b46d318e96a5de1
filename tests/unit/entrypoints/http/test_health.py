"""The one route that is answered in front of the router, and what of it is not."""

import httpx
import msgspec

from .conftest import SETTINGS, House, opened

PAGE = "https://app.example.com"


def told(answer: httpx.Response) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return status, headers and body, without what differs from second to second."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.json()
    body.pop("timestamp")
    return answer.status_code, headers, body


async def test_health_is_one_answer_whoever_gives_it(house: House) -> None:
    quick = await house.client.get("/health")
    routed = await house.client.get("/health", headers={"Origin": PAGE})
    assert told(quick) == told(routed)
    assert told(quick)[0] == 200
    assert quick.headers["X-Request-ID"].startswith("req-")


async def test_a_page_that_may_read_answers_may_read_that_of_health() -> None:
    async with opened(msgspec.structs.replace(SETTINGS, cors_origins=(PAGE,))) as house:
        answer = await house.client.get("/health", headers={"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


async def test_what_else_is_asked_of_health_is_the_routers_to_answer(house: House) -> None:
    assert (await house.client.post("/health")).status_code == 405
    head = await house.client.head("/health")
    assert (head.status_code, head.content) == (200, b"")
