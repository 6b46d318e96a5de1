"""A log on its way into a workload, in the browser."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect
from tests.console.conftest import Account, Served
from tests.console.watched import Watched

BAD = {5, 12_345, 49_999}
HEADER = "id,timestamp,model,input_tokens,output_tokens,feature\r\n"


def rows(most: int) -> Iterator[str]:
    for number in range(1, most + 1):
        at = f"2026-11-{1 + number // 2_000:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"
        tokens = -1 if number in BAD else 100 + number % 900
        yield f'c-{number},{at},gpt-4o,{tokens},{number % 300},"a ""quoted"", name"\r\n'


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of 50,000 calls, three of which are not valid."""
    path = tmp_path_factory.mktemp("log") / "fifty thousand.csv"
    path.write_text(HEADER + "".join(rows(50_000)), newline="")
    return path


@pytest.fixture
def importing(open_page: Callable[..., Watched], service: Served) -> Watched:
    """A page of a user of their own, on the list of workloads, which is empty."""
    user: Account = service.add_user(f"{uuid4().hex}@example.com")
    page = open_page()
    page.open()
    page.sign_in(user.email, user.password)
    expect(page.page.get_by_role("heading", name="Drop a log here")).to_be_visible()
    return page


def choose(page: Watched, log: Path) -> None:
    page.page.get_by_label("Choose a file").set_input_files(log)


def counts(page: Watched) -> dict[str, str]:
    names = ("Rows", "Accepted", "There before", "Rejected")
    return {name: page.page.locator(f"dt:text-is('{name}') + dd").inner_text() for name in names}


@pytest.mark.long(20)
def test_a_log_stopped_by_a_reload_goes_on_where_it_was_and_nothing_is_counted_twice(
    importing: Watched, log: Path
) -> None:
    page = importing
    sent: list[str] = []

    def hold_after_two(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) <= 2:
            route.continue_()

    page.page.route("**/events?*", hold_after_two)
    choose(page, log)
    expect(page.page.get_by_role("region", name="First rows")).to_be_visible()
    page.page.get_by_role("button", name="Import", exact=True).click()
    expect(page.page.locator("dt:text-is('Rows') + dd")).to_have_text("20,000")
    page.page.reload()  # ends the third request, which is still held
    page.page.get_by_role("link", name="fifty thousand").wait_for()
    page.page.unroute("**/events?*")
    choose(page, log)
    expect(page.page.get_by_text("This file was dropped before")).to_be_visible()
    page.page.get_by_role("button", name="Go on at 40%").click()
    expect(page.page.get_by_role("link", name="See the overview")).to_be_visible()
    assert counts(page) == {"Rows": "50,000", "Accepted": "49,997", "There before": "0", "Rejected": "3"}
    rejected = page.page.get_by_role("region", name="Rejected rows")
    expect(rejected.get_by_role("row").nth(1)).to_contain_text("50,000")  # the line of row 49,999
    expect(page.page.get_by_role("row", name="fifty thousand")).to_contain_text("49,997")
    assert page.errors == []
    assert page.policy_reports() == []


@pytest.mark.long(10)
def test_the_rejected_rows_can_be_had_as_a_file(importing: Watched, tmp_path: Path) -> None:
    log = tmp_path / "small.csv"
    log.write_text(HEADER + "".join(rows(20)), newline="")
    choose(importing, log)
    importing.page.get_by_role("button", name="Import", exact=True).click()
    with importing.page.expect_download() as download:
        importing.page.get_by_role("button", name="Download rejected rows").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == HEADER.strip()
    assert lines[1:] == [list(rows(5))[4].strip()]


@pytest.mark.parametrize("name", ["day.jsonl", "day.jsonl.gz"])
@pytest.mark.long(10)
def test_json_lines_are_read_packed_or_not(
    importing: Watched, sample: Path, tmp_path: Path, name: str
) -> None:
    log = tmp_path / name
    log.write_bytes(gzip.compress(sample.read_bytes()) if name.endswith("gz") else sample.read_bytes())
    choose(importing, log)
    importing.page.get_by_role("button", name="Import", exact=True).click()
    expect(importing.page.get_by_role("link", name="See the overview")).to_be_visible()
    assert counts(importing)["Accepted"] == "4,000"
    importing.page.get_by_role("link", name="See the overview").click()
    expect(importing.page.locator("h1")).to_have_text("day · Overview")


def test_a_file_that_is_no_log_is_refused_before_anything_is_sent(importing: Watched, tmp_path: Path) -> None:
    log = tmp_path / "letter.csv"
    log.write_text("Dear Ada,\nhow are you?\n")
    importing.api_requests()
    choose(importing, log)
    expect(importing.page.get_by_role("alert")).to_contain_text("names no column `timestamp`")
    assert importing.api_requests() == []


@pytest.mark.long(10)
def test_when_the_service_asks_to_wait_the_import_waits_and_goes_on(
    importing: Watched, tmp_path: Path
) -> None:
    log = tmp_path / "waits.csv"
    log.write_text(HEADER + "".join(rows(4)), newline="")
    refused: list[str] = []
    busy = '{"error": {"code": "RATE_LIMITED", "message": "Wait.", "details": {}}, "request_id": "r"}'

    def busy_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        headers = {"Retry-After": "3", "Content-Type": "application/json"}
        route.fulfill(status=429, headers=headers, body=busy)

    importing.page.route("**/events?*", busy_once)
    choose(importing, log)
    importing.page.get_by_role("button", name="Import", exact=True).click()
    expect(importing.page.get_by_text("The service asks to wait")).to_be_visible()
    expect(importing.page.get_by_role("link", name="See the overview")).to_be_visible()
    assert counts(importing)["Accepted"] == "4"
