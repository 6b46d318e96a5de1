"""Lanes of one process that want a run at the same time claim by one statement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TypeAlias

from netra.adapters.sql.rounds import Rounds
from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim

ClaimMany: TypeAlias = Callable[[float, int], Awaitable[Sequence[Claim]]]  # seconds, at most so many
Release: TypeAlias = Callable[[Claim], Awaitable[object]]


class ClaimRounds:
    """One claim after the other, each for all lanes that asked during the one before."""

    def __init__(self, claim_many: ClaimMany, *, release: Release) -> None:
        self._claim_many = claim_many
        self._release = release
        self._rounds = Rounds(self._served)

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Return a claim, the older runs to those who asked first; raise what its round raised."""
        return await self._rounds.ask(lease_s)

    async def _served(self, askers: Mapping[object, float]) -> Mapping[object, Claim | None]:
        claims = await self._claim_many(max(askers.values()), len(askers))
        for claim in claims[len(askers) :]:  # whoever asked for them is gone
            with suppress(LeaseLost, Unavailable):
                await self._release(claim)
        return dict(zip_longest(askers, claims[: len(askers)]))
