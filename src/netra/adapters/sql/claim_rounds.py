"""Lanes of one process that want a run at the same time claim by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from netra.domain.errors import LeaseLost, Unavailable
from netra.domain.runs.model import Claim

ClaimMany: TypeAlias = Callable[[float, int], Awaitable[Sequence[Claim]]]  # seconds, at most so many
Release: TypeAlias = Callable[[Claim], Awaitable[None]]
Served: TypeAlias = asyncio.Task[Mapping[object, Claim]]


class Joining(NamedTuple):
    """A round: who asks in it, with the lease that each wants, and what comes of it."""

    askers: dict[object, float]
    served: Served


class ClaimRounds:
    """Who asks while a round is under way is served by the next one, together with all others that do."""

    def __init__(self, claim_many: ClaimMany, *, release: Release) -> None:
        self._claim_many = claim_many
        self._release = release
        self._joining: Joining | None = None  # the round that has not begun
        self._last: Served | None = None

    async def claim(self, *, lease_s: float) -> Claim | None:
        """Return a claim, the older runs to those who asked first; raise what its round raised."""
        joining = self._joining
        if joining is None:
            askers: dict[object, float] = {}
            self._last = asyncio.create_task(self._serve(askers, after=self._last))
            joining = self._joining = Joining(askers, self._last)
        asker = object()
        joining.askers[asker] = lease_s
        try:
            return (await asyncio.shield(joining.served)).get(asker)
        except asyncio.CancelledError:
            joining.askers.pop(asker, None)
            raise

    async def _serve(self, askers: dict[object, float], *, after: Served | None) -> Mapping[object, Claim]:
        if after is not None:
            await asyncio.wait({after})
        self._joining = None
        if not askers:
            return {}
        claims = await self._claim_many(max(askers.values()), len(askers))
        for claim in claims[len(askers) :]:  # whoever asked for them is gone
            with suppress(LeaseLost, Unavailable):
                await self._release(claim)
        return dict(zip(askers, claims, strict=False))
