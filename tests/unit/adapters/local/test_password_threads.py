"""The threads that hash passwords, beside everything else that the process does."""

import asyncio
import os
import sys
import threading
from collections.abc import Generator

import pytest
from argon2 import extract_parameters
from tests.waiting import happens

from netra.adapters.local.passwords import NICE, THREADS, Argon2PasswordHasher
from netra.domain.errors import Unavailable


@pytest.fixture
def starved() -> Generator[Argon2PasswordHasher]:
    """Return a hasher whose patient threads get no turn, as beside programs that use every core."""
    hasher, is_over = Argon2PasswordHasher(waiting_max=3), threading.Event()
    for _ in range(THREADS):
        hasher._patient.submit(is_over.wait)
    yield hasher
    is_over.set()
    hasher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads share the priority of their process")
async def test_a_thread_that_hashes_lets_the_others_go_first() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    hasher = Argon2PasswordHasher(threads=1)
    await hasher.hash("x")
    names = {thread.name: thread.native_id for thread in threading.enumerate()}
    hashing = [native for name, native in names.items() if name.startswith("argon2_") and native is not None]
    assert {os.getpriority(os.PRIO_PROCESS, native) for native in hashing} == {NICE}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    hasher.close()


async def test_a_hash_is_computed_though_the_low_priority_threads_are_starved(
    starved: Argon2PasswordHasher,
) -> None:
    known = await happens(starved.hash("x"), "a hash")
    matches = await happens(
        asyncio.gather(starved.verify("x", against=known), starved.verify("y", against=known)), "two checks"
    )
    assert matches == [True, False]


async def test_who_left_a_starved_hasher_takes_no_place(starved: Argon2PasswordHasher) -> None:
    for _ in range(2):
        leaving = [asyncio.create_task(starved.hash("x")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await starved.hash("x")
        for task in leaving:
            task.cancel()
        await asyncio.wait(leaving)
    assert await happens(starved.hash("x"), "a hash")


async def test_a_failure_of_the_hash_is_the_callers() -> None:
    hasher = Argon2PasswordHasher(threads=1)
    with pytest.raises(AttributeError):
        await hasher.hash(7)  # type: ignore[arg-type]
    hasher.close()


def test_closing_does_not_wait_for_the_urgent_threads_rest() -> None:
    hasher = Argon2PasswordHasher(urgent_share=1e-9)  # a rest of years after one hash
    done = [hasher._urgent.submit(hasher._sparingly, lambda: sum(range(1_000))) for _ in range(2)]
    hasher.close()
    assert [one.result() for one in done] == [499_500] * 2


async def test_a_check_against_no_hash_has_the_parameters_of_a_real_one() -> None:
    hasher = Argon2PasswordHasher(threads=1)
    real, nobodys = await hasher.hash("x"), hasher._nobodys
    hasher.close()
    assert extract_parameters(nobodys) == extract_parameters(real)
