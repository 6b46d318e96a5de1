"""Asking, watching, stopping, and reading an answer, as a person does it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.console.conftest import Account
from tests.console.test_every_screen import SHOTS
from tests.console.test_every_screen import _is_well as is_well
from tests.console.watched import Watched
from tests.waiting import COMMAND_S, wait_until

AGENTS = [
    "TriageSubAgent",
    "DataSubAgent",
    "OptimizationsCoreSubAgent",
    "ActionsToMeetGoalsSubAgent",
    "ReportingSubAgent",
]
RUNNING = "[data-run][data-state=processing]"
QUESTION = "Optimize my AI workload for cost efficiency"


@pytest.fixture(scope="session")
def answered(ada: Account, workload: str) -> str:
    """The id of a run of Ada's that has its answer."""
    return asked(ada, workload, QUESTION)


def asked(account: Account, workload: str, question: str) -> str:
    """Ask and wait for the answer; return the run."""
    body = {"message": question, "workload_id": workload}
    run: str = account.client.post("/api/agent/execute", json=body).raise_for_status().json()["run_id"]
    wait_until(lambda: status_of(account, run)["status"] == "completed", "the answer")
    return run


def status_of(account: Account, run: str) -> dict[str, Any]:
    found: dict[str, Any] = account.client.get(f"/api/agent/status/{run}").raise_for_status().json()
    return found


def run_in(page: Watched) -> str:
    found = re.search(r"run=(run-[0-9a-f]+)", page.page.url)
    assert found is not None
    return found.group(1)


def ask(page: Watched, question: str) -> str:
    page.page.get_by_role("textbox", name="Question").fill(question)
    page.page.get_by_role("textbox", name="Question").press("Enter")
    page.page.locator(RUNNING).wait_for()
    return run_in(page)


