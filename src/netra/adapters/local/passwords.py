"""Password hashes by argon2id, off the event loop.

Threads of low priority do the work, so that a storm of sign-ins leaves the event loop its core. While
another program keeps the cores busy they would starve, so what waits long also goes to one thread
of normal priority, which rests in proportion to its work: sign-ins get a share of a core whatever else runs.
"""

import asyncio
import base64
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from netra.domain.errors import Unavailable

MEMORY_KIB: Final = 19 * 1024  # OWASP Password Storage Cheat Sheet, 2024: m=19 MiB, t=2, p=1
ROUNDS: Final = 2
THREADS: Final = 2  # each takes a core and 19 MiB for about 20 ms
WAITING_MAX: Final = 100  # about a second of work on two threads
NICE: Final = 15  # of 19: against a busy event loop each thread still gets about a thirtieth of a core
URGENT_AFTER_S: Final = 0.25  # ten times what a hash takes on an idle core: by then it is starved
URGENT_SHARE: Final = 0.2  # upper bound on the share of one core that the urgent thread uses

T = TypeVar("T")


class Argon2PasswordHasher:
    """`PasswordHasher` in a bounded thread pool; `close` ends the threads."""

    def __init__(
        self, *, threads: int = THREADS, waiting_max: int = WAITING_MAX, urgent_share: float = URGENT_SHARE
    ) -> None:
        self._argon2 = PasswordHasher(
            time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._nobodys = _hash_of_nobody()
        self._patient = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_step_back)
        self._urgent = ThreadPoolExecutor(1, thread_name_prefix="argon2-urgent")
        self._urgent_share = urgent_share
        self._urgent_rests_until_s = 0.0  # of the monotonic clock
        self._closing = threading.Event()
        self._waiting = 0
        self._waiting_max = waiting_max

    async def hash(self, password: str) -> str:
        """Return the hash, which includes its parameters and salt. Raises `Unavailable`."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Return whether `password` matches `against`; None takes the same time and returns False."""
        return await self._run(lambda: self._is_match(password, against or self._nobodys))

    def close(self) -> None:
        """End the threads; what they compute now is let finish."""
        self._closing.set()
        for pool in (self._patient, self._urgent):
            pool.shutdown()

    def _is_match(self, password: str, known: str) -> bool:
        try:
            return self._argon2.verify(known, password)
        except InvalidHashError:  # not an argon2 hash: same work and same result as for an unknown account
            return self._is_match(password, self._nobodys)
        except VerificationError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._waiting_max:
            raise Unavailable("Too many sign-ins are queued; try again in a moment.")
        self._waiting += 1
        try:
            return await self._by_whichever_thread(work)
        finally:
            self._waiting -= 1

    async def _by_whichever_thread(self, work: Callable[[], T]) -> T:
        """Return the result of the first thread to have it; what has not begun by then never does."""
        loop = asyncio.get_running_loop()
        tries = {loop.run_in_executor(self._patient, work)}
        try:
            done, _ = await asyncio.wait(tries, timeout=URGENT_AFTER_S)
            if not done:
                tries.add(loop.run_in_executor(self._urgent, self._sparingly, work))
                done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for one in tries:
                one.cancel()

    def _sparingly(self, work: Callable[[], T]) -> T:
        """Do it once the urgent thread has rested from the work before."""
        self._closing.wait(max(self._urgent_rests_until_s - time.monotonic(), 0.0))
        began_s = time.thread_time()
        try:
            return work()
        finally:
            used_s = time.thread_time() - began_s
            self._urgent_rests_until_s = time.monotonic() + used_s * (1 / self._urgent_share - 1)


def _step_back() -> None:
    """Lower this thread's priority, so that a burst of sign-ins slows down only sign-ins."""
    if sys.platform == "linux":  # elsewhere a priority applies to the whole process
        with suppress(OSError):  # a thread without permission to lower its priority works all the same
            present = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(present, NICE))


def _hash_of_nobody() -> str:
    """Return a well-formed dummy hash that matches no known password: its digest is random."""

    def chance(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    return f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p=1${chance(16)}${chance(32)}"
