"""Every setting is on its page, with its default, and nothing else is."""

import re
from pathlib import Path

from netra.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_lists_exactly_the_settings_there_are() -> None:
    listed = set(re.findall(r"^\| `NETRA_([A-Z_]+)`", PAGE.read_text(), re.MULTILINE))
    assert listed == {name.upper() for name in Settings.__struct_fields__}


def test_the_page_gives_the_defaults_that_hold() -> None:
    rows = dict(re.findall(r"^\| `NETRA_([A-Z_]+)` \| `([^`]+)`", PAGE.read_text(), re.MULTILINE))
    for name, text in rows.items():
        default = getattr(Settings(), name.lower())
        assert text == (str(default).lower() if isinstance(default, bool) else str(default)), name
