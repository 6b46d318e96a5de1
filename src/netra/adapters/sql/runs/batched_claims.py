"""Coalesces the claims of one process: lanes that want a run at the same time share a statement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TypeAlias

from netra.adapters.resilience.coalescer import Coalescer
from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim

ClaimMany: TypeAlias = Callable[[float, int], Awaitable[Sequence[Claim]]]  # seconds, at most so many
Release: TypeAlias = Callable[[Claim], Awaitable[object]]


class ClaimRounds:
    """Runs one claiming statement at a time, each for all lanes that asked during the one before."""

    def __init__(self, claim_many: ClaimMany, *, release: Release) -> None:
        self._claim_many = claim_many
        self._release = release
        self._claims = Coalescer(self._served)

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Return a claim, the oldest run to the lane that asked first. Raises what the statement raised."""
        return await self._claims.ask(lease_s)

    async def _served(self, askers: Mapping[object, float]) -> Mapping[object, Claim | None]:
        claims = await self._claim_many(max(askers.values()), len(askers))
        for claim in claims[len(askers) :]:  # their lanes were cancelled meanwhile
            with suppress(LeaseLost, Unavailable):
                await self._release(claim)
        return dict(zip_longest(askers, claims[: len(askers)]))
