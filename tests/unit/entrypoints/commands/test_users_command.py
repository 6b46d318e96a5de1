"""`netra users`, over a real store in a folder."""

import io
import json
from pathlib import Path

import pytest

from netra.entrypoints.cli import exit_code


@pytest.fixture
def data(empty_store: Path) -> list[str]:
    return ["--data", str(empty_store)]


def add(email: str, data: list[str], patch: pytest.MonkeyPatch, *, typed: str = "correct horse\n") -> int:
    patch.setattr("sys.stdin", io.StringIO(typed))
    return exit_code(["users", "add", email, "--name", "Ada", "--password-stdin", *data])


def test_somebody_added_is_listed(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add("Ada@Example.com", data, monkeypatch) == 0
    assert capsys.readouterr().out == "Added ada@example.com as user 1.\n"
    assert exit_code(["users", "list", "--json", *data]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"id": 1, "email": "ada@example.com", "name": "Ada", "role": "member"}
    ]


def test_an_e_mail_is_taken_once(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add("ada@example.com", data, monkeypatch) == 0
    assert add("ADA@example.com", data, monkeypatch) == 2
    assert "A user with this e-mail address already exists." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("nobody", "correct horse\n", "email must look like name@host"),
        ("a@b.c", "short\n", "password must have"),
        ("a@b.c", "", "There is no password on standard input."),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    email: str,
    password: str,
    said: str,
    data: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert add(email, data, monkeypatch, typed=password) == 2
    assert said in capsys.readouterr().err


def test_a_password_is_never_taken_from_a_pipe_unasked(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert exit_code(["users", "add", "a@b.c", "--name", "A", *data]) == 2
    assert "--password-stdin" in capsys.readouterr().err


def test_an_empty_house_says_how_to_add_somebody(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["users", "list", *data]) == 0
    assert "netra users add" in capsys.readouterr().err


def test_a_person_reads_the_list_in_lines(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add("ada@example.com", data, monkeypatch) == 0
    capsys.readouterr()
    assert exit_code(["users", "list", *data]) == 0
    assert capsys.readouterr().out == "   1  ada@example.com  Ada  member\n"
