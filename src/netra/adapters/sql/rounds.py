"""Callers in one process that want the same thing at the same time are served together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar

A = TypeVar("A")
B = TypeVar("B")

Serve: TypeAlias = Callable[[Mapping[object, A]], Awaitable[Mapping[object, B]]]


class _Joining(NamedTuple, Generic[A, B]):
    askers: dict[object, A]
    served: "asyncio.Task[Mapping[object, B]]"


class Rounds(Generic[A, B]):
    """Who asks while a round is under way is served by the next one, together with all others that do.

    `serve` gets what each asker wants, those who came first first, and returns what each of
    them gets, or raises for all. An asker that is cancelled leaves the mapping, also during its round.
    """

    def __init__(self, serve: Serve[A, B]) -> None:
        self._wanted = serve
        self._joining: _Joining[A, B] | None = None  # the round that has not begun
        self._last: asyncio.Task[Mapping[object, B]] | None = None

    async def ask(self, wanted: A) -> B:
        """Return what a round has for this asker; raise what the round raised."""
        joining = self._joining
        if joining is None:
            askers: dict[object, A] = {}
            self._last = asyncio.create_task(self._serve(askers, after=self._last))
            joining = self._joining = _Joining(askers, self._last)
        asker = object()
        joining.askers[asker] = wanted
        try:
            return (await asyncio.shield(joining.served))[asker]
        except asyncio.CancelledError:
            joining.askers.pop(asker, None)
            raise

    async def _serve(
        self, askers: Mapping[object, A], *, after: "asyncio.Task[Mapping[object, B]] | None"
    ) -> Mapping[object, B]:
        if after is not None:
            await asyncio.wait({after})
        self._joining = None
        return await self._wanted(askers) if askers else {}
