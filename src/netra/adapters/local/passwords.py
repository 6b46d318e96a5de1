"""Password hashing with argon2id, off the event loop."""

import asyncio
import base64
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from netra.domain.errors import Unavailable

MEMORY_KIB: Final = 19 * 1024  # OWASP Password Storage Cheat Sheet, 2024: m=19 MiB, t=2, p=1
ROUNDS: Final = 2
THREADS: Final = 2  # threads of the pool; each hash takes a core and 19 MiB for about 20 ms
WAITING_MAX: Final = 100  # queued hashes; about a second of work for two threads
NICE: Final = 15  # of 19: next to a busy event loop each thread still gets about a thirtieth of a core

T = TypeVar("T")


class Argon2PasswordHasher:
    """`PasswordHasher` in a bounded thread pool; `close` ends the threads."""

    def __init__(self, *, threads: int = THREADS, waiting_max: int = WAITING_MAX) -> None:
        self._argon2 = PasswordHasher(
            time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._nobodys = _hash_of_nobody()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_step_back)
        self._waiting = 0
        self._waiting_max = waiting_max

    async def hash(self, password: str) -> str:
        """Return the hash, which includes its parameters and salt. Raises `Unavailable`."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, password: str, *, against: str | None) -> bool:
        """Return whether `password` matches `against`; None takes the same time and returns False."""
        return await self._run(lambda: self._is_match(password, against or self._nobodys))

    def close(self) -> None:
        """End the threads, after the hashes in progress."""
        self._pool.shutdown()

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
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._done)
        return await future

    def _done(self, _: object) -> None:
        self._waiting -= 1


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
