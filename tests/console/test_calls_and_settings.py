"""Calls one by one, keys, sessions, the audit log, health, and the reader's own settings."""

import re
from collections.abc import Callable

from playwright.sync_api import expect
from tests.console.conftest import Account, Served
from tests.console.test_overview import number
from tests.console.watched import Watched


def test_the_price_of_a_call_adds_up_to_what_the_service_says(
    page: Watched, ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/calls?sort=-usd")
    page.page.locator("tbody th button").first.click()
    panel = page.page.get_by_role("complementary", name="Call")
    *parts, total = [
        number(text) for text in panel.locator("table tr > :last-child").all_inner_texts() if text != ""
    ]
    answer = ada.client.get(f"/api/workloads/{workload}/events", params={"sort": "-usd", "limit": 1})
    assert total == round(answer.json()["data"][0]["usd"], 6)
    assert abs(sum(parts) - total) < 2e-6


def test_keys_lead_through_the_calls(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/calls")
    page.page.locator("tbody th button").first.wait_for()
    page.page.locator("h1").focus()
    page.page.keyboard.press("j")
    panel = page.page.get_by_role("complementary", name="Call")
    first = panel.locator("h2").inner_text()
    page.page.keyboard.press("j")
    expect(panel.locator("h2")).not_to_have_text(first)
    page.page.keyboard.press("k")
    expect(panel.locator("h2")).to_have_text(first)
    page.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_pages_of_calls_follow_each_other_without_a_gap(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/calls?f.model=gpt-4o-mini")
    expect(page.page.get_by_text("1 to 50 of 205")).to_be_visible()
    seen: list[str] = []
    for shown in ("51 to 100", "101 to 150", "151 to 200", "201 to 205"):
        seen += page.page.locator("tbody tr > :last-child").all_inner_texts()
        page.page.get_by_role("button", name="Next page").click()
        expect(page.page.get_by_text(f"{shown} of 205")).to_be_visible()
    seen += page.page.locator("tbody tr > :last-child").all_inner_texts()
    assert len(seen) == len(set(seen)) == 205
    page.page.reload()
    expect(page.page.get_by_text("201 to 205 of 205")).to_be_visible()


def test_a_key_is_shown_once_and_works_until_it_is_revoked(page: Watched, ada: Account) -> None:
    page.go("#/settings/keys")
    page.page.get_by_role("button", name="Make a key").click()
    page.page.get_by_label("Name").fill("nightly")
    page.page.get_by_label("ask questions and try changes").check()
    page.page.get_by_role("button", name="Make the key").click()
    secret = page.page.locator("dialog[open] pre").inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    assert ada.client.get("/api/workloads", headers=headers).status_code == 200
    page.page.get_by_role("button", name="I have stored it").click()
    assert secret not in page.page.content()
    page.page.get_by_role("button", name="Revoke nightly").click()
    revoke = page.page.locator("dialog[open]").get_by_role("button", name="Revoke")
    expect(revoke).to_be_disabled()  # it was used just now: its name has to be typed
    page.page.get_by_label("Name of the key").fill("nightly")
    revoke.click()
    expect(page.page.get_by_role("rowheader", name="nightly")).to_be_hidden()
    assert ada.client.get("/api/workloads", headers=headers).status_code == 401


def test_another_session_can_be_ended_and_a_new_password_ends_all(
    open_page: Callable[..., Watched], service: Served
) -> None:
    grace = service.add_user("grace@example.com")
    page = open_page()
    page.open()
    page.sign_in(grace.email, grace.password)
    page.go("#/settings/account")
    expect(page.page.get_by_role("rowheader", name="(this one)")).to_be_visible()
    page.page.get_by_role("row", name="python-httpx").get_by_role("button").click()
    expect(page.page.get_by_role("row", name="python-httpx")).to_be_hidden()
    assert grace.client.get("/api/workloads").status_code == 401
    page.page.get_by_label("Current password").fill(grace.password)
    page.page.get_by_label("New password").fill("another horse battery")
    page.page.get_by_role("button", name="Change the password").click()
    page.page.get_by_role("heading", name="Sign in").wait_for()
    page.sign_in(grace.email, "another horse battery")


def test_the_audit_log_is_filtered_and_opens(page: Watched) -> None:
    page.go("#/admin/audit?event=signed_in")
    row = page.page.locator("tbody tr").first
    expect(row).to_contain_text("signed in")
    row.get_by_role("button").click()
    details = page.page.locator("section", has=page.page.get_by_role("heading", name="Details of the event"))
    expect(details).to_contain_text("signed_in")
    assert set(page.page.locator("tbody tr > :nth-child(2)").all_inner_texts()) == {"signed in"}


def test_health_works_signed_out(open_page: Callable[..., Watched]) -> None:
    page = open_page()
    page.open("#/health")
    expect(page.page.get_by_text("The service is healthy.")).to_be_visible()
    expect(page.page.get_by_role("row", name=re.compile("sqlite"))).to_contain_text("healthy")


def test_settings_hold_on_every_screen_and_after_a_reload(page: Watched, workload: str) -> None:
    page.go("#/settings")
    page.page.get_by_label("Theme").select_option("dark")
    page.page.get_by_label("Time zone").select_option("America/New_York")
    page.page.get_by_label("Single letters as keys").uncheck()
    page.go(f"#/w/{workload}/overview")
    expect(page.page.get_by_text("Times in America/New_York")).to_be_visible()
    page.page.keyboard.press("t")
    page.page.reload()
    expect(page.page.get_by_text("Times in America/New_York")).to_be_visible()
    assert page.page.evaluate("document.documentElement.dataset.theme") == "dark"
