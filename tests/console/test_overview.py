"""What the overview shows is what the service says, and it adds up as shown."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect
from tests.console.conftest import Account
from tests.console.watched import Watched


def number(text: str) -> float:
    return float(re.sub(r"[^0-9.]", "", text.replace("−", "-")) or 0)


def cells(table: Locator, column: str) -> list[float]:
    """Return a column's numbers, the total last."""
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    at = heads.index(column) + 1
    shown = table.locator(f"tbody tr > :nth-child({at}), tfoot tr > :nth-child({at})").all_inner_texts()
    return [number(text) for text in shown]


def overview_of(ada: Account, workload: str, **query: str) -> Any:
    answer = ada.client.get(f"/api/workloads/{workload}/overview", params={"tz": "UTC", **query})
    return answer.raise_for_status().json()


def test_the_breakdown_adds_up_as_shown_to_the_services_totals(
    page: Watched, ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/overview?by=feature")
    table = page.page.get_by_role("region", name="By feature").get_by_role("table")
    table.wait_for()
    totals = overview_of(ada, workload, by="feature")["totals"]
    for column in ("Calls", "$", "Failed", "Share"):
        *parts, total = cells(table, column)
        assert round(sum(parts), 2) == total, column
    assert cells(table, "$")[-1] == round(totals["usd"], 2)
    assert cells(table, "Calls")[-1] == totals["requests"] == 4_000


def test_the_table_behind_the_chart_has_every_bin_and_adds_up(
    page: Watched, ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/overview?show=requests")
    figure = page.page.locator("figure", has=page.page.get_by_role("heading", name="Over time"))
    figure.get_by_role("button", name="Show as table").click()
    overview = overview_of(ada, workload)
    assert figure.locator("tbody tr").count() == overview["window"]["bins"]
    for series in overview["series"]:
        *parts, total = cells(figure.get_by_role("table"), series["name"])
        assert sum(parts) == total == sum(series["requests"])


def test_a_name_filters_everything_and_the_address_restores_it(
    page: Watched, ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/overview")
    page.page.get_by_role("region", name="By model").get_by_role("link", name="gpt-4.1", exact=True).click()
    calls = overview_of(ada, workload, model="gpt-4.1")["totals"]["requests"]
    tile = page.page.locator("dt:text-is('Calls') + dd")
    expect(tile).to_have_attribute("title", f"{calls:,}")
    address = page.page.url
    page.page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.page.get_by_role("button", name="Remove the filter model: gpt-4.1")).to_be_visible()
    page.open(address.partition("/console/")[2])
    expect(tile).to_have_attribute("title", f"{calls:,}")
    page.page.get_by_role("button", name="Remove the filter model: gpt-4.1").click()
    expect(tile).to_have_attribute("title", "4,000")


def test_one_zone_holds_on_the_whole_screen(
    open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page = open_page(zone="Asia/Tokyo")
    page.open(f"#/w/{workload}/overview")
    page.sign_in(ada.email, ada.password)
    expect(page.page.get_by_text("Times in Asia/Tokyo")).to_be_visible()
    expect(page.page.get_by_label("From", exact=True)).to_have_value("2026-11-02T09:00")


def test_the_window_steps_by_keys_and_by_buttons(page: Watched, workload: str) -> None:
    window = "from=2026-11-02T06:00:00Z&to=2026-11-02T12:00:00Z"
    page.go(f"#/w/{workload}/overview?{window}")
    page.page.get_by_role("heading", name="Over time").wait_for()
    page.page.keyboard.press("]")
    expect(page.page.get_by_label("From", exact=True)).to_have_value("2026-11-02T12:00")
    page.page.get_by_role("button", name="The window before").click()
    expect(page.page.get_by_label("From", exact=True)).to_have_value("2026-11-02T06:00")
    page.page.go_back()
    expect(page.page.get_by_label("From", exact=True)).to_have_value("2026-11-02T12:00")


def test_a_drag_over_a_chart_sets_the_window_and_a_double_click_resets_it(
    page: Watched, workload: str
) -> None:
    page.go(f"#/w/{workload}/overview")
    chart = page.page.get_by_role("group", name="Over time. Arrow keys")
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40, steps=5)
    page.page.mouse.up()
    page.page.wait_for_url("**from=2026-11-02T*")
    chart.locator(".u-over").dblclick()
    page.page.wait_for_url(lambda url: "from=" not in url)


def test_arrow_keys_read_the_chart_out(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/overview?show=requests")
    chart = page.page.get_by_role("group", name="Over time. Arrow keys")
    chart.focus()
    page.page.keyboard.press("ArrowRight")
    expect(page.page.locator("[aria-live=polite]")).to_contain_text("gpt-4o")


def test_one_request_draws_a_screen_and_a_watched_overview_asks_at_most_twelve_times_a_minute(
    open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page = open_page()
    page.page.clock.install()
    page.open()
    page.sign_in(ada.email, ada.password)
    page.page.get_by_role("link", name="support chat").wait_for()
    page.page.wait_for_load_state("networkidle")
    page.api_requests()
    page.page.get_by_role("link", name="support chat").click()
    page.page.get_by_role("heading", name="Over time").wait_for()
    assert page.api_requests() == [f"GET /api/workloads/{workload}/overview"]
    for _ in range(60):
        page.page.clock.run_for(1_000)
    assert len(page.api_requests()) <= 12


def test_a_log_without_calls_says_what_to_do(page: Watched, ada: Account) -> None:
    made = ada.client.post("/api/workloads", json={"name": "nothing yet"}).json()
    page.go(f"#/w/{made['id']}/overview")
    expect(page.page.get_by_role("heading", name="No calls yet")).to_be_visible()
    expect(page.page.get_by_role("link", name="Add calls")).to_be_visible()
