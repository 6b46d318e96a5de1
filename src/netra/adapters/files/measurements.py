"""Reads a table of measured inference times: CSV in, `Measurement`s out, bad rows with their line.

All column names of the published tables are supported; the domain interprets the rows.
"""

import csv
from collections.abc import Iterable, Mapping
from typing import Final

from netra.domain.errors import UnreadableFile
from netra.domain.optimization.performance.validation.measurement import Measurement
from netra.domain.workloads.model import RowFault

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "model": ("model", "model_path", "model_name"),
    "hardware": ("hardware", "system", "gpu", "device"),
    "engine": ("backend", "engine", "framework"),
    "precision": ("gemm_quant_mode", "precision", "quantization", "dtype"),
    "kv_precision": ("kvcache_quant_mode", "kv_cache_dtype", "kv_precision"),
    "input": ("isl", "prompt_size", "input_tokens", "input_length"),
    "output": ("osl", "token_size", "output_tokens", "output_length"),
    "batch": ("batch_size", "concurrency", "batch"),
    "tp": ("tp_size", "tensor_parallel", "tp"),
    "data_parallel": ("attention_dp_size", "attention_dp", "data_parallel", "dp_size"),
    "expert_parallel": ("moe_ep_size", "expert_parallel", "ep_size"),
    "release": ("backend_version", "engine_version", "framework_version"),
    "ttft": ("silicon_ttft_ms", "ttft_ms", "measured_ttft_ms", "prompt_time", "ttft"),
    "tpot": ("silicon_tpot_ms", "tpot_ms", "measured_tpot_ms", "token_time", "tpot"),
}
_NEEDED: Final = ("model", "hardware", "input", "output", "batch")
_FIXED_BATCH: Final = frozenset({"prompt_time", "token_time"})


def read_measurements(lines: Iterable[str]) -> tuple[tuple[Measurement, ...], tuple[RowFault, ...]]:
    """Return the rows of a CSV file, and the lines that could not be read.

    Raises: UnreadableFile: when the header lacks a required column or both measured times.
    """
    reader = csv.DictReader(lines)
    names = {str(name).strip().lower(): str(name) for name in reader.fieldnames or ()}
    found = {
        field: names[alias]
        for field, aliases in _COLUMNS.items()
        for alias in reversed(aliases)
        if alias in names
    }
    missing = [field for field in _NEEDED if field not in found]
    if missing or not {"ttft", "tpot"} & set(found):
        raise UnreadableFile(_expected(missing, names))
    fixed = bool(_FIXED_BATCH & set(names)) and "engine" not in found
    rows: list[Measurement] = []
    faults: list[RowFault] = []
    for record in reader:
        cells = {field: str(record.get(column) or "").strip() for field, column in found.items()}
        try:
            rows.append(_row(cells, line=reader.line_num, fixed=fixed))
        except ValueError as error:
            message = f"Line {reader.line_num}: {error}."
            faults.append(RowFault(line=reader.line_num, code="UNREADABLE", message=message))
    return tuple(rows), tuple(faults)


def _row(cells: Mapping[str, str], *, line: int, fixed: bool) -> Measurement:
    return Measurement(
        line=line,
        model=_text(cells, "model"),
        hardware=_text(cells, "hardware"),
        engine=cells.get("engine") or None,
        precision=cells.get("precision") or None,
        kv_precision=cells.get("kv_precision") or None,
        input_tokens=_number(cells, "input"),
        output_tokens=_number(cells, "output"),
        batch=_number(cells, "batch"),
        tp=_size(cells, "tp"),
        ttft_ms=_number(cells, "ttft") if cells.get("ttft") else None,
        tpot_ms=_number(cells, "tpot") if cells.get("tpot") else None,
        load="fixed_batch" if fixed else "closed_loop",
        data_parallel=_size(cells, "data_parallel"),
        expert_parallel=max(1, _size(cells, "expert_parallel")),
        release=cells.get("release", ""),
    )


def _size(cells: Mapping[str, str], field: str) -> int:
    """Return the size of a parallel group; 1 if the file has no such column."""
    return round(_number(cells, field)) if cells.get(field) else 1


def _text(cells: Mapping[str, str], field: str) -> str:
    if not cells[field]:
        raise ValueError(f"no {field} is named")
    return cells[field]


def _number(cells: Mapping[str, str], field: str) -> float:
    try:
        return float(cells[field])
    except ValueError:
        raise ValueError(f"{field} is {cells[field]!r}, which is not a number") from None


def _expected(missing: list[str], names: Mapping[str, str]) -> str:
    wanted = ", ".join(_COLUMNS[field][0] for field in missing) or "a measured TTFT or TPOT"
    return f"A table of measurements needs {wanted}; found the columns {', '.join(names.values()) or 'none'}."
