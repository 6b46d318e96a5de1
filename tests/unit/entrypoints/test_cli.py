"""The command line's frame: finding commands, refusing nonsense, exit codes."""

from importlib.metadata import version
from io import StringIO
from pathlib import Path

import click
import pytest

from netra.entrypoints.cli import COMMANDS, exit_code, netra


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([flag]) == 0
    out = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_can_be_found_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: netra {name}")


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["--version"]) == 0
    assert capsys.readouterr().out == f"netra {version('netra')}\n"


@pytest.mark.parametrize(("typed", "meant"), [("optimise", "optimize"), ("serv", "serve"), ("user", "users")])
def test_a_slip_of_the_pen_is_answered_with_what_was_meant(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([typed]) == 2
    assert f"There is no command '{typed}'. Did you mean '{meant}'?" in capsys.readouterr().err


def test_a_word_like_no_command_is_answered_with_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["xyzzy"]) == 2
    assert "'netra -h' lists the commands." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["optimize"], "Missing argument 'PATH...'"),
        (["optimize", "no-such-file.csv"], "'no-such-file.csv' cannot be read: No such file"),
        (["optimize", "docs/decisions"], "holds no log"),
        (["optimize", __file__, "--budget", "0"], "0 is not in the range x>0"),
        (["optimize", __file__, "--budget", "nan"], "must be a number of dollars"),
        (["optimize", __file__, "--budget", "lots"], "'lots' is not a valid float"),
        (["optimize", __file__, "--priority", "speed"], "'speed' is not one of"),
        (["optimize", __file__, "--pirority", "cost"], "--priority"),
        (["serve", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_setting_that_does_not_exist_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("NETRA_PROT", "8000")
    assert exit_code(["users", "list", "--data", str(tmp_path)]) == 2
    assert "NETRA_PROT is no setting of Netra" in capsys.readouterr().err


def test_a_file_that_is_no_log_is_refused_with_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam,\nhow are you?\n")
    assert exit_code(["optimize", str(letter)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("Error: ")
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_what_somebody_may_not_do_is_refused_as_what_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("correct horse battery"))
    data = ["--data", str(tmp_path)]
    assert exit_code(["users", "add", "ada@example.com", "--name", "Ada", "--password-stdin", *data]) == 0
    assert exit_code(["keys", "add", "all", "--scope", "admin", *data]) == 2
    assert capsys.readouterr().err.startswith("Error: Only an administrator")


def test_completion_sees_every_command_and_no_other() -> None:
    context = click.Context(netra)
    assert netra.list_commands(context) == sorted(COMMANDS)
    assert netra.get_command(context, "xyzzy") is None


def test_a_failure_of_the_machine_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "netra.sqlite3").mkdir()
    assert exit_code(["users", "list", "--data", str(tmp_path)]) in {1, 2}
    captured = capsys.readouterr()
    assert captured.err.startswith("Error: ")
    assert "Traceback" not in captured.err
