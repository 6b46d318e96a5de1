"""Converts events between the domain's columns and Arrow's; nothing here talks to a server."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from netra.adapters.clickhouse.schema import (
    FLAGS,
    FLOATS,
    INTEGERS,
    LABELS,
    NAMES,
    NEW_INTEGERS,
    NEW_LABELS,
    NEW_NAMES,
    OPTIONAL,
)
from netra.adapters.clickhouse.vendor import arrow
from netra.domain.workloads.columns import Column, Events, Labels, Prefixes
from netra.domain.workloads.joining import concatenated, from_columns
from netra.ports.call_outbox import Parcel

NUMBERS: Final = {
    "at_ns": np.int64,
    "input_tokens": np.int64,
    "output_tokens": np.int64,
    **dict.fromkeys((*INTEGERS, *NEW_INTEGERS), np.int64),
    **dict.fromkeys(FLOATS, np.float64),
    **dict.fromkeys(FLAGS, np.int8),
}
_NAMED: Final = frozenset(("model", *LABELS, *NAMES, *NEW_LABELS, *NEW_NAMES))
_PREFIXES: Final = ("prefix_hashes", "prefix_block_tokens")

ArrowArray = Any  # Any: Arrow's arrays and tables, whose package has no types


def filled_by(events: Events) -> int:
    """Return a bit mask of the optional columns that `events` has."""
    return sum(1 << bit for bit, name in enumerate(OPTIONAL) if getattr(events, name) is not None)


def columns_in(filled: int) -> tuple[str, ...]:
    """Return the names of the table's columns for events with this bit mask."""
    names = [name for bit, name in enumerate(OPTIONAL) if filled >> bit & 1]
    optional = [part for name in names for part in (_PREFIXES if name == "prefixes" else (name,))]
    return ("at_ns", "model", "input_tokens", "output_tokens", *optional)


def arrow_of(parcels: Sequence[Parcel]) -> tuple[Sequence[str], bytes]:
    """Return the names of the columns, and the rows of all parcels as an Arrow stream of one block."""
    events = concatenated([parcel.events for parcel in parcels])
    sizes = [len(parcel.events) for parcel in parcels]
    filled = [filled_by(parcel.events) for parcel in parcels]
    columns: dict[str, ArrowArray] = {
        "owner_id": arrow.array(np.repeat([parcel.owner_id for parcel in parcels], sizes).astype(np.int64)),
        "workload_id": _repeated([str(parcel.workload_id) for parcel in parcels], sizes),
        "batch": _repeated([str(UUID(parcel.name)) for parcel in parcels], sizes),
        "arrival": arrow.array(np.repeat([parcel.arrival for parcel in parcels], sizes).astype(np.uint64)),
        "place": arrow.array(np.concatenate([np.arange(size, dtype=np.uint32) for size in sizes])),
        "filled": arrow.array(np.repeat(filled, sizes).astype(np.uint32)),
        **{name: _written(events, name) for name in columns_in(filled_by(events))},
    }
    table = arrow.record_batch(list(columns.values()), names=list(columns))
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_batch(table)
    return tuple(columns), bytes(sink.getvalue())


def events_of(block: ArrowArray) -> Events:
    """Return a block of rows as columns; one that is empty in every row is None."""
    made: dict[str, Column] = {}
    for name in block.schema.names:
        column = block.column(name)
        if name in NUMBERS:
            made[name] = _kept_numbers(column, name)
        elif name in _NAMED:
            made[name] = _labels(column)
        elif name == "id":
            made[name] = None if column.null_count == len(column) else _objects(column)
    if "prefix_hashes" in block.schema.names:
        made["prefixes"] = _prefixes(*(block.column(name) for name in _PREFIXES))
    made["model"] = made["model"] or Labels(codes=np.zeros(0, np.int32), names=())
    return from_columns(made)


def _repeated(texts: Sequence[str], sizes: Sequence[int]) -> ArrowArray:
    # each text once: ClickHouse rejects a dictionary with duplicates
    code_of = {text: code for code, text in enumerate(dict.fromkeys(texts))}
    codes = np.repeat(np.array([code_of[text] for text in texts], np.int32), sizes)
    return arrow.DictionaryArray.from_arrays(arrow.array(codes), arrow.array(list(code_of)))


def _written(events: Events, name: str) -> ArrowArray:
    if name in _PREFIXES:
        return _written_prefixes(events.prefixes, name)
    column: Any = getattr(events, name)
    if isinstance(column, Labels):
        codes = arrow.array(column.codes, mask=column.codes < 0)
        return arrow.DictionaryArray.from_arrays(codes, arrow.array(column.names, arrow.string()))
    return arrow.array(column, arrow.string()) if name == "id" else arrow.array(column)


def _written_prefixes(prefixes: Prefixes | None, name: str) -> ArrowArray:
    if prefixes is None:
        raise ValueError("the batch has no prefixes")
    if name == "prefix_block_tokens":
        return arrow.array(prefixes.block_tokens)
    offsets = arrow.array(prefixes.offsets.astype(np.int64))
    return arrow.LargeListArray.from_arrays(offsets, arrow.array(prefixes.hashes))


def _kept_numbers(column: ArrowArray, name: str) -> npt.NDArray[Any] | None:
    values: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False).astype(NUMBERS[name], copy=True)
    is_missing = np.isnan(values) if values.dtype.kind == "f" else values < 0
    return None if name in OPTIONAL and is_missing.all() else values


def _labels(column: ArrowArray) -> Labels | None:
    """Return the labels that occur, without unused entries of the engine's dictionary."""
    coded = column if arrow.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=1))
    if not (codes >= 0).any():
        return None
    new_codes = np.full(len(coded.dictionary) + 1, -1, np.int32)  # the last entry is the target of index -1
    new_codes[used] = np.arange(len(used))
    return Labels(codes=new_codes[codes], names=tuple(coded.dictionary.take(arrow.array(used)).to_pylist()))


def _objects(column: ArrowArray) -> npt.NDArray[np.object_]:
    values: npt.NDArray[np.object_] = column.to_numpy(zero_copy_only=False)
    return values.copy()


def _prefixes(chains: ArrowArray, block_tokens: ArrowArray) -> Prefixes | None:
    hashes = chains.flatten().to_numpy(zero_copy_only=False)
    if not len(hashes):
        return None
    offsets = chains.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    return Prefixes(
        hashes=hashes.copy(),
        offsets=offsets - offsets[0],
        block_tokens=block_tokens.to_numpy(zero_copy_only=False).astype(np.int32),
    )
