"""Which ids a log has: digests in a few sorted runs, so that a batch asks for all of its ids at once.

A digest has 128 bits of a cryptographic hash: two ids with one digest cannot be found, let alone met
by chance, so a digest stands for its id. Runs grow as those of a log-structured store do: one that
is not much longer than the next is merged with it. Nothing here touches a database.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

DIGEST_BYTES: Final = 16
KEPT_IDS: Final = 10_000_000  # of all logs in this process: 160 MB at most, read again when they are needed
KEPT_LOGS: Final = 10_000  # however few ids they have; some of them are deleted by now

Digests: TypeAlias = npt.NDArray[np.uint64]  # n x 2, sorted by the first word wherever it is called a run


def digests_of(ids: Iterable[str | None]) -> Digests:
    """Return one digest an id, in order; None gets one that means nothing."""
    data = b"".join(
        [
            blake2b((one or "").encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()
            for one in ids
        ]
    )
    return digests_in(data)


def digests_in(data: bytes) -> Digests:
    """Return digests as they were stored."""
    return np.frombuffer(data, "<u8").reshape(-1, 2)


def in_order(parts: Sequence[Digests]) -> Digests:
    """Return the digests of all parts as one run."""
    whole = np.concatenate(parts)
    if len(parts) == 1:
        return whole[np.argsort(whole[:, 0])]
    return whole[np.argsort(whole[:, 0], kind="stable")]  # the one that is fast where parts are in order


def held(run: Digests, wanted: Digests) -> npt.NDArray[np.bool_]:
    """Return which of `wanted` are in the run."""
    is_held = np.zeros(len(wanted), np.bool_)
    places = np.searchsorted(run[:, 0], wanted[:, 0])
    open_ones = np.flatnonzero(places < len(run))
    while len(open_ones):  # once, unless two digests share their first half
        found = run[places[open_ones]]
        open_ones = open_ones[found[:, 0] == wanted[open_ones, 0]]
        is_held[open_ones] = run[places[open_ones], 1] == wanted[open_ones, 1]
        places[open_ones] += 1
        open_ones = open_ones[~is_held[open_ones] & (places[open_ones] < len(run))]
    return is_held


class KnownIds(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a log up to the stored run `position`; never changed, only succeeded."""

    position: int = 0
    runs: tuple[Digests, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def has(self, wanted: Digests) -> npt.NDArray[np.bool_]:
        """Return which of `wanted` are known."""
        is_known = np.zeros(len(wanted), np.bool_)
        for run in self.runs:
            is_known |= held(run, wanted)
        return is_known

    def with_runs(self, stored: Iterable[tuple[int, bytes]]) -> "KnownIds":
        """Return these and those of the stored runs, which come with their positions."""
        runs = list(self.runs)
        position = self.position
        for number, data in stored:
            position = max(position, number)
            runs.append(digests_in(data))
            while len(runs) > 1 and 2 * len(runs[-1]) > len(runs[-2]):
                runs[-2:] = [in_order(runs[-2:])]
        return KnownIds(position=position, runs=tuple(runs))


class IdCache:
    """The known ids of the logs that were written to last."""

    def __init__(self, *, most: int = KEPT_IDS, logs_most: int = KEPT_LOGS) -> None:
        self._most = most
        self._logs_most = logs_most
        self._kept: OrderedDict[int, KnownIds] = OrderedDict()
        self._ids = 0  # of all that is kept

    def of(self, log: int) -> KnownIds:
        """Return what is known of a log; nothing, of one that was never asked for or is forgotten.

        Two calls may find different things, so whoever goes on from what is known asks once.
        """
        return self._kept.get(log, KnownIds())

    def keep(self, log: int, known: KnownIds) -> None:
        """Remember, and forget the logs that were not written to for longest."""
        before = self.of(log)
        if known.position >= before.position:
            self._kept[log] = known
            self._ids += len(known) - len(before)
        self._kept.move_to_end(log)
        while len(self._kept) > 1 and (self._ids > self._most or len(self._kept) > self._logs_most):
            _, forgotten = self._kept.popitem(last=False)
            self._ids -= len(forgotten)
