"""A refused sign-in does the same work whether or not there is such an account.

Work is counted: the questions to every store, and the password checks. `bench/faults.py` measures the time.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netra.bootstrap import open_ports
from netra.domain.errors import Unauthorized
from netra.domain.users.model import AddUser, SignIn
from netra.plugboard import contained
from netra.settings import Settings

pytestmark = pytest.mark.system

EMAILS = {"wrong": "ada@example.com", "unknown": "nobody@example.com", "elsewhere": "eve@example.com"}
COUNTED = ("users", "sessions", "passwords", "audit", "tickets", "one_time")


class Counted:
    """One port, and the names of the methods that were asked of it."""

    def __init__(self, name: str, port: Any, asked: list[str]) -> None:
        self._name = name
        self._port = port
        self._asked = asked

    def __getattr__(self, method: str) -> Any:
        self._asked.append(f"{self._name}.{method}")
        return getattr(self._port, method)


async def test_unknown_wrong_and_elsewhere_take_the_same_work(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    asked: list[str] = []
    async with open_ports(settings) as ports:
        counted: Any = {name: Counted(name, getattr(ports, name), asked) for name in COUNTED}
        users = contained(replace(ports, **counted), settings).user_service()
        await users.add(AddUser(email=EMAILS["wrong"], name="Ada", password="correct horse"))
        await users.add(AddUser(email=EMAILS["elsewhere"], name="Eve"))
        work: dict[str, list[str]] = {}
        for name, email in EMAILS.items():
            asked.clear()
            with pytest.raises(Unauthorized):
                await users.sign_in(SignIn(email=email, password="not the password"))
            work[name] = list(asked)
    assert work["unknown"] == work["wrong"] == work["elsewhere"]
    assert work["unknown"].count("passwords.verify") == 1
    assert "users.find_by_email" in work["unknown"]
