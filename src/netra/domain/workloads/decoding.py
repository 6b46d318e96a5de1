"""Reading many JSON rows in one go, where nothing is wrong with any of them.

Rows of one sender mostly have the same fields. They are decoded as a Struct that has just those,
which takes half the time of one with every field, and as columns of their own afterwards. Whatever
is out of the ordinary is None here, and `intake` then judges row by row: this module refuses nothing.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.model import Event

NARROW_MAX: Final = 64  # kinds of rows whose decoders are kept
_FIELDS: Final = {field.name: field for field in msgspec.structs.fields(Event)}
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # the slow reader says why
_KEYS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NUL: Final = b"\\u0000"
_LINE_END, _BRACE, _CLOSING, _RETURN = b"\n{}\r"
_NESTED_MAX: Final = 4  # closing braces of the first row that are tried as its end

Decoder = msgspec.json.Decoder[Any]  # Any: a Struct that is defined when needed


class Decoders(msgspec.Struct, frozen=True, kw_only=True):
    """Decoders of rows with some of the fields of `Event`, in the three forms rows come in."""

    line: Decoder
    array: Decoder
    batch: Decoder


@lru_cache(maxsize=NARROW_MAX)
def decoders_of(names: frozenset[str]) -> Decoders:
    """Return the decoders of rows with these fields and the required ones, each judged as in `Event`."""
    chosen = [field for name, field in _FIELDS.items() if name in names or field.required]
    row: Any = msgspec.defstruct(
        "Row",
        [(f.name, f.type) if f.required else (f.name, f.type, f.default) for f in chosen],
        frozen=True,
        kw_only=True,
        gc=False,
        forbid_unknown_fields=True,
    )
    batch = msgspec.defstruct(
        "Batch", [("events", list[row])], frozen=True, gc=False, forbid_unknown_fields=True
    )
    return Decoders(
        line=msgspec.json.Decoder(row),
        array=msgspec.json.Decoder(list[row]),
        batch=msgspec.json.Decoder(batch),
    )


def rows_of_lines(body: bytes) -> Sequence[Event] | None:
    """Return one row a line when every line is one; lines are numbered from 1 then.

    A value of a row may be an object, but in a value a colon precedes the object. So if every line begins
    and ends with a brace, no row continues on the next line, and as many rows as lines means one per line.
    """
    text = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(text == _LINE_END)
    starts = np.concatenate(([0], ends + 1))
    starts = starts[starts < len(text)]
    if not (text[starts] == _BRACE).all() or not _all_end_with_a_brace(text, ends) or _NUL in body:
        return None
    for decoders in _candidates(body):
        try:
            rows = decoders.line.decode_lines(body)
        except _UNREADABLE:
            continue
        if len(rows) == len(starts):
            return cast("Sequence[Event]", rows)
    return None


def rows_of_batch(body: bytes) -> Sequence[Event] | None:
    """Return the rows of a JSON object that has a list of them under `events`, and nothing else."""
    if _NUL in body:
        return None
    for decoders in _candidates(body):
        try:
            return cast("Sequence[Event]", decoders.batch.decode(body).events)
        except _UNREADABLE:
            continue
    return None


def rows_of_array(raws: Sequence[bytes]) -> Sequence[Event] | None:
    """Return a row for each of `raws`, when each is one that begins with a brace."""
    body = b",".join(raws)
    if [raw[:1] for raw in raws].count(b"{") != len(raws) or _NUL in body:
        return None
    for decoders in _candidates(body):
        try:
            rows = decoders.array.decode(b"".join((b"[", body, b"]")))
        except _UNREADABLE:
            continue
        if len(rows) == len(raws):  # one may hold two, with a comma between them
            return cast("Sequence[Event]", rows)
    return None


def _all_end_with_a_brace(text: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp]) -> bool:
    """Return whether each line ends with a closing brace, before its carriage return where it has one."""
    lasts = ends - 1
    lasts = np.where(text[lasts] == _RETURN, lasts - 1, lasts)
    return bool((text[lasts] == _CLOSING).all())


def _candidates(body: bytes) -> Sequence[Decoders]:
    """Return the decoders to try: with the fields of the first row, and with all of them."""
    list_at = body.find(b"[") if body.startswith(b'{"events"') else 0
    begin = body.find(b"{", list_at)
    end = begin
    for _ in range(_NESTED_MAX):
        end = body.find(b"}", end) + 1
        try:
            names = frozenset(_KEYS.decode(body[begin:end])).intersection(_FIELDS)
        except _UNREADABLE:
            continue
        return (decoders_of(names), decoders_of(frozenset(_FIELDS)))
    return (decoders_of(frozenset(_FIELDS)),)
