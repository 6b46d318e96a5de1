"""Finds measurement rows that cannot be right, so that they are reported and excluded from averages.

A row is refused if the file itself or physics contradicts it, never for being predicted badly. The model
is used only to choose the odd one of two contradicting rows, and to find a row whose times differ several
times from every other row of its deployment.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import exp, isfinite, log
from statistics import median
from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.validation.measurement import (
    Measurement,
    Predicted,
    deployment_of,
    predict,
)
from netra.domain.workloads.model import RowFault

OFF_ITS_NEIGHBOURS: Final = 3.0
"""Largest factor between a row and the rest of its deployment; beyond it (wrong unit, stall) it is bad."""

ALONE_OFF: Final = 6.0
"""The same for a row with fewer than two neighbours, compared with the model alone."""

TTFT_OFF: Final = (5.0, 30.0)
"""The same for a time to first token that is too short, and too long: callers may wait for memory."""

GROUP_MOST: Final = 8
"""Largest tensor-parallel group: more GPUs exceed one machine, whose links the model covers."""

_PHYSICAL: Final = 0.97  # of the time to read the weights once: tolerance for rounded data-sheet bandwidths
_FALLS_TTFT: Final = 0.5  # a larger batch of equal prompts never halves the time to the first token …
_FALLS_TPOT: Final = 0.8  # … nor takes a fifth off the time per token
_ALIKE: Final = 2.0  # largest factor between two times to assume a mistake in the row

Judged = tuple[Measurement, Predicted]


def sound_rows(
    rows: Sequence[Measurement], *, hardware: Hardware
) -> tuple[tuple[Judged, ...], tuple[RowFault, ...]]:
    """Return the rows to trust with their predictions, and the refused ones with the reason."""
    judged: list[Judged] = []
    faults: list[RowFault] = []
    for row in rows:
        reason = _unusable(row)
        deployment = deployment_of(row, hardware=hardware) if reason is None else reason
        if isinstance(deployment, str):
            faults.append(_fault(row, "UNUSABLE", deployment))
            continue
        predicted = predict(row, deployment=deployment)
        impossible = _impossible(row, deployment=deployment, predicted=predicted)
        if impossible is None:
            judged.append((row, predicted))
        else:
            faults.append(_fault(row, "IMPOSSIBLE", impossible))
    return _without_contradictions(judged, faults)


def _unusable(row: Measurement) -> str | None:
    if row.tpot_ms is None and row.ttft_ms is None:
        return "it has no measured time"
    for name, value in (("TTFT", row.ttft_ms), ("TPOT", row.tpot_ms)):
        if value is not None and not (isfinite(value) and value > 0.0):
            return f"its {name} of {value} ms is not a positive number"
    for name, size in (("batch", row.batch), ("input", row.input_tokens), ("output", row.output_tokens)):
        if not (isfinite(size) and size >= 1.0):
            return f"its {name} of {size} is below 1"
    if row.tp > GROUP_MOST:
        return f"its tensor parallelism of {row.tp} exceeds one machine: the model covers groups of 1 to 8"
    return None if row.tp >= 1 else f"its tensor parallelism of {row.tp} is below 1"


def _impossible(row: Measurement, *, deployment: Deployment, predicted: Predicted) -> str | None:
    if deployment.model.heads % row.tp:
        model = deployment.model
        return f"{model.heads} attention heads of {model.name} do not split over {row.tp} GPUs"
    memory = deployment.memory()
    if memory.weights_gib > memory.memory_gib:
        return (
            f"{memory.weights_gib:,.1f} GiB of weights a GPU do not fit the {memory.memory_gib:,.1f} GiB of "
            f"a {deployment.gpu.name}"
        )
    if row.tpot_ms is not None and row.tpot_ms < _PHYSICAL * predicted.floor_tpot_ms:
        return (
            f"{row.tpot_ms:,.2f} ms per token is less than the {predicted.floor_tpot_ms:,.2f} ms needed to "
            "read the weights once at full bandwidth"
        )
    return None


def _without_contradictions(
    judged: list[Judged], faults: list[RowFault]
) -> tuple[tuple[Judged, ...], tuple[RowFault, ...]]:
    off = _off_their_neighbours(judged)
    near = [one for one in judged if one[0].line not in off]
    bad = off | _falling(near, _offsets(near))
    kept = tuple(one for one in judged if one[0].line not in bad)
    found = [_fault(row, "CONTRADICTS", bad[row.line]) for row, _ in judged if row.line in bad]
    return kept, tuple(sorted([*faults, *found], key=lambda fault: fault.line))


def _offsets(judged: Sequence[Judged]) -> dict[int, float]:
    """Return by line the log ratio of a row's times to the model's: the larger of the two."""
    return {row.line: max(_log_ratios(row, seen).values(), key=abs) for row, seen in judged}


def _log_ratios(row: Measurement, seen: Predicted) -> dict[str, float]:
    pairs = (("TTFT", row.ttft_ms, seen.ttft_ms), ("TPOT", row.tpot_ms, seen.tpot_ms))
    return {name: log(measured / modelled) for name, measured, modelled in pairs if measured is not None}


def _off_their_neighbours(judged: Sequence[Judged]) -> dict[int, str]:
    """Return the rows with a time several times off the rest of their family."""
    families: dict[tuple[object, ...], list[Judged]] = defaultdict(list)
    for row, seen in judged:
        families[row.family].append((row, seen))
    bad: dict[int, str] = {}
    for members in families.values():
        for name in ("TTFT", "TPOT"):
            bad |= _off_in(members, name=name)
    return bad


def _off_in(members: Sequence[Judged], *, name: str) -> dict[int, str]:
    ratios = {row.line: found[name] for row, seen in members if name in (found := _log_ratios(row, seen))}
    lone = len(ratios) < 3
    middle = 0.0 if lone else median(ratios.values())
    least, most = TTFT_OFF if name == "TTFT" else (OFF_ITS_NEIGHBOURS, OFF_ITS_NEIGHBOURS)
    if lone:
        least, most = max(least, ALONE_OFF), max(most, ALONE_OFF)
    others = "the model's" if lone else "the value expected from the other rows of its deployment"
    return {
        row.line: f"its {name} is {exp(ratios[row.line] - middle):.2g} times {others}{_slip(row, seen)}"
        for row, seen in members
        if row.line in ratios and not -log(least) <= ratios[row.line] - middle <= log(most)
    }


def _slip(row: Measurement, seen: Predicted) -> str:
    """Return the likely mistake in the row, if it is a common one."""
    if row.ttft_ms is not None and row.tpot_ms is not None:
        changed = msgspec.structs.replace(row, ttft_ms=row.tpot_ms, tpot_ms=row.ttft_ms)
        if max(map(abs, _log_ratios(changed, seen).values())) < log(_ALIKE):
            return ", as if TTFT and TPOT were swapped"
    for ratio in _log_ratios(row, seen).values():
        if abs(abs(ratio) - log(1000.0)) < log(_ALIKE):
            return ", as if in seconds" if ratio < 0.0 else ", as if in microseconds"
    return ""


def _falling(judged: Sequence[Judged], offset: dict[int, float]) -> dict[int, str]:
    """Return, of adjacent batches where the larger is far faster, the rows further from the model."""
    settings: dict[tuple[object, ...], dict[float, list[Judged]]] = defaultdict(lambda: defaultdict(list))
    for row, seen in judged:
        settings[row.setting][row.batch].append((row, seen))
    bad: dict[int, str] = {}
    for by_batch in settings.values():
        batches = sorted(by_batch)
        for small, large in pairwise(batches):
            if not _falls(by_batch[small], by_batch[large]):
                continue
            odd = max((small, large), key=lambda batch: _oddness(by_batch[batch], offset))
            other = small if odd == large else large
            for row, _ in by_batch[odd]:
                bad[row.line] = (
                    f"batch {large:g} is measured far faster than batch {small:g}; {other:g} fits better"
                )
    return bad


def _falls(small: Sequence[Judged], large: Sequence[Judged]) -> bool:
    ttft = _ratio([row.ttft_ms for row, _ in large], [row.ttft_ms for row, _ in small])
    tpot = _ratio([row.tpot_ms for row, _ in large], [row.tpot_ms for row, _ in small])
    return tpot < _FALLS_TPOT or (ttft < _FALLS_TTFT and tpot < 1.0)


def _ratio(above: Sequence[float | None], below: Sequence[float | None]) -> float:
    """Return the ratio of the medians, 1 where either was not measured."""
    top, bottom = [v for v in above if v is not None], [v for v in below if v is not None]
    return median(top) / median(bottom) if top and bottom else 1.0


def _oddness(rows: Sequence[Judged], offset: dict[int, float]) -> float:
    return median(abs(offset[row.line]) for row, _ in rows)


def _fault(row: Measurement, code: str, reason: str) -> RowFault:
    return RowFault(line=row.line, code=code, message=f"Line {row.line}: {reason}.")
