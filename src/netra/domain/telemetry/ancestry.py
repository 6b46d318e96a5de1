"""Which spans stand above another in its trace, and what a call takes from them."""

from collections.abc import Iterable, Iterator
from typing import Final

from netra.domain.telemetry.tellers import Ancestor, Teller

DEPTH_MAX: Final = 64  # spans above one call that are looked at; also ends a cycle of parents


class Ancestry:
    """The parents of spans, of calls and of all others."""

    def __init__(self, tellers: Iterable[Teller], ancestors: Iterable[Ancestor]) -> None:
        self._parents: dict[tuple[str, str], str] = {}
        self._ancestors: dict[tuple[str, str], Ancestor] = {}
        for teller in tellers:
            if teller.span:
                self._parents[teller.trace, teller.span] = teller.parent
        for ancestor in ancestors:
            self._parents[ancestor.trace, ancestor.span] = ancestor.parent
            self._ancestors[ancestor.trace, ancestor.span] = ancestor

    def above(self, trace: str, parent: str) -> Iterator[str]:
        """Yield the ids of the spans above, the nearest first."""
        for _ in range(DEPTH_MAX):
            if not parent:
                return
            yield parent
            parent = self._parents.get((trace, parent), "")

    def ancestors(self, teller: Teller) -> Iterator[Ancestor]:
        """Yield the spans above a call that are no calls, the nearest first."""
        for span in self.above(teller.trace, teller.parent):
            found = self._ancestors.get((teller.trace, span))
            if found is not None:
                yield found
