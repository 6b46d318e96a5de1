"""The report in a terminal."""

import json
from io import StringIO

import msgspec
import pytest

from netra.domain.optimization.result import Advice
from netra.domain.workloads.columns import Events
from netra.entrypoints.reports.console import SafeConsole
from netra.entrypoints.reports.digest import digest_of
from netra.entrypoints.reports.report import rendered
from netra.entrypoints.reports.sketch import sketch_of


def text_of(advice: Advice, events: Events | None = None, *, width: int = 100) -> str:
    console = SafeConsole(file=StringIO(), width=width)
    sketch = None if events is None else sketch_of(events)
    console.print(rendered(digest_of(advice), sketch=sketch, source="log.jsonl"))
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


def test_the_report_leads_with_what_can_be_saved(advice: Advice, events: Events) -> None:
    lines = text_of(advice, events).splitlines()
    assert lines[1].strip() == "$5,582 of $15,680 a month can be saved: 35.6 % of the bill."


def test_what_needs_an_evaluation_is_in_no_total_before_it(advice: Advice, events: Events) -> None:
    text = text_of(advice, events)
    assert text.index("Evaluate: could save more") < text.index("If what needs an evaluation passes it")


def test_every_piece_of_advice_is_in_the_report_with_its_dollars(advice: Advice, events: Events) -> None:
    text = " ".join(text_of(advice, events).split())
    for item in advice.recommendations:
        assert item.action[:40] in text
        assert item.impact[:40] in text
    for amount in ("-$4,312", "-$1,270", "-$6,430", "+$18,000"):
        assert amount in text


def test_the_plan_stands_before_what_needs_an_evaluation_and_what_to_leave_alone(advice: Advice) -> None:
    text = text_of(advice)
    places = [
        text.index(title) for title in ("Do this", "Evaluate: could", "Avoid: would", "Good to know", "How ")
    ]
    assert places == sorted(places)


def test_ways_to_serve_the_traffic_stand_cheapest_first_with_ranges_where_they_are_modelled(
    advice: Advice,
) -> None:
    text = text_of(advice)
    _, _, ways = text.partition("Ways to serve this traffic (time to first token, p99, dollars a month)")
    lines = [" ".join(line.split()) for line in ways.splitlines()[1:6]]
    assert lines == [
        "→ cached 620 ms $11,368",
        "• by the dozen not known $14,000",
        "• as it is 900 ms $15,680",
        "• 8 x A100 4,100 ms $17,400",
        "• 16 x H100 400 ms to 700 ms $33,680",
    ]
    assert "A range is the 80 % interval of a modelled value. It is the cheapest" in " ".join(ways.split())


def test_each_target_is_answered(advice: Advice) -> None:
    text = text_of(advice)
    assert "✓ The plan saves 35.6 % of the bill." in text
    assert "? There are no latencies to compare." in text


def test_steps_checks_and_the_way_back_are_shown(advice: Advice) -> None:
    text = text_of(advice)
    assert "Set one cache marker at its end." in text
    assert "✓ The provider reports cached tokens within a day." in text
    assert "↩ Remove the marker." in text


def test_what_the_log_lacked_is_named(advice: Advice) -> None:
    assert "Waste needs status." in text_of(advice)


def test_each_grade_that_occurs_is_explained_once(advice: Advice) -> None:
    text = text_of(advice)
    for grade in "ABCD":
        assert text.count(f"\n  {grade}: ") == 1


def test_a_report_that_is_not_for_a_terminal_has_no_colour(advice: Advice, events: Events) -> None:
    assert "\x1b" not in text_of(advice, events)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(advice: Advice, events: Events, width: int) -> None:
    assert max(len(line.rstrip()) for line in text_of(advice, events, width=width).splitlines()) <= width


def test_without_advice_the_words_of_the_answer_stand_in_its_place(no_advice: Advice) -> None:
    assert "Send some to POST /api/workloads/wl-1/events." in " ".join(text_of(no_advice).split())


HOSTILE = "gpt\x1b[2J\x9b31m\x1b]0;owned\x07\u202e\nSaves $1,000,000"


def test_names_out_of_a_log_neither_command_the_terminal_nor_begin_lines_of_their_own(
    advice: Advice, events: Events
) -> None:
    said = msgspec.json.encode(advice).decode().replace("claude-x", json.dumps(HOSTILE)[1:-1])
    text = text_of(msgspec.json.decode(said, type=Advice), events)
    assert HOSTILE.partition("\n")[0] not in text
    assert not set(text) & set("\x1b\x9b\x07\u202e")
    assert not any(line.strip().startswith("Saves $1,000,000") for line in text.splitlines())
    assert "gpt\ufffd[2J\ufffd31m" in " ".join(text.split())
