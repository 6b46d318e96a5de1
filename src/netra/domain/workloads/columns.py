"""A workload's events as columns: the only form the engine reads.

Every column has one value an event. A column that no event fills is None, so "missing" costs
nothing and an analyser can say which field it lacks. Missing single values are -1 in integer and
flag columns, NaN in float columns, code -1 in label columns.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from operator import attrgetter
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import fields

from netra.domain.workloads.mappings import mapping_text
from netra.domain.workloads.model import Event

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int8]
Codes = npt.NDArray[np.int32]
Number = TypeVar("Number", np.int64, np.float64, np.int8)

INTEGERS: Final = (
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "max_output_tokens",
    "cache_write_1h_tokens",
    "cache_write_12h_tokens",
)
MAPPINGS: Final = ("charges", "labels")  # label columns, whose names are JSON objects
FLOATS: Final = ("latency_ms", "ttft_ms", "cost", "deadline_s")
FLAGS: Final = ("offline", "streaming", "accepted")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
_COUNTED_MAX: Final = 1 << 20  # the largest value up to which values are counted and not sorted
_US_MAX: Final = (2**63 - 1) // 1_000  # in nanoseconds they still fit


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """A column of names: `names[codes[i]]` is event i's, code -1 means no name."""

    codes: Codes
    names: tuple[str, ...]

    def of(self, index: int) -> str | None:
        """Return event `index`'s name, or None."""
        code = int(self.codes[index])
        return None if code < 0 else self.names[code]

    def take(self, indexes: npt.NDArray[np.intp]) -> "Labels":
        """Return the labels of the chosen events, with only the names that these use, in the same order.

        A code may therefore change: where codes of the whole column must hold, index `codes` instead.
        """
        codes = self.codes[indexes]
        used: Codes = _used_codes(codes, of=len(self.names))
        if len(used) == len(self.names):
            return Labels(codes=codes, names=self.names)
        lookup: Codes = np.searchsorted(used, codes).astype(np.int32)
        lookup[codes < 0] = -1
        return Labels(codes=lookup, names=tuple([self.names[int(code)] for code in used]))


class Prefixes(msgspec.Struct, frozen=True, kw_only=True):
    """Each event's chain of prefix block hashes, one after another.

    Event i's chain is `hashes[offsets[i]:offsets[i + 1]]`, in order from the prompt's start; every
    block but a prompt's last holds `block_tokens[i]` tokens. Equal hashes mean equal prefixes up to
    and with that block.
    """

    hashes: Ints
    offsets: Ints  # n + 1
    block_tokens: Codes

    def take(self, indexes: npt.NDArray[np.intp]) -> "Prefixes":
        """Return the chains of the chosen events."""
        lengths = np.diff(self.offsets)[indexes]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        starts = np.repeat(self.offsets[:-1][indexes] - offsets[:-1], lengths)
        return Prefixes(
            hashes=self.hashes[starts + np.arange(offsets[-1])],
            offsets=offsets,
            block_tokens=self.block_tokens[indexes],
        )


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """n events as columns; `at_ns` is nanoseconds since 1970 in UTC, in any order."""

    at_ns: Ints
    model: Labels
    input_tokens: Ints
    output_tokens: Ints
    id: npt.NDArray[np.object_] | None = None  # str or None each
    provider: Labels | None = None
    cached_input_tokens: Ints | None = None
    cache_write_tokens: Ints | None = None
    reasoning_tokens: Ints | None = None
    max_output_tokens: Ints | None = None
    latency_ms: Floats | None = None
    ttft_ms: Floats | None = None
    cost: Floats | None = None
    deadline_s: Floats | None = None
    status: Labels | None = None
    currency: Labels | None = None
    session: Labels | None = None
    template: Labels | None = None
    feature: Labels | None = None
    tool: Labels | None = None
    prompt_hash: Labels | None = None
    retry_of: Labels | None = None
    offline: Flags | None = None
    streaming: Flags | None = None
    accepted: Flags | None = None
    prefixes: Prefixes | None = None
    service_tier: Labels | None = None
    region: Labels | None = None
    variant: Labels | None = None
    cache_write_1h_tokens: Ints | None = None
    cache_write_12h_tokens: Ints | None = None
    charges: Labels | None = None  # each name a JSON object of counts, as `mapping_text` writes it
    labels: Labels | None = None  # each name a JSON object of texts

    def __len__(self) -> int:
        return len(self.at_ns)

    def name_of(self, index: int) -> str:
        """Return how evidence cites event `index`: its id, else its place in the log from 1."""
        found = None if self.id is None else self.id[index]
        return f"#{index + 1}" if found is None else str(found)

    def take(self, indexes: npt.NDArray[np.intp]) -> "Events":
        """Return the chosen events, in the order of `indexes`."""
        taken: dict[str, Any] = {  # Any: each field's own column type, which the loop cannot say
            name: _taken(getattr(self, name), indexes) for name in self.__struct_fields__
        }
        return Events(**taken)

    def sorted_by_time(self) -> "Events":
        """Return the events oldest first; equal instants keep their order."""
        if bool(np.all(self.at_ns[1:] >= self.at_ns[:-1])):
            return self
        return self.take(np.argsort(self.at_ns, kind="stable"))


MISSING: Final[dict[str, Any]] = {"i": -1, "f": np.nan, "O": None}  # by kind of column
LABELS: Final = tuple(field.name for field in fields(Events) if field.type == Labels | None)


