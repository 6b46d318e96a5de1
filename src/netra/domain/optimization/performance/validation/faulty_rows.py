"""Finds measurement rows that cannot be right, so that they are reported and excluded from averages.

A row is refused if the file itself or physics contradicts it, never for being predicted badly: a scorer
that chooses its rows by the prediction scores itself. The model only words a likely mistake.
"""

from collections.abc import Sequence
from math import isfinite, log
from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.validation.contradictions import contradicting
from netra.domain.optimization.performance.validation.measurement import (
    Measurement,
    Predicted,
    deployment_of,
    predict,
)
from netra.domain.optimization.performance.validation.physics import impossible
from netra.domain.workloads.model import RowFault

GROUP_MOST: Final = 8
"""Most GPUs of a replica: more exceed one machine, whose links the model covers."""

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
        physical = impossible(row, deployment=deployment)
        if physical is None:
            judged.append((row, predicted))
        else:
            faults.append(_fault(row, "IMPOSSIBLE", physical + _slip(row, predicted)))
    bad = contradicting([row for row, _ in judged])
    kept = tuple(one for one in judged if one[0].line not in bad)
    found = [
        _fault(row, "CONTRADICTS", bad[row.line] + _slip(row, seen))
        for row, seen in judged
        if row.line in bad
    ]
    return kept, tuple(sorted([*faults, *found], key=lambda fault: fault.line))


def _unusable(row: Measurement) -> str | None:
    if row.tpot_ms is None and row.ttft_ms is None:
        return "it has no measured time"
    for name, value in (("TTFT", row.ttft_ms), ("TPOT", row.tpot_ms)):
        if value is not None and not (isfinite(value) and value > 0.0):
            return f"its {name} of {value} ms is not a positive number"
    for name, size in (("batch", row.batch), ("input", row.input_tokens), ("output", row.output_tokens)):
        if not (isfinite(size) and size >= 1.0):
            return f"its {name} of {size} is below 1"
    return _unusable_group(row)


def _unusable_group(row: Measurement) -> str | None:
    for name, size in (("tensor", row.tp), ("attention-data", row.data_parallel)):
        if size < 1:
            return f"its {name} parallelism of {size} is below 1"
    if row.tp * row.data_parallel <= GROUP_MOST:
        return None
    what = f"group of {row.tp} x {row.data_parallel} GPUs"
    if row.data_parallel == 1:
        what = f"tensor parallelism of {row.tp}"
    return f"its {what} exceeds one machine: the model covers groups of 1 to {GROUP_MOST}"


def _slip(row: Measurement, seen: Predicted) -> str:
    """Return the likely mistake in a refused row, if it is a common one."""
    if row.ttft_ms is not None and row.tpot_ms is not None:
        changed = msgspec.structs.replace(row, ttft_ms=row.tpot_ms, tpot_ms=row.ttft_ms)
        if max(map(abs, _log_ratios(changed, seen))) < log(_ALIKE):
            return ", as if TTFT and TPOT were swapped"
    for ratio in _log_ratios(row, seen):
        if abs(abs(ratio) - log(1000.0)) < log(_ALIKE):
            return ", as if in seconds" if ratio < 0.0 else ", as if in microseconds"
    return ""


def _log_ratios(row: Measurement, seen: Predicted) -> list[float]:
    pairs = ((row.ttft_ms, seen.ttft_ms), (row.tpot_ms, seen.tpot_ms))
    return [log(measured / modelled) for measured, modelled in pairs if measured is not None]


def _fault(row: Measurement, code: str, reason: str) -> RowFault:
    return RowFault(line=row.line, code=code, message=f"Line {row.line}: {reason}.")
