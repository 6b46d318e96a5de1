"""A page that is watched: what it logs, which requests it sends, whether it keeps to its policy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

PATIENCE_MS: Final = 60_000  # upper bound on any one wait
AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
REPORTS: Final = """
window.policyReports = [];
addEventListener("securitypolicyviolation", (event) => {
  policyReports.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""

expect.set_options(timeout=PATIENCE_MS)


class Watched:
    """A page, and what it did."""

    def __init__(self, context: BrowserContext, *, service: str, axe: Path) -> None:
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.service = service
        self.errors: list[str] = []
        self.requests: list[Request] = []
        self._axe = axe.read_text()
        self.page.add_init_script(REPORTS)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.errors.append(f"{error}"))
        self.page.on("request", self._note_request)

    def open(self, place: str = "#/") -> None:
        """Load the page anew at a place."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.service}/console/{place}")

    def go(self, place: str) -> None:
        """Go to a place without loading the page."""
        self.page.evaluate("(place) => { location.hash = place; }", place)

    def sign_in(self, email: str, password: str) -> None:
        """Fill the sign-in form and wait until the page is signed in."""
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).first.click()
        self.page.locator("header .who").wait_for(state="attached")  # behind the menu when narrow

    def heading(self) -> str:
        """Return the text of the one h1, once it is there."""
        return self.page.locator("h1").inner_text()

    def api_requests(self) -> list[str]:
        """Return method and path of the requests to the API since the last call, and forget them."""
        found = [f"{one.method} {urlsplit(one.url).path}" for one in self.requests if "/api/" in one.url]
        self.requests.clear()
        return found

    def foreign_requests(self) -> list[str]:
        """Return the addresses of requests to anything but the service."""
        kinds = ("data:", "blob:", "about:")
        return [one.url for one in self.requests if not one.url.startswith((self.service, *kinds))]

    def policy_reports(self) -> list[str]:
        """Return what the page's policy has refused."""
        reports: list[str] = self.page.evaluate("window.policyReports")
        return reports

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the page as it is."""
        self.page.evaluate(f"{self._axe};0")
        found: Sequence[dict[str, Any]] = self.page.evaluate(
            "async (tags) => (await axe.run(document, { runOnly: tags })).violations", AXE_TAGS
        )
        return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def scrolls_sideways(self) -> bool:
        """Return whether the page is wider than its window."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return wide

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