def nanoseconds(instant: datetime) -> int:
    """Return nanoseconds since 1970; exact, as no float is involved.

    >>> nanoseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005000
    """
    return (instant - EPOCH) // MICROSECOND * 1_000


def instant_of(at_ns: int) -> datetime:
    """Return the instant, rounded down to the microsecond."""
    return EPOCH + timedelta(microseconds=int(at_ns) // 1_000)


def block_hash(block: int | str) -> int:
    """Return the block's hash as a signed 64-bit integer; integers that fit stay themselves."""
    if isinstance(block, int) and -(2**63) <= block < 2**63:
        return block
    digest = blake2b(str(block).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def places_of(cells: Ints) -> tuple[Ints, Ints]:
    """Return the distinct values of non-negative `cells`, ascending, and the place of each cell's value.

    What `np.unique` returns with its inverse, without sorting where the values are small.
    """
    if not len(cells) or int(cells.max()) > _COUNTED_MAX:
        found, places = np.unique(cells, return_inverse=True)
        return found, places.reshape(-1).astype(np.int64)
    found = np.flatnonzero(np.bincount(cells))
    lookup = np.zeros(int(found[-1]) + 1, np.int64)
    lookup[found] = np.arange(len(found))
    return found, lookup[cells]


def _used_codes(codes: Codes, *, of: int) -> Codes:
    """Return the distinct codes from 0, ascending; sorts only where the events are fewer than the names."""
    if len(codes) < of:
        return np.unique(codes[codes >= 0])
    is_used = np.zeros(of + 1, np.bool_)  # the last place is that of code -1
    is_used[codes] = True
    return np.flatnonzero(is_used[:-1]).astype(np.int32)


def labels_of(values: Iterable[str | None]) -> Labels | None:
    """Return the column of `values`, or None if every value is None."""
    cells = list(values)
    unique = dict.fromkeys(cells)
    unique.pop(None, None)
    names = tuple(name for name in unique if name is not None)
    if not names:
        return None
    codes: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    codes[None] = -1
    return Labels(codes=np.fromiter(map(codes.__getitem__, cells), np.int32, len(cells)), names=names)


def columns_of(events: Sequence[Event]) -> Events:
    """Return the rows as columns, in their order. Rows may be of a type that has fewer fields than `Event`.

    An instant without a zone is one in UTC; one that 64 bits of nanoseconds do not hold is the nearest.
    """
    ids = _values(events, "id")
    optional: dict[str, Any] = {  # Any: each field's own column type, which the loop cannot say
        **{name: _numbers(events, name, np.int64) for name in INTEGERS},
        **{name: _numbers(events, name, np.float64) for name in FLOATS},
        **{name: _numbers(events, name, np.int8) for name in FLAGS},
        **{name: labels_of(_values(events, name) or ()) for name in LABELS if name not in MAPPINGS},
        **{name: _mappings(events, name) for name in MAPPINGS},
    }
    return Events(
        at_ns=_instants(events),
        model=labels_of(_values(events, "model") or ()) or Labels(codes=np.zeros(0, np.int32), names=()),
        input_tokens=np.array([event.input_tokens for event in events], np.int64),
        output_tokens=np.array([event.output_tokens for event in events], np.int64),
        id=None if ids is None else np.array(ids, np.object_),
        prefixes=_prefixes_of(events),
        **optional,
    )


def _instants(events: Sequence[Event]) -> Ints:
    instants = [event.timestamp for event in events]
    if None in {at.tzinfo for at in instants}:
        instants = [at.replace(tzinfo=at.tzinfo or UTC) for at in instants]
    us = np.array([(at - EPOCH) // MICROSECOND for at in instants], np.int64)
    return np.clip(us, -_US_MAX, _US_MAX) * 1_000  # NumPy would wrap around in silence


def _numbers(events: Sequence[Event], name: str, dtype: type[Number]) -> npt.NDArray[Number] | None:
    values = _values(events, name)
    if values is None:
        return None
    if None in values:
        missing = dtype(MISSING[dtype().dtype.kind])
        values = [missing if value is None else value for value in values]
    return np.array(values, dtype)


def _mappings(events: Sequence[Event], name: str) -> Labels | None:
    values = _values(events, name)
    return (
        None
        if values is None
        else labels_of(None if value is None else mapping_text(value) for value in values)
    )


def _values(events: Sequence[Event], name: str) -> list[Any] | None:  # Any: int, float or bool, or None
    if not events or not hasattr(events[0], name):
        return None
    values = list(map(attrgetter(name), events))
    return None if values.count(None) == len(values) else values


def empty_events() -> Events:
    """Return no events."""
    return columns_of([])


def _prefixes_of(events: Sequence[Event]) -> Prefixes | None:
    found = _values(events, "prefix_hashes")
    if found is None:
        return None
    chains = [chain or () for chain in found]
    return Prefixes(
        hashes=np.array([block_hash(block) for chain in chains for block in chain], np.int64),
        offsets=np.concatenate(([0], np.cumsum([len(chain) for chain in chains], dtype=np.int64))),
        block_tokens=np.array(_values(events, "prefix_block_tokens") or [512] * len(events), np.int32),
    )


Column = Labels | Prefixes | npt.NDArray[np.int64 | np.float64 | np.int8 | np.object_] | None


def _taken(column: Column, indexes: npt.NDArray[np.intp]) -> Column:
    if column is None:
        return None
    if isinstance(column, Labels | Prefixes):
        return column.take(indexes)
    return column[indexes]
