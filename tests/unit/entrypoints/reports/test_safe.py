"""What reaches a terminal holds no character that it obeys, whoever wrote the text."""

import io
import json

import pytest
from rich.table import Table
from rich.text import Text

from netra.entrypoints.reports.console import SafeConsole
from netra.entrypoints.reports.progress import progress_on
from netra.entrypoints.reports.safe import say, say_json, say_lines, say_text

ATTACKS = {
    "CSI": "\x1b[2J\x1b[31m",
    "C1 CSI": "\x9b2J",
    "OSC": "\x1b]0;owned\x07",
    "C1 OSC": "\x9d52;c;cGF5bG9hZA==\x9c",
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "backspaces": "\b\b\b",
    "carriage return": "\rNetra: all is well",
    "line separator": "\u2028",
    "surrogate": "\udc9b",
}
OBEYED = set("\x1b\x9b\x9d\x9c\x07\x08\r\u202e\u2066\u2028\udc9b")


@pytest.fixture(params=list(ATTACKS.values()), ids=list(ATTACKS))
def attack(request: pytest.FixtureRequest) -> str:
    text: str = request.param
    return text


def test_a_line_is_one_line_of_plain_characters(attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(f"a{attack}\nb")
    say(f"a{attack}", err=True)
    captured = capsys.readouterr()
    for printed in (captured.out, captured.err):
        assert not OBEYED & set(printed)
        assert printed.count("\n") == 1


def test_lines_of_ours_stay_lines_and_those_within_do_not(
    attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say_lines(["one", f"two{attack}\nthree"])
    say_text(f"four\nfive{attack}")
    printed = capsys.readouterr().out
    assert not OBEYED & set(printed)
    assert printed.count("\n") == 4


def test_json_is_the_same_value_in_safe_spelling(attack: str, capsys: pytest.CaptureFixture[str]) -> None:
    value = {"model": f"m{attack}", "line": "a\nb"}
    if attack == "\udc9b":
        value["model"] = "m"  # no JSON encoder writes a lone surrogate
    for indent in (None, 2):
        say_json(value, indent=indent)
        printed = capsys.readouterr().out
        assert not OBEYED & set(printed)
        assert json.loads(printed) == value


def test_whatever_rich_renders_is_plain(attack: str) -> None:
    stream = io.StringIO()
    console = SafeConsole(file=stream, width=80, color_system=None)
    table = Table(title=f"t{attack}")
    table.add_column(f"c{attack}")
    table.add_row(f"r{attack} [red]no markup[/red] [/]", style="red")
    console.print(Text(f"x{attack}", style="bold"), table, f"s{attack}")
    assert "[red]no markup[/red]" in stream.getvalue()
    assert "[/]" in stream.getvalue(), "wrapped, not lost"
    assert not OBEYED & set(stream.getvalue())


def test_the_colours_of_a_report_stay() -> None:
    stream = io.StringIO()
    console = SafeConsole(file=stream, force_terminal=True, width=80, color_system="standard")
    console.print(Text("x\x1b[5m", style="bold"))
    assert stream.getvalue() == "\x1b[1mx\ufffd[5m\x1b[0m\n"


def test_a_bar_shows_a_description_without_what_a_terminal_obeys(attack: str) -> None:
    stream = io.StringIO()
    console = SafeConsole(file=stream, force_terminal=True, width=120, color_system=None)
    with progress_on(console) as checkpoint:
        checkpoint(0.5, f"[/]reading{attack}")
    assert "[/]readin" in stream.getvalue()
    assert attack not in stream.getvalue()
