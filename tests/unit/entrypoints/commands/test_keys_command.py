"""`netra keys`, and what `netra users` does to accounts that are there, over a real store in a folder."""

import asyncio
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from netra.bootstrap import open_ports
from netra.domain.errors import Unauthorized
from netra.domain.users.model import SignIn
from netra.entrypoints.cli import exit_code
from netra.plugboard import contained
from netra.settings import Settings

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def data(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the option of a store in which Ada has an account."""
    there = ["--data", str(empty_store)]
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert exit_code(["users", "add", "ada@example.com", "--name", "Ada", "--password-stdin", *there]) == 0
    return there


async def tried(data: list[str], *, key: str | None = None, password: str = "") -> bool:
    settings = Settings(data=Path(data[1]))
    async with open_ports(settings) as ports:
        users = contained(ports, settings).user_service()
        try:
            if key is None:
                await users.sign_in(SignIn(email="ada@example.com", password=password))
            else:
                await users.authenticate(key)
        except Unauthorized:
            return False
        return True


def works(data: list[str], *, key: str | None = None, password: str = "") -> bool:
    return asyncio.run(tried(data, key=key, password=password))


def made(data: list[str], capsys: Captured) -> str:
    capsys.readouterr()
    assert exit_code(["keys", "add", "ci", "--scope", "read", "--days", "3", *data]) == 0
    return capsys.readouterr().out.strip()


def test_a_key_is_printed_once_listed_without_its_secret_and_revoked(
    data: list[str], capsys: Captured
) -> None:
    secret = made(data, capsys)
    assert works(data, key=secret)
    assert exit_code(["keys", "list", *data]) == 0
    line = capsys.readouterr().out
    assert secret not in line
    assert secret[-4:] in line
    assert exit_code(["keys", "list", "--json", *data]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["scopes"] == ["read"]
    assert exit_code(["keys", "revoke", told["id"], *data]) == 0
    assert not works(data, key=secret)
    assert exit_code(["keys", "revoke", told["id"], *data]) == 2
    capsys.readouterr()
    assert exit_code(["keys", "list", *data]) == 0
    assert "There is no key yet" in capsys.readouterr().err


def test_a_member_gets_no_administrators_key(data: list[str], capsys: Captured) -> None:
    assert exit_code(["keys", "add", "ci", "--scope", "admin", *data]) != 0
    assert "Only an administrator" in capsys.readouterr().err


def test_an_unknown_scope_is_refused(data: list[str], capsys: Captured) -> None:
    assert exit_code(["keys", "add", "ci", "--scope", "all", *data]) == 2


def test_a_password_is_changed_for_somebody(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple\n"))
    assert exit_code(["users", "passwd", "ada@example.com", "--password-stdin", *data]) == 0
    assert "battery" not in capsys.readouterr().out
    assert works(data, password="battery staple")
    assert not works(data, password="correct horse")


def test_a_new_password_says_which_keys_still_work_and_how_to_revoke_them_all(
    data: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    secret = made(data, capsys)
    monkeypatch.setattr("sys.stdin", io.StringIO("battery staple\n"))
    assert exit_code(["users", "passwd", "ada@example.com", "--password-stdin", *data]) == 0
    said = capsys.readouterr()
    assert "1 API key of the user still works" in said.err
    assert "netra keys revoke --all --email ada@example.com" in said.err
    assert works(data, key=secret)
    assert exit_code(["keys", "revoke", "--all", *data]) == 0
    assert capsys.readouterr().out == "Revoked 1 key of ada@example.com.\n"
    assert not works(data, key=secret)


@pytest.mark.parametrize("arguments", [[], ["key-1", "--all"]])
def test_revoking_needs_one_key_or_all(data: list[str], capsys: Captured, arguments: list[str]) -> None:
    assert exit_code(["keys", "revoke", *arguments, *data]) == 2
    assert "Give either a KEY_ID or --all." in capsys.readouterr().err


def test_a_disabled_account_is_closed_to_every_proof(data: list[str], capsys: Captured) -> None:
    secret = made(data, capsys)
    assert exit_code(["users", "disable", "ada@example.com", *data]) == 0
    assert not works(data, key=secret)
    assert not works(data, password="correct horse")


def test_somebody_may_have_no_password(data: list[str], capsys: Captured) -> None:
    assert exit_code(["users", "add", "eve@example.com", "--name", "Eve", "--no-password", *data]) == 0
    assert exit_code(["users", "disable", "nobody@example.com", *data]) == 2


def test_names_that_were_stored_before_they_were_checked_are_listed_plain(
    data: list[str], capsys: Captured
) -> None:
    with closing(sqlite3.connect(Path(data[1]) / "netra.sqlite3")) as connection, connection:
        connection.execute("UPDATE users SET name = ?", ("A\x1b[2J\x9b31m\u202e\nroot",))
    capsys.readouterr()
    assert exit_code(["users", "list", *data]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert exit_code(["users", "list", "--json", *data]) == 0
    printed = capsys.readouterr().out
    assert printed.removesuffix("\n").isprintable()
    assert json.loads(printed)[0]["name"] == "A\x1b[2J\x9b31m\u202e\nroot"


def test_what_is_typed_is_repeated_plain_in_an_error(data: list[str], capsys: Captured) -> None:
    hostile = "\x1b[2J\x9b"
    for arguments in (["keys", "list", "--email", hostile, *data], ["optimize", hostile], [hostile]):
        capsys.readouterr()
        assert exit_code(arguments) == 2
        printed = capsys.readouterr().err
        assert all(line.isprintable() for line in printed.split("\n"))
