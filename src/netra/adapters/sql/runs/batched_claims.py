"""Coalesces concurrent claims of one process into one statement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import TypeAlias

from netra.adapters.resilience.coalescer import Coalescer
from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim

# lease in seconds, maximum number of claims
ClaimMany: TypeAlias = Callable[[float, int], Awaitable[Sequence[Claim]]]
Release: TypeAlias = Callable[[Claim], Awaitable[object]]


class ClaimRounds:
    """Runs one claiming statement at a time; claims requested while it runs form the next batch."""

    def __init__(self, claim_many: ClaimMany, *, release: Release) -> None:
        self._claim_many = claim_many
        self._release = release
        self._claims = Coalescer(self._served)

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Return a claim; the oldest run goes to the lane that asked first.

        Raises the statement's exception.
        """
        return await self._claims.ask(lease_s)

    async def _served(self, askers: Mapping[object, float]) -> Mapping[object, Claim | None]:
        claims = await self._claim_many(max(askers.values()), len(askers))
        for claim in claims[len(askers) :]:  # their lanes were cancelled meanwhile
            with suppress(LeaseLost, Unavailable):
                await self._release(claim)
        return dict(zip_longest(askers, claims[: len(askers)]))
