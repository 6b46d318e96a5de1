"""Joins the columns of several logs; a column that one of them lacks is filled as missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import MISSING, Codes, Column, Events, Labels, Prefixes


def concatenated(parts: Sequence[Events]) -> Events:
    """Return all events of `parts`, in order; a column missing from one part is filled as missing."""
    if len(parts) == 1:
        return parts[0]
    sizes = [len(part) for part in parts]
    joined: dict[str, Column] = {
        name: _joined([getattr(part, name) for part in parts], sizes) for name in Events.__struct_fields__
    }
    if joined["model"] is None:
        joined["model"] = Labels(codes=np.zeros(0, np.int32), names=())
    for name in ("at_ns", "input_tokens", "output_tokens"):
        if joined[name] is None:
            joined[name] = np.zeros(0, np.int64)
    return from_columns(joined)


def from_columns(columns: Mapping[str, Column]) -> Events:
    """Return events made of columns by name; a column must be of its field's type."""
    typed: Any = columns  # Any: each field has its own column type
    return Events(**typed)


def _joined(columns: Sequence[Column], sizes: Sequence[int]) -> Column:
    first = next((column for column in columns if column is not None), None)
    if first is None:
        return None
    if isinstance(first, Labels):
        return _joined_labels([c if isinstance(c, Labels) else None for c in columns], sizes)
    if isinstance(first, Prefixes):
        return _joined_prefixes([c if isinstance(c, Prefixes) else None for c in columns], sizes)
    dtype = first.dtype
    missing = MISSING[dtype.kind]
    arrays: list[npt.NDArray[Any]] = [
        column if isinstance(column, np.ndarray) else np.full(size, missing, dtype)
        for column, size in zip(columns, sizes, strict=True)
    ]
    return np.concatenate(arrays)


def _joined_labels(columns: Sequence[Labels | None], sizes: Sequence[int]) -> Labels:
    seen: dict[str, int] = {}
    parts: list[Codes] = []
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            parts.append(np.full(size, -1, np.int32))
            continue
        lookup = [seen.setdefault(name, len(seen)) for name in column.names]
        parts.append(np.array([*lookup, -1], np.int32)[column.codes])
    return Labels(codes=np.concatenate(parts), names=tuple(seen))


def _joined_prefixes(columns: Sequence[Prefixes | None], sizes: Sequence[int]) -> Prefixes:
    lengths = [
        np.zeros(size, np.int64) if column is None else np.diff(column.offsets)
        for column, size in zip(columns, sizes, strict=True)
    ]
    blocks = [
        np.full(size, 512, np.int32) if column is None else column.block_tokens
        for column, size in zip(columns, sizes, strict=True)
    ]
    return Prefixes(
        hashes=np.concatenate([column.hashes for column in columns if column is not None]),
        offsets=np.concatenate(([0], np.cumsum(np.concatenate(lengths)))),
        block_tokens=np.concatenate(blocks),
    )
