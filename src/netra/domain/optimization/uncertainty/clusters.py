"""Groups of calls that depend on one another: sessions where the log has them, clients, or blocks of time.

Calls of a session share a user, a task and a growing context, and calls of one quarter of an hour share
a mix of users, so a standard error that takes calls as independent is too small (2.4 times on a public
chat hour). Only which calls belong together is decided here; what is estimated from them is not.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import numpy as np

from netra.domain.workloads.columns import Events, Floats, Ints, Labels
from netra.domain.workloads.derived import labelled

FEWEST: Final = 30  # clusters: with fewer, cluster-robust errors are too small (Cameron & Miller 2015, VI)
BLOCKS_S: Final = (
    60.0,
    300.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
)  # the block lengths that are tried
WITH_A_SESSION: Final = 0.9  # least share of the calls that must name a session or client
CLIENTS: Final = ("client", "customer", "user", "tenant")  # keys of `labels` that name who called
_NS_PER_S: Final = 1e9


class Clusters(msgspec.Struct, frozen=True, kw_only=True):
    """Which cluster each call belongs to."""

    codes: Ints  # cluster of each call, from 0
    count: int
    by: Literal["session", "client", "time"]
    block_s: float | None = None  # the length of a block of time

    def total(self, values: Floats | Ints) -> Floats:
        """Return the sum of `values` of each cluster."""
        return np.bincount(self.codes, weights=values, minlength=self.count).astype(np.float64)

    @property
    def name(self) -> str:
        """Name the clusters in a sentence.

        >>> blocks_of(np.array([0, 1]), block_s=900.0).name
        'blocks of 15 min'
        """
        if self.block_s is None:
            return f"{self.by}s"
        minutes = self.block_s / 60
        return f"blocks of {minutes:g} min" if minutes < 60 else f"blocks of {minutes / 60:g} h"


def sessions_of(session: Labels | None) -> Clusters | None:
    """Return the calls by session; None where too few calls name one, or the sessions are too few.

    A call without a session is a cluster of its own.
    """
    return _named(session, by="session")


def clients_of(events: Events) -> Clusters | None:
    """Return the calls by client, named by the first usable key of `CLIENTS`; None as for sessions."""
    found = (_named(labelled(events, key), by="client") for key in CLIENTS)
    return next((clusters for clusters in found if clusters is not None), None)


def _named(labels: Labels | None, *, by: Literal["session", "client"]) -> Clusters | None:
    if labels is None or not len(labels.codes):
        return None
    alone = labels.codes < 0
    if alone.mean() > 1 - WITH_A_SESSION:
        return None
    marks = labels.codes.astype(np.int64)
    marks[alone] = len(labels.names) + np.arange(int(alone.sum()))
    found, codes = np.unique(marks, return_inverse=True)
    if len(found) < FEWEST:
        return None
    return Clusters(codes=codes.astype(np.int64), count=len(found), by=by)


def blocks_of(at_ns: Ints, *, block_s: float, edge_ns: int | None = None) -> Clusters:
    """Return the calls by block of time; `edge_ns` is an instant at which a block begins.

    Blocks without a call in them are no clusters.

    >>> blocks_of(np.array([0, 30, 70]) * 10**9, block_s=60.0).codes.tolist()
    [0, 0, 1]
    """
    edge = int(at_ns.min()) if edge_ns is None else edge_ns
    found, codes = np.unique(
        np.floor_divide(at_ns - edge, np.int64(block_s * _NS_PER_S)), return_inverse=True
    )
    return Clusters(codes=codes.astype(np.int64), count=len(found), by="time", block_s=block_s)


def every_length_of(at_ns: Ints) -> Iterator[Clusters]:
    """Yield the calls by ever longer blocks, as long as there are `FEWEST` of them."""
    for block_s in BLOCKS_S:
        blocks = blocks_of(at_ns, block_s=block_s)
        if blocks.count < FEWEST:
            return
        yield blocks
