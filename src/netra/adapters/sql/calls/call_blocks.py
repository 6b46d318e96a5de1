"""Encodes events as one compact byte string per batch, and decodes it.

Integers are stored as the distance from the smallest, in as few bytes as the largest distance needs. Texts
are compressed. The encoding is lossless. Nothing here touches a database.
"""

import zlib
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Column, Events, Labels, Prefixes
from netra.domain.workloads.joining import from_columns

Array = npt.NDArray[Any]  # Any: one of the number types of `Column`, or text

VERSION: Final = 1  # stored blocks are read indefinitely: a new format gets a new number
FAST: Final = 1  # zlib's level: shrinks texts to a third, at 0.2 us a row

_MISSING_NUL: Final = b""  # a column of equal numbers needs no bytes


class Numbers(msgspec.Struct, frozen=True, array_like=True, tag="n"):
    """A column of numbers of type `dtype`: `low` plus the values in `data`, stored as `kind`."""

    dtype: str
    low: int
    kind: str
    data: bytes


class Texts(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """A column of texts, one per event, some of them missing: a compressed list."""

    data: bytes


class Names(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """A column of labels."""

    codes: Numbers
    names: Texts


class Chains(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """Prefix hashes: the length of each event's chain, all hashes, and the size of a prompt block."""

    lengths: Numbers
    hashes: Numbers
    block_tokens: Numbers


class Block(msgspec.Struct, frozen=True, array_like=True):
    """An encoded batch; columns that are empty in every event are left out."""

    version: int
    size: int
    columns: dict[str, Numbers | Texts | Names | Chains]


_DECODER: Final = msgspec.msgpack.Decoder(Block)
_LIST: Final = msgspec.msgpack.Decoder(list[str | None])


def packed(events: Events) -> bytes:
    """Return the events encoded as bytes."""
    columns = {
        name: _packed(column)
        for name in events.__struct_fields__
        if (column := getattr(events, name)) is not None
    }
    return msgspec.msgpack.encode(Block(VERSION, len(events), columns))


def unpacked(data: bytes) -> Events:
    """Return the decoded events; the arrays are the caller's own."""
    block = _DECODER.decode(data)
    if block.version != VERSION:
        raise ValueError(f"a block of version {block.version} was made by a newer Netra")
    made: dict[str, Column] = {name: _unpacked(column, block.size) for name, column in block.columns.items()}
    return from_columns(made)


def _packed(column: Labels | Prefixes | Array) -> Numbers | Texts | Names | Chains:
    if isinstance(column, Labels):
        return Names(_packed_numbers(column.codes), _packed_texts(list(column.names)))
    if isinstance(column, Prefixes):
        return Chains(
            lengths=_packed_numbers(np.diff(column.offsets)),
            hashes=_packed_numbers(column.hashes),
            block_tokens=_packed_numbers(column.block_tokens),
        )
    return _packed_texts(column.tolist()) if column.dtype.kind == "O" else _packed_numbers(column)


def _packed_texts(texts: list[str | None]) -> Texts:
    return Texts(zlib.compress(msgspec.msgpack.encode(texts), FAST))


def _packed_numbers(values: Array) -> Numbers:
    kind = values.dtype.str
    if values.dtype.kind == "f" or not len(values):
        return Numbers(kind, 0, kind, values.tobytes())
    low, high = int(values.min()), int(values.max())
    if low == high:
        return Numbers(kind, low, "", _MISSING_NUL)
    for narrow in ("<u1", "<u2", "<u4"):
        if high - low <= np.iinfo(narrow).max:
            return Numbers(kind, low, narrow, (values - low).astype(narrow).tobytes())
    return Numbers(kind, 0, kind, values.tobytes())


def _unpacked(column: Numbers | Texts | Names | Chains, size: int) -> Column:
    if isinstance(column, Numbers):
        return _numbers(column, size)
    if isinstance(column, Names):
        return Labels(codes=_numbers(column.codes, size), names=tuple(filter(None, _texts(column.names))))
    if isinstance(column, Texts):
        # the trailing None keeps numpy from guessing the type
        return np.array([*_texts(column), None], np.object_)[:-1]
    lengths = _numbers(column.lengths, size)
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)))
    return Prefixes(
        hashes=_numbers(column.hashes, int(offsets[-1])),
        offsets=offsets,
        block_tokens=_numbers(column.block_tokens, size),
    )


def _texts(texts: Texts) -> list[str | None]:
    return _LIST.decode(zlib.decompress(texts.data))


def _numbers(column: Numbers, size: int) -> Array:
    if not column.kind:
        return np.full(size, column.low, column.dtype)
    values = np.frombuffer(column.data, column.kind).astype(column.dtype)
    return values + np.array(column.low, column.dtype) if column.low else values
