"""The time of a refused sign-in tells nothing about which accounts there are."""

import statistics
import time
from pathlib import Path

import pytest

from netra.bootstrap import open_ports
from netra.domain.errors import Unauthorized
from netra.domain.users.model import AddUser, SignIn
from netra.domain.users.service import UserService
from netra.plugboard import contained
from netra.settings import Settings

PAIRS = 200
MOST = 1.05  # times the quickest median
EMAILS = {"wrong": "ada@example.com", "unknown": "nobody@example.com", "elsewhere": "eve@example.com"}


async def work_s(users: UserService, email: str) -> float:
    """Return the processor time of one refusal: on a busy machine the wall clock tells of others' work."""
    began_s = time.process_time()
    with pytest.raises(Unauthorized):
        await users.sign_in(SignIn(email=email, password="not the password"))
    return time.process_time() - began_s


@pytest.mark.system
@pytest.mark.long(17)
async def test_unknown_wrong_and_elsewhere_take_the_same_work(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    async with open_ports(settings) as ports:
        users = contained(ports, settings).user_service()
        await users.add(AddUser(email=EMAILS["wrong"], name="Ada", password="correct horse"))
        await users.add(AddUser(email=EMAILS["elsewhere"], name="Eve"))
        for email in EMAILS.values():
            await work_s(users, email)
        took_s: dict[str, list[float]] = {name: [] for name in EMAILS}
        for _ in range(PAIRS):
            for name, email in EMAILS.items():
                took_s[name].append(await work_s(users, email))
    medians = {name: statistics.median(times) for name, times in took_s.items()}
    assert max(medians.values()) <= MOST * min(medians.values()), medians
