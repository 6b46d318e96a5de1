"""docs/console.md names every screen, and its pictures are there and small."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "console.md").read_text()
REGISTRY = (ROOT / "console" / "src" / "screens" / "registry.ts").read_text()
PICTURE_BYTES_MAX = 120_000


def test_every_screen_has_its_address_in_the_page() -> None:
    patterns = re.findall(r'pattern: "([^"]+)"', REGISTRY)
    assert len(patterns) >= 10
    for pattern in patterns:
        address = re.sub(":([a-z]+)", r"<\1>", pattern)
        assert f"`{address}`" in PAGE, pattern


def test_every_picture_is_there_is_small_and_is_shown() -> None:
    shown = set(re.findall(r"\]\((console/[a-z-]+\.png)\)", PAGE))
    there = {f"console/{one.name}" for one in (ROOT / "docs" / "console").iterdir()}
    assert shown == there
    for name in there:
        assert (ROOT / "docs" / name).stat().st_size <= PICTURE_BYTES_MAX, name