@pytest.mark.long(60)
def test_a_question_is_watched_over_a_reload_and_its_result_is_opened(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/ask")
    run = ask(page, QUESTION)
    page.page.locator("[data-agent=OptimizationsCoreSubAgent].working").wait_for()
    page.page.reload()
    page.page.locator(RUNNING).wait_for()
    steps = page.page.locator("[data-agent]")
    expect(steps).to_have_count(len(AGENTS))
    assert [step.get_attribute("data-agent") for step in steps.all()] == AGENTS
    expect(page.page.locator("[data-agent=TriageSubAgent]")).to_have_class(re.compile("done"))
    page.page.locator("[data-run][data-state=completed]").wait_for()
    page.page.get_by_role("link", name="Open the result").click()
    page.page.get_by_text("can be saved").first.wait_for()
    assert f"#/r/{run}" in page.page.url
    assert page.errors == []


@pytest.mark.long(60)
def test_a_run_is_stopped_from_another_tab(
    page: Watched, open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/ask")
    run = ask(page, "And with 30 % more traffic?")
    other = page.page.context.new_page()
    other.goto(page.page.url)
    other.get_by_role("button", name="Stop").click()
    for tab in (page.page, other):
        tab.locator("[data-run][data-state=cancelled]").wait_for()
    assert status_of(ada, run)["status"] == "cancelled"


@pytest.mark.long(60)
def test_two_questions_of_a_thread_are_answered_in_order(page: Watched, ada: Account, workload: str) -> None:
    page.go(f"#/w/{workload}/ask")
    first = ask(page, "Make it 20 % cheaper")
    page.page.get_by_role("textbox", name="Question").fill("And 30 % cheaper?")
    page.page.get_by_role("textbox", name="Question").press("Enter")
    expect(page.page.locator("[data-run]")).to_have_count(2)
    expect(page.page.locator("[data-run][data-state=completed]")).to_have_count(2, timeout=60_000)
    second = run_in(page)
    assert status_of(ada, first)["completed_at"] <= status_of(ada, second)["started_at"]


def test_goals_become_words_and_parameters(page: Watched, ada: Account, workload: str) -> None:
    page.go(f"#/w/{workload}/ask")
    page.page.get_by_role("button", name="Add the goal: Saving").click()
    run = ask(page, "Optimize this")
    status = status_of(ada, run)
    assert status["message"] == "Optimize this; make it 20 % cheaper."
    assert status["parameters"] == {"saving_share": 0.2}
    ada.client.post(f"/api/agent/runs/{run}/cancel").raise_for_status()


def test_what_is_typed_is_kept_until_it_is_sent(page: Watched, workload: str) -> None:
    page.go(f"#/w/{workload}/ask")
    page.page.get_by_role("textbox", name="Question").fill("half a tho")
    page.page.reload()
    expect(page.page.get_by_role("textbox", name="Question")).to_have_value("half a tho")


@pytest.mark.long(60)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_about_answers_is_accessible_and_keeps_to_itself(
    theme: str, width: int, open_page: Callable[..., Watched], ada: Account, workload: str, answered: str
) -> None:
    page = open_page(theme=theme, width=width)
    page.open()
    page.sign_in(ada.email, ada.password)
    SHOTS.mkdir(parents=True, exist_ok=True)
    thread = status_of(ada, answered)["thread_id"]
    for name, place in {
        "ask": f"#/w/{workload}/ask",
        "conversation": f"#/t/{thread}",
        "result": f"#/r/{answered}",
        "result-open": f"#/r/{answered}?open=rec-1,rec-6&steps=alone",
        "what-if": f"#/w/{workload}/what-if?batch=40&cache=on&a=model%3Dgpt-4o-mini",
        "history": "#/history",
    }.items():
        page.go(place)
        is_well(page, name, f"{theme}-{width}")


@pytest.mark.long(30)
def test_a_change_is_tried_and_its_bill_is_that_of_the_api(
    page: Watched, ada: Account, workload: str
) -> None:
    page.go(f"#/w/{workload}/what-if?cache=on")
    page.page.get_by_text("Now and then").first.wait_for()
    found = ada.client.post(f"/api/workloads/{workload}/simulate", json={"cache": True}).json()
    expect(page.page.get_by_text(f"${found['then_usd_per_month']:,.2f}", exact=True).first).to_be_visible()
    page.page.get_by_role("slider", name="Calls in batches").press("ArrowRight")
    page.page.get_by_text("points computed").wait_for()
    assert "batch=5" in page.page.url
    page.page.get_by_role("button", name="Keep as A").click()
    page.page.get_by_role("button", name="Propose nothing").click()
    page.page.get_by_role("button", name="Show A").click()
    assert "batch=5" in page.page.url.split("?")[1].split("a=")[1]


@pytest.mark.long(30)
def test_the_result_shows_the_numbers_of_the_api(page: Watched, ada: Account, answered: str) -> None:
    page.go(f"#/r/{answered}")
    page.page.get_by_text("can be saved").first.wait_for()
    plan = status_of(ada, answered)["result"]["metrics"]["plan"]
    figure = page.page.locator("figure", has_text="The bill, step by step")
    shown = [cents(one) for one in figure.locator(".amount").all_inner_texts()]
    assert shown[0] == round(plan["now_usd_per_month"])
    # Steps are rounded so that they add up as shown: one may be off by up to a dollar.
    assert abs(shown[-1] - plan["planned_usd_per_month"]) < 1
    assert sum(shown[:-1]) == shown[-1]


def cents(text: str) -> int:
    return int(text.replace("$", "").replace(",", "").replace("\u2212", "-"))


@pytest.mark.long(30)
def test_a_filter_and_an_open_card_are_in_the_address(page: Watched, answered: str) -> None:
    page.open(f"#/r/{answered}?shelf=evaluate&open=rec-6")
    page.page.locator("details.card").first.wait_for()
    assert page.page.locator("details.card.do").count() == 0
    assert page.page.locator("details.card.evaluate").count() >= 1
    page.page.get_by_label("Shelf").select_option("do")
    page.page.locator("details.card.do").first.wait_for()
    assert "shelf=do" in page.page.url


@pytest.mark.long(30)
@pytest.mark.parametrize(("name", "kind"), [("HTML (one file)", "html"), ("Markdown", "md"), ("CSV", "csv")])
def test_a_result_is_downloaded(name: str, kind: str, page: Watched, answered: str) -> None:
    page.go(f"#/r/{answered}")
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=name, exact=True).first.click()
    assert download.value.suggested_filename.endswith(f".{kind}")
    assert Path(download.value.path()).stat().st_size > 500


@pytest.mark.long(30)
def test_the_history_leads_to_the_result_and_keeps_its_filters_in_the_address(
    page: Watched, answered: str
) -> None:
    page.go("#/history")
    page.page.get_by_label("Text").fill("cost efficiency")
    page.page.get_by_label("Status").select_option("completed")
    assert "q=cost+efficiency" in page.page.url
    page.page.locator(f'a[href="#/r/{answered}"]').click()
    page.page.get_by_text("can be saved").first.wait_for()


@pytest.fixture(scope="session")
def report(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample, as the command writes it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    command = [sys.executable, "-m", "netra", "optimize", str(sample), "--json", "--html", str(path)]
    ran = subprocess.run(command, check=True, capture_output=True, timeout=COMMAND_S)
    (path.parent / "advice.json").write_bytes(ran.stdout)
    return path


@pytest.mark.long(30)
@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_opens_from_disk_and_requests_nothing(report: Path, width: int, engine: Browser) -> None:
    context = engine.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(report.as_uri())
    page.get_by_text("can be saved").first.wait_for()
    plan = json.loads((report.parent / "advice.json").read_text())["metrics"]["plan"]
    amounts = page.locator("figure", has_text="The bill, step by step").locator(".amount").all_inner_texts()
    assert cents(amounts[0]) == round(plan["now_usd_per_month"])
    page.get_by_role("button", name="On its own").click()
    page.get_by_text("Each change on its own").first.wait_for()
    assert requests == [report.as_uri()]
    assert errors == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.long(30)
def test_a_printed_report_has_every_card_open(report: Path, engine: Browser) -> None:
    context = engine.new_context()
    page = context.new_page()
    page.goto(report.as_uri())
    cards = page.locator("details.card .body")
    cards.first.wait_for(state="attached")
    assert cards.first.is_hidden()
    page.emulate_media(media="print")
    assert cards.count() >= 10
    assert all(card.is_visible() for card in cards.all())
    context.close()


@pytest.mark.long(30)
def test_what_others_wrote_is_shown_as_text(engine: Browser, tmp_path: Path) -> None:
    sly = "<img src=x onerror=alert(1)>"
    row = f'2026-11-0{{day}}T00:{{minute:02}}:00Z,gpt-4o,"{sly}",1000,{{out}}\n'
    log = tmp_path / f"{'x' * 20}.csv"
    log.write_text(
        "timestamp,model,feature,input_tokens,output_tokens\n"
        + "".join(row.format(day=d, minute=m, out=100 * d) for d in (1, 2) for m in range(30))
    )
    path = tmp_path / "report.html"
    command = [sys.executable, "-m", "netra", "optimize", str(log), "--html", str(path)]
    subprocess.run(command, check=False, capture_output=True, timeout=COMMAND_S)
    context = engine.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.get_by_role("button", name="By feature").click()
    expect(page.get_by_role("rowheader", name=sly)).to_be_visible()
    assert page.locator("img").count() == 0
    context.close()
