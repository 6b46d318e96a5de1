"""The Mooncake trace format: one JSON object per line, a prefix chain of 512-token blocks per request."""

from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
import numpy as np

from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.workloads.columns import Events, Labels, Prefixes
from netra.domain.workloads.intake import LATEST, Taken, fault_of
from netra.domain.workloads.model import UNSPECIFIED_MODEL, RowFault, Tokens

BLOCK_TOKENS: Final = 512
KEYS: Final = frozenset({"timestamp", "input_length", "output_length"})
NOTE: Final = (
    "Mooncake timestamps are milliseconds since the trace began; they were placed at 1970-01-01 UTC."
)
_LATEST_MS: Final = LATEST.timestamp() * 1000
_NS_PER_MS: Final = 1_000_000
Block = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class MooncakeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the trace; other fields of a row are ignored."""

    timestamp: Annotated[float, msgspec.Meta(ge=0, lt=_LATEST_MS)]
    input_length: Tokens
    output_length: Tokens
    hash_ids: Annotated[list[Block], msgspec.Meta(max_length=PREFIX_HASHES_PER_EVENT_MAX)] = []


_DECODER: Final = msgspec.json.Decoder(MooncakeRow)


def take_mooncake(rows: Iterable[tuple[int, bytes]]) -> Taken:
    """Return the events in `rows`, which are pairs of line and JSON."""
    good: list[MooncakeRow] = []
    lines: list[int] = []
    faults: list[RowFault] = []
    for line, raw in rows:
        try:
            good.append(_DECODER.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(fault_of(line, error))
        else:
            lines.append(line)
    return Taken(events=_columns(good), lines=np.array(lines, np.int64), faults=tuple(faults), notes=(NOTE,))


def _columns(rows: list[MooncakeRow]) -> Events:
    names = (UNSPECIFIED_MODEL,) if rows else ()
    return Events(
        at_ns=np.rint(np.array([row.timestamp for row in rows], np.float64) * _NS_PER_MS).astype(np.int64),
        model=Labels(codes=np.zeros(len(rows), np.int32), names=names),
        input_tokens=np.array([row.input_length for row in rows], np.int64),
        output_tokens=np.array([row.output_length for row in rows], np.int64),
        prefixes=Prefixes(
            hashes=np.array([block for row in rows for block in row.hash_ids], np.int64),
            offsets=np.concatenate(([0], np.cumsum([len(row.hash_ids) for row in rows], dtype=np.int64))),
            block_tokens=np.full(len(rows), BLOCK_TOKENS, np.int32),
        ),
    )
