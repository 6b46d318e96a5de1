"""Finds rows of one deployment that contradict each other: more work measured far faster.

The file alone decides. The performance model has no part in it, so no row is left out for being predicted
badly.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.optimization.wording import count
from netra.domain.workloads.columns import Floats

COMPARED_MOST: Final = 2000
"""Upper bound on the rows of one deployment that are compared with each other: 4 million pairs."""

FALLS_TPOT: Final = 0.8
"""Smallest ratio of two times per token where only work was added; below it one of the two is wrong."""

FALLS_BETWEEN_RELEASES: Final = 0.5
"""The same where the two were measured on different releases of the engine, of which one may be faster …"""

MORE_BETWEEN_RELEASES: Final = 4.0
"""… and the smallest ratio of their batches: two releases are not compared at nearly equal work."""

FALLS_TTFT: Final = 0.5
"""The same for times to first token, where the time per token falls as well."""

Contradicts = npt.NDArray[np.bool_]
"""[i, j]: row j has at least the work of row i, and was measured far faster."""


def contradicting(rows: Sequence[Measurement]) -> dict[int, str]:
    """Return by line the rows to refuse, with the reason.

    Of a set of contradictions the row with most of them is refused first. Rows with equally many are
    refused together, as nothing in the file says which of them is wrong.
    """
    deployments: dict[tuple[object, ...], list[Measurement]] = defaultdict(list)
    for row in rows:
        deployments[(*row.any_release, row.tp)].append(row)
    found: dict[int, str] = {}
    for members in deployments.values():
        found |= _within(members[:COMPARED_MOST])
    return found


def work_of(rows: Sequence[Measurement]) -> tuple[Floats, ...]:
    """Return the columns that measure work: a row does at least the work of another if none is lower.

    A fixed batch reads its mean context at every step. In a closed loop a longer answer is also
    interrupted less often, so only answers of equal length are compared.
    """
    batch = np.array([row.batch for row in rows])
    inputs = np.array([row.input_tokens for row in rows])
    outputs = np.array([row.output_tokens for row in rows])
    if rows[0].load == "fixed_batch":
        return batch, inputs, inputs + outputs / 2.0
    return batch, inputs, outputs, -outputs


def _within(rows: Sequence[Measurement]) -> dict[int, str]:
    left = _contradictions(rows)
    found: dict[int, str] = {}
    while left.any():
        slower, faster = left.sum(axis=1), left.sum(axis=0)
        worst = slower + faster == (slower + faster).max()
        places: list[int] = np.flatnonzero(worst).tolist()
        for place in places:
            found[rows[place].line] = _reason(int(slower[place]), int(faster[place]))
        left &= ~worst[:, None] & ~worst[None, :]
    return found


def _contradictions(rows: Sequence[Measurement]) -> Contradicts:
    more = np.ones((len(rows), len(rows)), np.bool_)
    for column in work_of(rows):
        more &= column[None, :] >= column[:, None]
    tpot = _ratios([row.tpot_ms for row in rows])
    ttft = _ratios([row.ttft_ms for row in rows])
    same = _same_release(rows)
    falls = same & ((tpot < FALLS_TPOT) | ((ttft < FALLS_TTFT) & (tpot < 1.0)))
    batch = np.array([row.batch for row in rows])
    far_more = batch[None, :] >= MORE_BETWEEN_RELEASES * batch[:, None]
    return more & (falls | (far_more & (tpot < FALLS_BETWEEN_RELEASES)))


def _same_release(rows: Sequence[Measurement]) -> Contradicts:
    codes = {release: code for code, release in enumerate(dict.fromkeys(row.release for row in rows))}
    column = np.array([codes[row.release] for row in rows])
    return np.asarray(column[:, None] == column[None, :])


def _ratios(times: Sequence[float | None]) -> Floats:
    """Return [i, j]: the time of row j over that of row i; 1 where either was not measured."""
    column = np.array([np.nan if time is None else time for time in times])
    return np.asarray(np.nan_to_num(column[None, :] / column[:, None], nan=1.0))


def _reason(slower: int, faster: int) -> str:
    parts = (
        (slower, "far slower than {} of its deployment with at least its work"),
        (faster, "far faster than {} of its deployment with at most its work"),
    )
    return "it is " + " and ".join(text.format(count(rows, "row")) for rows, text in parts if rows)
