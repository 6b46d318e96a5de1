"""A stranger's way from a log to an answer, without a manual."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.console.conftest import Served
from tests.console.watched import Watched

CLICKS_MAX = 8
COUNTER = "window.clicks = 0; addEventListener('click', () => { window.clicks += 1; }, true);"


@pytest.mark.long(30)
def test_from_a_log_to_an_answer_takes_few_clicks(
    open_page: Callable[..., Watched], service: Served, sample: Path
) -> None:
    user = service.add_user("stranger@example.com")
    page = open_page()
    page.page.add_init_script(COUNTER)
    page.open()
    page.sign_in(user.email, user.password)
    expect(page.page.get_by_role("heading", name="Drop a log here")).to_be_visible()
    page.page.evaluate("window.clicks = 0")
    with page.page.expect_file_chooser() as chooser:
        page.page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(sample)
    page.page.get_by_role("button", name="Import", exact=True).click()
    page.page.get_by_role("link", name="Ask for savings").click()
    page.page.get_by_role("textbox").first.fill("20 % cheaper")
    page.page.keyboard.press("Enter")
    page.page.locator("main a[href^='#/r/']").first.click()
    expect(page.page.locator("h1")).to_contain_text("Result")
    expect(page.page.get_by_text("a month can be saved").first).to_be_visible()
    assert page.page.evaluate("window.clicks") <= CLICKS_MAX - 2, "two are left to adopt a change"
    assert page.errors == []
    assert page.policy_reports() == []
