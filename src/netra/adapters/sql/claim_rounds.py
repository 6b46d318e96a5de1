"""Lanes of one process that want a run at the same time claim by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, TypeAlias

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim


class Asker(NamedTuple):
    """One that waits for a run."""

    answer: asyncio.Future[Claim | None]
    lease_s: float


ClaimMany: TypeAlias = Callable[
    [float, int], Awaitable[Sequence[Claim]]
]  # for so many seconds, at most so many
Release: TypeAlias = Callable[[Claim], Awaitable[None]]


class ClaimRounds:
    """Who asks while a round is under way is served by the next one, together with all others that do."""

    def __init__(self, claim_many: ClaimMany, *, release: Release) -> None:
        self._claim_many: Final = claim_many
        self._release: Final = release
        self._askers: list[Asker] = []
        self._serving: asyncio.Task[None] | None = None

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Return a claim, the older runs to those who asked first; raise what its round raised."""
        asker = Asker(asyncio.get_running_loop().create_future(), lease_s)
        self._askers.append(asker)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await asker.answer

    async def _serve(self) -> None:
        while self._askers:
            askers, self._askers = self._askers, []
            try:
                await self._serve_together(askers)
            finally:
                for asker in askers:
                    asker.answer.cancel()  # of those that have no answer: the loop is ending

    async def _serve_together(self, askers: Sequence[Asker]) -> None:
        try:
            claims = await self._claim_many(max(asker.lease_s for asker in askers), len(askers))
        except Exception as error:  # noqa: BLE001  # it is theirs who asked
            for asker in _waiting(askers):
                asker.answer.set_exception(error)
            return
        left = list(claims)
        for asker in _waiting(askers):
            asker.answer.set_result(left.pop(0) if left else None)
        for claim in left:  # whoever asked for them is gone
            with suppress(LeaseLost, Unavailable):
                await self._release(claim)


def _waiting(askers: Sequence[Asker]) -> list[Asker]:
    return [asker for asker in askers if not asker.answer.done()]
