"""Deciding in the console: plan, adopt, dismiss, undo, and what the next result shows."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.console.conftest import Account, adopt_first, filled, moved_log
from tests.console.test_answers import QUESTION, asked, status_of
from tests.console.test_every_screen import SHOTS
from tests.console.test_every_screen import _is_well as is_well
from tests.console.watched import Watched


@pytest.fixture(scope="module")
def decided_on(ada: Account, sample: Any) -> tuple[str, str]:
    """A workload of its own with an answered question: workload and run."""
    workload = filled(ada, name="decisions", log=sample)
    return workload, asked(ada, workload, QUESTION)


def card(page: Watched, number: int) -> Locator:
    """Return an open card."""
    found = page.page.locator(f"#rec-{number}")
    found.wait_for()
    if not found.evaluate("one => one.open"):
        found.locator("summary").first.click()
    return found


def stored(account: Account, workload: str) -> dict[str, dict[str, Any]]:
    found = account.client.get(f"/api/workloads/{workload}/decisions").raise_for_status().json()["data"]
    return {one["key"]: one for one in found}


@pytest.mark.long(60)
def test_a_recommendation_is_adopted_undone_and_shown_in_the_next_result(
    page: Watched, ada: Account, decided_on: tuple[str, str]
) -> None:
    workload, run = decided_on
    key = status_of(ada, run)["result"]["recommendations"][0]["key"]
    page.go(f"#/r/{run}")
    first = card(page, 1)
    first.get_by_role("button", name="Plan", exact=True).click()
    expect(first.get_by_text("Planned.")).to_be_visible()
    first.get_by_role("button", name="Adopt", exact=True).click()
    expect(first.get_by_text(re.compile("Adopted, in force since"))).to_be_visible()
    expect(first.locator("summary .badge", has_text="adopted")).to_be_visible()
    assert stored(ada, workload)[key]["state"] == "adopted"
    expect(page.page.get_by_text(re.compile(r"^Adopted \$[\d,.]+ and planned \$0 of"))).to_be_visible()
    first.get_by_role("button", name="Undo").click()
    expect(first.get_by_text("Planned.")).to_be_visible()
    first.get_by_role("button", name="Plan", exact=True).click()
    expect(first.get_by_role("button", name="Plan", exact=True)).to_have_attribute("aria-pressed", "false")
    assert stored(ada, workload)[key]["state"] == "open"
    first.get_by_role("button", name="Adopt", exact=True).click()
    expect(first.get_by_text(re.compile("Adopted, in force since"))).to_be_visible()
    again = asked(ada, workload, QUESTION)
    shown = {one["key"]: one["decision"] for one in status_of(ada, again)["result"]["recommendations"]}
    assert shown[key]["state"] == "adopted"
    page.go(f"#/r/{again}")
    expect(page.page.locator("summary .badge", has_text="adopted")).to_have_count(1)


@pytest.mark.long(60)
def test_a_dismissal_says_why_and_until_when(
    page: Watched, ada: Account, decided_on: tuple[str, str]
) -> None:
    workload, run = decided_on
    page.go(f"#/r/{run}")
    second = card(page, 2)
    second.get_by_role("button", name="Dismiss", exact=True).click()
    second.get_by_label("Reason").select_option("quality_risk")
    second.get_by_label("Until").fill("2027-06-01")
    second.get_by_label("Note").fill("<b>next year</b>")
    second.get_by_label("Note").press("Enter")
    expect(
        second.get_by_text("Dismissed until Jun 1, 2027: risk for quality. <b>next year</b>")
    ).to_be_visible()
    made = next(one for one in stored(ada, workload).values() if one["state"] == "dismissed")
    assert (made["reason"], made["until"]) == ("quality_risk", "2027-06-01T00:00:00Z")
    page.page.reload()
    expect(card(page, 2).locator("summary .badge", has_text="dismissed")).to_be_visible()


@pytest.mark.long(60)
def test_a_decision_of_another_tab_is_not_overwritten_unseen(
    page: Watched, ada: Account, decided_on: tuple[str, str]
) -> None:
    workload, run = decided_on
    key = status_of(ada, run)["result"]["recommendations"][2]["key"]
    page.go(f"#/r/{run}")
    third = card(page, 3)
    third.get_by_role("button", name="Plan", exact=True).click()
    expect(third.get_by_text("Planned.")).to_be_visible()
    path = f"/api/workloads/{workload}/decisions/{key}"
    ada.client.put(path, json={"state": "adopted"}).raise_for_status()
    third.get_by_role("button", name="Plan", exact=True).click()
    expect(third.get_by_text("PRECONDITION_FAILED")).to_be_visible()
    expect(third.get_by_text(re.compile("Adopted, in force since"))).to_be_visible()


@pytest.mark.long(60)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cards_with_decisions_are_accessible(
    theme: str, width: int, open_page: Callable[..., Watched], ada: Account, decided_on: tuple[str, str]
) -> None:
    _, run = decided_on
    page = open_page(theme=theme, width=width)
    page.open()
    page.sign_in(ada.email, ada.password)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.go(f"#/r/{run}?open=rec-1,rec-4")
    fourth = card(page, 4)
    fourth.get_by_role("button", name="Dismiss", exact=True).click()
    fourth.get_by_label("Reason").wait_for()
    is_well(page, "result-decided", f"{theme}-{width}")


@pytest.fixture(scope="module")
def adopted(ada: Account, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A workload that moved to a cheaper model, with an adoption dated at that: workload and key."""
    log = moved_log(tmp_path_factory.mktemp("moved") / "moved.jsonl")
    workload = filled(ada, name="moved", log=log)
    return workload, adopt_first(ada, workload, asked(ada, workload, QUESTION))


