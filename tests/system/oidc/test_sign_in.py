"""The whole way in by a real OpenID provider, over real sockets: there, consent, and back."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.waiting import PATIENCE_S

from .conftest import PAGE

pytestmark = pytest.mark.system


@pytest.fixture
def browser(netra: str) -> Iterator[httpx.Client]:
    """A browser that follows no redirect by itself."""
    with httpx.Client(base_url=netra, timeout=PATIENCE_S) as client:
        yield client


def go(browser: httpx.Client, *, who: str = "ada", **query: str) -> str:
    """Sign in at the provider as `who` and return the address that it sends the browser back to."""
    begun = browser.get("/api/auth/google/authorize", params=query).raise_for_status().json()
    address = f"{begun['authorization_url']}&login_hint={who}"
    with httpx.Client(timeout=PATIENCE_S) as at_provider:
        for _ in range(10):
            answer = at_provider.get(address)
            assert answer.is_redirect, answer.text
            address = str(answer.next_request.url) if answer.next_request else ""
            if urlsplit(address).path == "/api/auth/google/callback":
                return f"/api/auth/google/callback?{urlsplit(address).query}"
    raise AssertionError("the provider did not send the browser back")


def me(browser: httpx.Client, answer: dict[str, Any]) -> dict[str, Any]:
    """Return who the tokens speak for."""
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    profile: dict[str, Any] = browser.get("/api/auth/me", headers=headers).raise_for_status().json()
    return profile


def reason(answer: httpx.Response) -> str:
    """Return why a callback was refused, having checked the envelope."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
    told: str = answer.json()["error"]["details"].get("reason", "")
    return told


def test_a_person_comes_in_and_is_the_same_the_next_time(browser: httpx.Client) -> None:
    assert browser.get("/api/config").json()["features"]["oauth_enabled"] is True
    answer = browser.get(go(browser))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert (body["user"]["email"], body["user"]["name"]) == ("ada@example.com", "ada")
    assert me(browser, body)["id"] == body["user"]["id"]
    again = browser.get(go(browser)).json()
    assert again["user"]["id"] == body["user"]["id"]


def test_the_cookie_is_for_this_browser_alone(browser: httpx.Client) -> None:
    sent = browser.get("/api/auth/google/authorize").headers["set-cookie"]
    assert sent.startswith("netra-sign-in=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(sent.split("; "))


def test_the_address_shows_no_secret(browser: httpx.Client) -> None:
    url = browser.get("/api/auth/google/authorize").json()["authorization_url"]
    query = parse_qs(urlsplit(url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge", "client_id", "redirect_uri", "scope"} <= set(query)
    assert not {"code_verifier", "client_secret"} & set(query)


def test_an_answer_counts_once(browser: httpx.Client) -> None:
    back = go(browser)
    assert browser.get(back).status_code == 200
    assert reason(browser.get(back)) == "state_unknown"


def test_a_replayed_code_does_not_come_in_under_another_state(browser: httpx.Client) -> None:
    first = go(browser)
    assert browser.get(first).status_code == 200
    used = parse_qs(urlsplit(first).query)["code"][0]
    state = browser.get("/api/auth/google/authorize").json()["state"]
    answer = browser.get("/api/auth/google/callback", params={"code": used, "state": state})
    assert reason(answer) == "code_refused"


def test_an_answer_is_worth_nothing_in_another_browser(browser: httpx.Client, netra: str) -> None:
    back = go(browser)
    with httpx.Client(base_url=netra) as other:
        other.get("/api/auth/google/authorize")
        assert reason(other.get(back)) == "other_browser"


def test_a_swapped_code_fails_at_the_providers_pkce(browser: httpx.Client) -> None:
    mine, theirs = go(browser), go(browser)
    state = parse_qs(urlsplit(mine).query)["state"][0]
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    answer = browser.get("/api/auth/google/callback", params={"code": code, "state": state})
    assert reason(answer) == "code_refused"


def test_an_unverified_address_does_not_come_in(browser: httpx.Client) -> None:
    assert reason(browser.get(go(browser, who="unverified"))) == "email_not_verified"


def test_an_account_that_anybody_may_have_made_is_not_taken_over(browser: httpx.Client) -> None:
    squat = {"email": "victim@example.com", "name": "Squatter", "password": "waiting for her"}
    browser.post("/api/auth/register", json=squat)
    assert reason(browser.get(go(browser, who="victim"))) == "account_not_verified"


@pytest.mark.parametrize("query", ["?error=access_denied&state=s", "?code=c&state=made-up"])
def test_an_answer_nobody_asked_for_is_400(browser: httpx.Client, query: str) -> None:
    assert reason(browser.get(f"/api/auth/google/callback{query}")) == "state_unknown"


def test_a_page_is_sent_a_code_and_exchanges_it_once(browser: httpx.Client) -> None:
    answer = browser.get(go(browser, redirect_uri=PAGE))
    assert answer.status_code == 303
    there = urlsplit(answer.headers["Location"])
    assert there._replace(fragment="").geturl() == PAGE
    code = parse_qs(there.fragment)["code"][0]
    assert "access_token" not in answer.text + answer.headers["Location"]
    exchanged = browser.post("/api/auth/exchange", json={"code": code})
    assert exchanged.status_code == 200
    assert me(browser, exchanged.json())["email"] == "ada@example.com"
    assert browser.post("/api/auth/exchange", json={"code": code}).status_code == 401


@pytest.mark.parametrize("page", ["http://evil.example.com/", PAGE + "/x", PAGE + "?a=b", "javascript:1"])
def test_a_page_that_is_not_on_the_list_is_422(browser: httpx.Client, page: str) -> None:
    answer = browser.get("/api/auth/google/authorize", params={"redirect_uri": page})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["path"] == "redirect_uri"


@pytest.mark.parametrize("prefix", ["/v2/api/auth", "/v2/auth"])
def test_every_spelling_of_the_version_works(browser: httpx.Client, prefix: str) -> None:
    assert browser.get(f"{prefix}/google/authorize").status_code == 200
    assert browser.get(go(browser).replace("/api/auth", prefix, 1)).status_code == 200


def test_a_page_whose_answer_was_lost_exchanges_its_code_again(browser: httpx.Client) -> None:
    there = urlsplit(browser.get(go(browser, redirect_uri=PAGE)).headers["Location"])
    code, key = {"code": parse_qs(there.fragment)["code"][0]}, {"Idempotency-Key": "exchange"}
    first = browser.post("/api/auth/exchange", json=code, headers=key).raise_for_status()
    again = browser.post("/api/auth/exchange", json=code, headers=key).raise_for_status()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
    assert me(browser, again.json())["email"] == "ada@example.com"
    assert browser.post("/api/auth/exchange", json=code).status_code == 401
