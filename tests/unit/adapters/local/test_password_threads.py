"""The threads that hash passwords, beside everything else that the process does."""

import os
import sys
import threading

import pytest

from netra.adapters.local.passwords import NICE, Argon2PasswordHasher


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads share the priority of their process")
async def test_a_thread_that_hashes_lets_the_others_go_first() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    hasher = Argon2PasswordHasher(threads=1)
    await hasher.hash("x")
    names = {thread.name: thread.native_id for thread in threading.enumerate()}
    hashing = [native for name, native in names.items() if name.startswith("argon2") and native is not None]
    assert {os.getpriority(os.PRIO_PROCESS, native) for native in hashing} == {NICE}
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    hasher.close()
