"""The console for readers with a keyboard, a phone, a printer, other clocks, and names that mean harm."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.console.conftest import Account, filled
from tests.console.watched import Watched

HOSTILE = ['<img src=x onerror="alert(1)">', "{{7*7}}", "\u202edlrow", "x" * 200, "=cmd|' /C calc'!A0"]


def log_of(path: Path, calls: list[dict[str, object]]) -> Path:
    usual: dict[str, object] = {"model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100}
    path.write_text("\n".join(json.dumps({**usual, **call}) for call in calls))
    return path


@pytest.fixture
def hostile(ada: Account, tmp_path: Path) -> str:
    """A workload whose every name is an attack."""
    calls: list[dict[str, object]] = [
        {
            "id": f"{name[:150]}-{at}",
            "timestamp": f"2026-11-0{1 + at}T00:00:00Z",
            "feature": name,
            "model": name,
        }
        for at, name in enumerate(HOSTILE)
    ]
    return filled(ada, name=HOSTILE[0], log=log_of(tmp_path / "hostile.jsonl", calls))


def test_hostile_names_are_shown_as_text(page: Watched, hostile: str) -> None:
    dialogs: list[str] = []
    page.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for place in (f"#/w/{hostile}/overview?by=feature", f"#/w/{hostile}/calls", "#/"):
        page.go(place)
        expect(page.page.get_by_text('<img src=x onerror="alert(1)">').first).to_be_visible()
        assert not page.scrolls_sideways(), place
    assert page.page.locator("img").count() == 0
    assert dialogs == page.errors == page.policy_reports() == []


def test_days_of_23_and_25_hours_are_single_days(
    open_page: Callable[..., Watched], ada: Account, tmp_path: Path
) -> None:
    hours = [f"2026-10-{24 + at // 24:02}T{at % 24:02}:30:00Z" for at in range(72)]
    log = log_of(tmp_path / "autumn.jsonl", [{"timestamp": at} for at in hours])
    autumn = filled(ada, name="autumn", log=log)
    page = open_page(zone="Europe/Berlin")
    page.open(f"#/w/{autumn}/overview?bin=1d&show=requests")
    page.sign_in(ada.email, ada.password)
    figure = page.page.locator("figure", has=page.page.get_by_role("heading", name="Over time"))
    figure.get_by_role("button", name="Show as table").click()
    days, calls = (figure.locator(f"tbody tr > :nth-child({at})").all_inner_texts() for at in (1, 2))
    shown = {day.replace("\u202f", " "): int(number) for day, number in zip(days, calls, strict=True)}
    assert shown["Oct 25, 2026, 12:00 AM"] == 25
    assert sum(shown.values()) == 72


def test_every_screen_is_reached_by_keyboard_and_the_heading_has_the_focus(page: Watched) -> None:
    page.page.locator("h1").focus()
    page.page.keyboard.press("g")
    page.page.keyboard.press("k")
    expect(page.page.locator("h1")).to_have_text("API keys")
    expect(page.page.locator("h1")).to_be_focused()
    page.page.keyboard.press("n")
    expect(page.page.get_by_role("dialog", name="Make a key")).to_be_visible()
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("dialog", name="Keys and help")).to_contain_text("Go to the workloads")


@pytest.mark.parametrize(
    "place", ["#/", "#/w/{workload}/overview", "#/w/{workload}/calls", "#/settings/keys"]
)
def test_nothing_is_wider_than_a_window_of_320_pixels(
    open_page: Callable[..., Watched], ada: Account, workload: str, place: str
) -> None:
    page = open_page(width=320)
    page.open(place.format(workload=workload))
    page.sign_in(ada.email, ada.password)
    page.page.locator("main h1").wait_for()
    page.page.wait_for_load_state("networkidle")
    assert not page.scrolls_sideways()


def test_forced_colours_leave_the_page_usable(
    open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page = open_page(forced_colors="active")
    page.open(f"#/w/{workload}/overview")
    page.sign_in(ada.email, ada.password)
    page.page.get_by_role("heading", name="Over time").wait_for()
    assert page.violations() == []


def test_a_print_holds_the_figures_and_leaves_the_controls_out(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/overview")
    page.page.get_by_role("heading", name="Over time").wait_for()
    page.page.emulate_media(media="print")
    expect(page.page.get_by_role("banner")).to_be_hidden()
    expect(page.page.get_by_role("button", name="CSV").first).to_be_hidden()
    expect(page.page.get_by_role("table", name="By model")).to_be_visible()
    assert len(page.page.pdf()) > 10_000


def test_a_table_downloads_as_csv_that_runs_no_formula(page: Watched, hostile: str) -> None:
    page.go(f"#/w/{hostile}/overview?by=feature")
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download By feature as CSV").click()
    text = download.value.path().read_text()
    assert text.startswith("feature,requests,usd,share")
    assert "'=cmd|" in text


def test_an_error_says_what_happened_and_trying_again_helps(page: Watched, workload: str) -> None:
    page.page.route("**/overview?*", lambda route: route.abort())
    page.go(f"#/w/{workload}/overview")
    alert = page.page.get_by_role("alert")
    expect(alert).to_contain_text("The service cannot be reached")
    page.page.unroute("**/overview?*")
    alert.get_by_role("button", name="Try again").click()
    expect(page.page.get_by_role("heading", name="Over time")).to_be_visible()