@pytest.mark.long(60)
def test_what_an_adoption_brought_is_ruled_on_with_the_numbers_of_the_api(
    page: Watched, ada: Account, adopted: tuple[str, str]
) -> None:
    workload, key = adopted
    path = f"/api/workloads/{workload}/decisions/{key}/verification"
    found = ada.client.get(path).raise_for_status().json()
    assert found["change"]["ruling"] == "worth_it"
    page.go(f"#/w/{workload}/realised")
    expect(page.page.get_by_text("Worth it.")).to_be_visible()
    row = page.page.get_by_role("row", name=re.compile("^chat"))
    expect(row.get_by_text(f"${found['groups'][0]['saved_usd']:,.2f}").first).to_be_visible()
    expect(page.page.get_by_text("chat: model gpt-4o, now gpt-4o-mini")).to_be_visible()
    since = page.page.get_by_label("In force since")
    expect(since).to_have_value("2026-10-15T00:00")
    since.fill("2026-11-20T00:00")
    since.blur()
    expect(page.page.get_by_text("Cannot tell.")).to_be_visible()
    expect(page.page.get_by_text("The log holds no call from after")).to_be_visible()
    page.page.get_by_role("button", name="Undo").click()
    expect(page.page.get_by_text("Worth it.")).to_be_visible()
    assert page.errors == []


@pytest.mark.long(30)
def test_a_workload_without_adoptions_says_the_next_step(page: Watched, ada: Account) -> None:
    made = ada.client.post("/api/workloads", json={"name": "nothing yet"}).json()["id"]
    page.go(f"#/w/{made}/realised")
    expect(page.page.get_by_text("Nothing is adopted yet.")).to_be_visible()
    page.page.get_by_role("link", name="Ask", exact=True).last.click()
    assert f"#/w/{made}/ask" in page.page.url


@pytest.mark.long(60)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_screen_of_what_was_brought_is_accessible(
    theme: str, width: int, open_page: Callable[..., Watched], ada: Account, adopted: tuple[str, str]
) -> None:
    page = open_page(theme=theme, width=width)
    page.open()
    page.sign_in(ada.email, ada.password)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.go(f"#/w/{adopted[0]}/realised")
    page.page.get_by_text("Before and after").first.wait_for()
    is_well(page, "realised", f"{theme}-{width}")
