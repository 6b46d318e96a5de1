"""The terminal and the page open with what was understood, for questions that are easily misread."""

from io import StringIO

import msgspec
import pytest
from rich.console import Console
from tests.unit.domain.agents.asked import Asked, result_of, two_features
from tests.unit.domain.agents.misread import MISREAD
from tests.unit.entrypoints.reports.test_page import content_of

from netra.domain.optimization.result import Advice
from netra.entrypoints.reports.digest import ASKED_BACK, digest_of
from netra.entrypoints.reports.page import page_of
from netra.entrypoints.reports.report import rendered


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("question", "understood"), MISREAD)
async def test_the_terminal_and_the_page_show_what_was_understood(question: str, understood: str) -> None:
    advice = msgspec.convert(await result_of(Asked(message=question, calls=two_features())), Advice)
    digest = digest_of(advice)
    printed = StringIO()
    console = Console(file=printed, width=400, color_system=None)
    console.print(rendered(digest, sketch=None, source="log"))
    terminal = flat(printed.getvalue())
    content = content_of(page_of(digest, sketch=None, source="log", question=""))
    shown = flat(" ".join([*content["worded"]["echo"], content["advice"]["report"]]))
    for surface in (terminal, shown, flat(advice.report)):
        assert understood in surface
        assert "Understood: " in surface
    assert (digest.headline == ASKED_BACK) == bool(
        msgspec.to_builtins(advice.metrics)["goals"].get("ask_back")
    )
