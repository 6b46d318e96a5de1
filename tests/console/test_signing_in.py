"""How a reader comes in, stays in, and goes out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.console.conftest import PASSWORD, Account, Served, served
from tests.console.watched import Watched

from netra.settings import Settings


def test_a_browser_that_opens_the_service_sees_the_page_and_how_a_first_user_is_made(
    open_page: Callable[..., Watched],
) -> None:
    page = open_page()
    page.page.goto(page.service)
    expect(page.page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.page.get_by_text("No account yet?").click()
    expect(page.page.get_by_text("netra users add you@example.com")).to_be_visible()


def test_a_wrong_password_is_told_and_leaves_the_reader_where_they_were(
    open_page: Callable[..., Watched], ada: Account
) -> None:
    page = open_page()
    page.open("#/sign-in")
    page.page.get_by_label("E-mail").fill(ada.email)
    page.page.get_by_label("Password", exact=True).fill("wrong")
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    expect(page.page.get_by_label("E-mail")).to_be_focused()


def test_an_address_that_needs_a_sign_in_is_shown_after_it(
    open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page = open_page()
    page.open(f"#/w/{workload}/calls?sort=-usd&f.model=gpt-4o")
    page.page.get_by_label("E-mail").wait_for()
    page.sign_in(ada.email, ada.password)
    expect(page.page.get_by_label("Order")).to_have_value("-usd")
    expect(page.page.get_by_role("button", name="Remove the filter model: gpt-4o")).to_be_visible()


def test_after_a_reload_the_reader_is_still_signed_in_and_no_script_can_read_the_refresh_token(
    page: Watched,
) -> None:
    page.page.reload()
    expect(page.page.get_by_role("button", name="Sign out")).to_be_visible()
    kept = page.page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    assert "netra_refresh" not in kept
    assert "eyJ" not in kept, "a token is kept where scripts find it"


def test_a_second_tab_is_signed_in_too_and_signing_out_in_one_signs_out_both(page: Watched) -> None:
    other = page.page.context.new_page()
    other.goto(f"{page.service}/console/")
    expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    other.get_by_role("button", name="Sign out").click()
    expect(page.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_api_key_is_a_way_in_that_lasts_as_long_as_the_page(
    open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    wanted = {"name": "reader", "scopes": ["read"]}
    secret = ada.client.post("/api/keys", json=wanted).json()["secret"]
    page = open_page()
    page.open("#/sign-in")
    page.page.get_by_text("Use an API key").click()
    page.page.get_by_label("API key").fill(secret)
    page.page.keyboard.press("Enter")
    expect(page.page.get_by_role("link", name="support chat")).to_be_visible()
    page.page.reload()
    expect(page.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_strangers_workload_is_not_there(
    open_page: Callable[..., Watched], service: Served, workload: str
) -> None:
    eve = service.add_user("eve@example.com")
    page = open_page()
    page.open(f"#/w/{workload}/overview")
    page.sign_in(eve.email, eve.password)
    alert = page.page.get_by_role("alert")
    expect(alert).to_contain_text("NOT_FOUND")
    expect(alert.get_by_role("button", name="Try again")).to_be_visible()


def test_a_token_that_expires_while_something_is_typed_loses_nothing(
    open_page: Callable[..., Watched], ada: Account
) -> None:
    page = open_page()
    page.page.clock.install()
    page.open("#/settings/keys")
    page.sign_in(ada.email, ada.password)
    page.page.get_by_role("button", name="Make a key").click()
    page.page.get_by_label("Name").fill("typed before the token expired")
    page.api_requests()
    page.page.clock.fast_forward(59 * 60 * 1_000 + 30_000)
    page.page.get_by_role("button", name="Make the key").click()
    expect(page.page.get_by_role("heading", name="The key, shown this once")).to_be_visible()
    assert page.api_requests()[:2] == ["POST /api/auth/refresh", "POST /api/keys"]


@pytest.mark.long(15)
def test_too_many_attempts_are_counted_down(open_page: Callable[..., Watched], tmp_path: Path) -> None:
    with served(tmp_path, Settings(limit_authentication=2)) as strict:
        page = open_page(at=strict)
        page.page.clock.install()
        page.open("#/sign-in")
        for _ in range(3):
            page.page.get_by_label("E-mail").fill("ada@example.com")
            page.page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.page.get_by_role("button", name="Sign in", exact=True).first.click()
            expect(page.page.locator("form [role=alert]").first).not_to_be_empty()
        alert = page.page.locator("form [role=alert]").first
        expect(alert).to_contain_text("Too many attempts. You can try again in")
        page.page.clock.run_for(61_000)
        expect(page.page.get_by_role("button", name="Sign in", exact=True).first).to_be_enabled()
