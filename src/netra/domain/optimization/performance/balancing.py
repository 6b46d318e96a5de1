"""How requests are assigned to the replicas of a fleet."""

from enum import StrEnum

import numpy as np


class Balancing(StrEnum):
    """How requests are assigned to replicas."""

    RANDOM = "random"  # each request to a replica drawn evenly: the least even of the three
    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"  # fewest unfinished requests; the first on ties


def drawn(count: int, *, size: int, seed: int) -> list[int]:
    """Return a replica for each request, drawn evenly by SplitMix64 of its position (Steele et al., 2014)."""
    mixed = np.arange(1, count + 1, dtype=np.uint64) + np.uint64(seed << 32)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    places: list[int] = ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(size)).tolist()
    return places
