"""Make the pictures of docs/console.md: `python -m bench.console_shots`, from the sample of seed 7."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright
from tests.console import browser as chromium
from tests.console.conftest import adopt_first, filled, moved_log, sample_log, served
from tests.console.watched import Watched

OUT = Path(__file__).parents[1] / "docs" / "console"
QUESTION = "20 % cheaper"
WINDOW: ViewportSize = {"width": 1040, "height": 680}


def shoot(watched: Watched, places: dict[str, str]) -> None:
    """Go to each place and write its picture."""
    for name, place in places.items():
        watched.go(place)
        _settled(watched.page)
        watched.page.screenshot(path=OUT / f"{name}.png")


def _settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.locator("main h1").wait_for()
    page.wait_for_timeout(600)


def main() -> None:
    """Serve the sample, ask a question, and photograph each screen."""
    OUT.mkdir(exist_ok=True)
    chromium.installed()
    with (
        tempfile.TemporaryDirectory() as name,
        served(Path(name)) as service,
        sync_playwright() as playwright,
    ):
        ada = service.add_admin("ada@example.com")
        workload = filled(ada, name="support chat", log=sample_log(Path(name) / "day.jsonl"))
        engine = playwright.chromium.launch(
            executable_path=chromium.CACHE / "chromium",
            args=list(chromium.FLAGS),
            env={**chromium.environment(chromium.CACHE)},
        )
        context = engine.new_context(viewport=WINDOW, locale="en-US", timezone_id="UTC")
        watched = Watched(context, service=service.url, axe=chromium.CACHE / "axe.min.js")
        watched.open("#/sign-in")
        shoot(watched, {"sign-in": "#/sign-in"})
        watched.sign_in(ada.email, ada.password)
        run = _answered(watched, workload)
        shoot(
            watched,
            {
                "ask": watched.page.evaluate("location.hash"),
                "result": f"#/r/{run}",
                "workloads": "#/",
                "overview": f"#/w/{workload}/overview",
                "calls": f"#/w/{workload}/calls?open=synthetic-0003920",
                "what-if": f"#/w/{workload}/what-if",
                "health": "#/health",
            },
        )
        moved = filled(ada, name="moved", log=moved_log(Path(name) / "moved.jsonl"))
        adopt_first(ada, moved, _answered(watched, moved))
        shoot(watched, {"realised": f"#/w/{moved}/realised"})
        engine.close()


def _answered(watched: Watched, workload: str) -> str:
    """Ask in the page, wait for the answer, and return its run."""
    watched.go(f"#/w/{workload}/ask")
    watched.page.get_by_role("textbox").first.fill(QUESTION)
    watched.page.keyboard.press("Enter")
    link = watched.page.locator("main a[href^='#/r/']").first
    link.wait_for()
    return str(link.get_attribute("href")).removeprefix("#/r/")


if __name__ == "__main__":
    main()
