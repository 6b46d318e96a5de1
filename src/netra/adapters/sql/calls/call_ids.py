"""The ids of a log: digests in a few sorted runs, searched for a whole batch in one pass.

A digest has 128 bits of a cryptographic hash. A collision is infeasible, so a digest stands for its id. Runs
grow as in a log-structured merge tree: a run that is not much longer than the next one is merged with it.
Nothing here touches a database.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

DIGEST_BYTES: Final = 16
KEPT_IDS: Final = 10_000_000  # ids cached for all logs in this process: at most 160 MB
KEPT_LOGS: Final = 10_000  # logs in the cache, however few ids each has; some may be deleted by now

Digests: TypeAlias = npt.NDArray[np.uint64]  # n x 2; a run is sorted by the first word


def digests_of(ids: Iterable[str | None]) -> Digests:
    """Return one digest per id, in order; the digest for None is meaningless."""
    data = b"".join(
        [
            blake2b((one or "").encode(errors="surrogatepass"), digest_size=DIGEST_BYTES).digest()
            for one in ids
        ]
    )
    return digests_in(data)


def digests_in(data: bytes) -> Digests:
    """Return the stored digests."""
    return np.frombuffer(data, "<u8").reshape(-1, 2)


def in_order(parts: Sequence[Digests]) -> Digests:
    """Merge the digests of all parts into one run."""
    whole = np.concatenate(parts)
    if len(parts) == 1:
        return whole[np.argsort(whole[:, 0])]
    return whole[np.argsort(whole[:, 0], kind="stable")]  # fastest where the parts are sorted already


def held(run: Digests, wanted: Digests) -> npt.NDArray[np.bool_]:
    """Return which of `wanted` are in the run."""
    is_held = np.zeros(len(wanted), np.bool_)
    places = np.searchsorted(run[:, 0], wanted[:, 0])
    open_ones = np.flatnonzero(places < len(run))
    while len(open_ones):  # one pass, unless two digests share their first half
        found = run[places[open_ones]]
        open_ones = open_ones[found[:, 0] == wanted[open_ones, 0]]
        is_held[open_ones] = run[places[open_ones], 1] == wanted[open_ones, 1]
        places[open_ones] += 1
        open_ones = open_ones[~is_held[open_ones] & (places[open_ones] < len(run))]
    return is_held


class KnownIds(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a log up to the stored run at `position`; immutable."""

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
        """Return a copy extended by the stored runs, which come with their positions."""
        runs = list(self.runs)
        position = self.position
        for number, data in stored:
            position = max(position, number)
            runs.append(digests_in(data))
            while len(runs) > 1 and 2 * len(runs[-1]) > len(runs[-2]):
                runs[-2:] = [in_order(runs[-2:])]
        return KnownIds(position=position, runs=tuple(runs))


class IdCache:
    """Caches the known ids of the logs written to most recently."""

    def __init__(self, *, most: int = KEPT_IDS, logs_most: int = KEPT_LOGS) -> None:
        self._most = most
        self._logs_most = logs_most
        self._kept: OrderedDict[int, KnownIds] = OrderedDict()
        self._ids = 0  # number of ids in the cache

    def of(self, log: int) -> KnownIds:
        """Return the cached ids of a log; empty for a log that is not cached.

        Two calls may return different ids, so a caller uses the result of one call throughout.
        """
        return self._kept.get(log, KnownIds())

    def keep(self, log: int, known: KnownIds) -> None:
        """Store the ids, evicting the logs that were written to least recently."""
        before = self.of(log)
        if known.position >= before.position:
            self._kept[log] = known
            self._ids += len(known) - len(before)
        self._kept.move_to_end(log)
        while len(self._kept) > 1 and (self._ids > self._most or len(self._kept) > self._logs_most):
            _, forgotten = self._kept.popitem(last=False)
            self._ids -= len(forgotten)
