"""Every screen, light and dark, wide and narrow: accessible, within its policy, silent, not too wide."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.console.conftest import Account
from tests.console.watched import Watched

SHOTS = Path(__file__).parents[2] / ".tox" / "console" / "shots"
PLACES = {
    "workloads": "#/",
    "overview": "#/w/{workload}/overview",
    "calls": "#/w/{workload}/calls?sort=-usd",
    "ask": "#/w/{workload}/ask",
    "what-if": "#/w/{workload}/what-if",
    "history": "#/history",
    "keys": "#/settings/keys",
    "account": "#/settings/account",
    "audit": "#/admin/audit",
    "health": "#/health",
    "settings": "#/settings",
    "nowhere": "#/no/such/place",
}


@pytest.mark.long(40)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_screen_is_accessible_and_keeps_to_itself(
    theme: str, width: int, open_page: Callable[..., Watched], ada: Account, workload: str
) -> None:
    page = open_page(theme=theme, width=width)
    page.open("#/sign-in")
    SHOTS.mkdir(parents=True, exist_ok=True)
    _is_well(page, "sign-in", f"{theme}-{width}")
    page.sign_in(ada.email, ada.password)
    for name, place in PLACES.items():
        page.go(place.format(workload=workload))
        _is_well(page, name, f"{theme}-{width}")


def _is_well(page: Watched, name: str, kind: str) -> None:
    page.page.wait_for_load_state("networkidle")
    page.page.locator("main h1").wait_for()
    page.page.screenshot(path=SHOTS / f"{name}-{kind}.png", full_page=True)
    assert page.violations() == [], name
    assert page.policy_reports() == [], name
    assert page.errors == [], name
    assert page.foreign_requests() == [], name
    assert not page.scrolls_sideways(), name
