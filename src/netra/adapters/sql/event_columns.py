"""Events between columns and rows of `log_events`; nothing here touches a database.

A missing value is NULL in a row; in columns it is -1, NaN or code -1. A log remembers which
optional columns any of its events fills, so that the others are neither read nor built.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, func, literal_column, select, tuple_

from netra.adapters.sql.schema import log_events
from netra.adapters.sql.script import Query, Row, Rows, param
from netra.domain.workloads.columns import Events, Labels, Prefixes

PREFIXES: Final = "prefixes"
_PREFIX_COLUMNS: Final = ("prefix_hashes", "prefix_block_tokens")
_REQUIRED: Final = ("at_ns", "number", "model", "input_tokens", "output_tokens")
_BLOCK_TOKENS: Final = 512  # of an event that says nothing, as in `workloads.model.Event`

Ints = npt.NDArray[Any]


def fields_of(events: Events) -> frozenset[str]:
    """Return the names of the optional columns that `events` has."""
    optional = (name for name in events.__struct_fields__ if name not in _REQUIRED)
    return frozenset(name for name in optional if getattr(events, name) is not None)


@lru_cache(maxsize=64)
def reading(fields: frozenset[str]) -> Query:
    """Return the select of a slice of a log, oldest first, with the columns of `fields` alone."""
    key = log_events.c.at_ns, log_events.c.number
    return Query(
        select(*(_read(name) for name in _columns(fields)))
        .where(
            log_events.c.log == param("log"),
            tuple_(*key) > tuple_(param("last_at_ns"), param("last_number")),
            log_events.c.at_ns < param("until_ns"),
        )
        .order_by(*key)
        .limit(param("most"))
    )


def events_of(rows: Rows, fields: frozenset[str]) -> Events:
    """Return the rows of `reading(fields)`, at least one, as columns."""
    names = _columns(fields)
    taken: dict[str, Sequence[Any]] = dict(zip(names, zip(*rows, strict=True), strict=True))
    made: dict[str, Any] = {  # Any: each field's own column type, which the loop cannot say
        name: _column(name, values)
        for name, values in taken.items()
        if name not in _PREFIX_COLUMNS and name != "number"
    }
    if PREFIXES in fields:
        made[PREFIXES] = _prefixes(*(taken[name] for name in _PREFIX_COLUMNS))
    return Events(**made)


@lru_cache(maxsize=64)
def writing(fields: frozenset[str]) -> Query:
    """Return the insert of events with the columns of `fields` alone, in the order of `rows_of`."""
    return Query(log_events.insert(), sets=["log", *_columns(fields)])


def rows_of(events: Events) -> Callable[[int, int], Iterable[Row]]:
    """Return what makes the rows for `writing(fields_of(events))`, given log and first row's number."""
    names = _columns(fields_of(events))
    columns = {
        name: _values(getattr(events, name), is_required=name in _REQUIRED)
        for name in names
        if name not in {"number", *_PREFIX_COLUMNS}
    }
    if events.prefixes is not None:
        columns |= {name: _prefix_values(events.prefixes, name) for name in _PREFIX_COLUMNS}

    def rows(log: int, first: int) -> Iterable[Row]:
        numbers = range(first, first + len(events))
        return zip(repeat(log), *(columns.get(name, numbers) for name in names), strict=False)

    return rows


def _columns(fields: frozenset[str]) -> Sequence[str]:
    """Return what is read, in the order of the table, so that one set of fields is one statement."""
    wanted = {*_REQUIRED, *fields, *(_PREFIX_COLUMNS if PREFIXES in fields else ())}
    return [name for name in log_events.c.keys() if name in wanted]  # noqa: SIM118 (not a dict)


def _read(name: str) -> ColumnElement[Any]:
    column = log_events.c[name]
    is_whole = np.issubdtype(_dtype(name), np.integer) and name not in _PREFIX_COLUMNS
    return func.coalesce(column, literal_column("-1")) if is_whole and name not in _REQUIRED else column


def _dtype(name: str) -> type[np.generic]:
    if name in {"latency_ms", "ttft_ms", "cost", "deadline_s"}:
        return np.float64
    if name in {"offline", "streaming", "accepted"}:
        return np.int8
    if name.endswith("_tokens") or name == "at_ns":
        return np.int64
    return np.object_


def _column(name: str, values: Sequence[Any]) -> Labels | npt.NDArray[Any]:
    dtype = _dtype(name)
    if dtype is not np.object_:
        return np.array(values, dtype)
    if name == "id":
        return np.array(values, np.object_)
    names = tuple(name for name in dict.fromkeys(values) if name is not None)
    code_of: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    code_of[None] = -1
    codes = np.fromiter(map(code_of.__getitem__, values), np.int32, count=len(values))
    return Labels(codes=codes, names=names)


def _prefixes(chains: Sequence[bytes | None], block_tokens: Sequence[int | None]) -> Prefixes:
    blobs = [blob or b"" for blob in chains]
    lengths = np.array([len(blob) // 8 for blob in blobs], np.int64)
    return Prefixes(
        hashes=np.frombuffer(b"".join(blobs), "<i8").astype(np.int64),
        offsets=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        block_tokens=np.array(
            [_BLOCK_TOKENS if tokens is None else tokens for tokens in block_tokens], np.int32
        ),
    )


def _values(column: Labels | npt.NDArray[Any], *, is_required: bool) -> Iterable[Any]:
    """Return one value an event, None where it is missing."""
    if isinstance(column, Labels):
        named: list[Any] = np.array([*column.names, None], np.object_)[column.codes].tolist()
        return named
    values: list[Any] = column.tolist()
    if column.dtype.kind == "O":
        return values
    is_missing = np.isnan(column) if column.dtype.kind == "f" else column < 0
    if is_required or not is_missing.any():
        return values
    for index in np.flatnonzero(is_missing).tolist():
        values[index] = None
    return values


def _prefix_values(prefixes: Prefixes, name: str) -> Iterable[Any]:
    if name == "prefix_block_tokens":
        tokens: list[Any] = prefixes.block_tokens.tolist()
        return tokens
    stored = memoryview(prefixes.hashes.astype("<i8").tobytes())
    edges = (prefixes.offsets * 8).tolist()
    return [bytes(stored[start:end]) or None for start, end in pairwise(edges)]
