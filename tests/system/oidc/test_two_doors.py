"""A sign-in by an identity provider that begins at one door, comes back at another and goes on at either."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.servers.doors import PAGE, Doors

pytestmark = pytest.mark.system

CALLBACK = "/api/auth/google/callback"
EXCHANGE = "/api/auth/exchange"


def begun(doors: Doors, browser: httpx.Client, **query: str) -> dict[str, str]:
    """Begin at the first door, visit the provider, and return what the browser comes back with."""
    path = f"{doors.first}/api/auth/google/authorize"
    sent = browser.get(path, params=query).raise_for_status().json()
    return {"state": sent["state"], "code": doors.issuer.visit(sent["authorization_url"])}


async def raced(doors: Doors, method: str, path: str, **request: object) -> list[httpx.Response]:
    """Send the same request to both doors at once, four times each."""
    async with httpx.AsyncClient() as anyone:
        asked = [
            anyone.request(method, f"{door}{path}", **request) for door in (doors.first, doors.second) * 4
        ]
        return await asyncio.gather(*asked)


def test_a_sign_in_begun_at_one_door_ends_at_the_other(doors: Doors) -> None:
    with httpx.Client() as browser:
        back = begun(doors, browser)
        answer = browser.get(f"{doors.second}{CALLBACK}", params=back)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        for door in (doors.first, doors.second):
            assert browser.get(f"{door}/api/auth/me", headers=headers).json()["email"] == "ada@example.com"


def test_a_state_counts_once_at_whichever_door(doors: Doors) -> None:
    with httpx.Client() as browser:
        back = begun(doors, browser)
        cookies = dict(browser.cookies)
    answers = asyncio.run(raced(doors, "GET", CALLBACK, params=back, headers=cookie(cookies)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    refused = {answer.json()["error"]["details"]["reason"] for answer in answers if answer.is_error}
    assert refused == {"state_unknown"}


def test_a_code_for_a_page_counts_once_at_whichever_door(doors: Doors) -> None:
    with httpx.Client() as browser:
        back = begun(doors, browser, redirect_uri=PAGE)
        sent_on = browser.get(f"{doors.second}{CALLBACK}", params=back)
    assert sent_on.status_code == 303
    code = parse_qs(urlsplit(sent_on.headers["Location"]).fragment)["code"][0]
    answers = asyncio.run(raced(doors, "POST", EXCHANGE, json={"code": code}))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


def cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
