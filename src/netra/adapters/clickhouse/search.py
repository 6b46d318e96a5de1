"""Finds the events that ClickHouse rejects, using an empty table with the same definition."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Final

import msgspec
import numpy as np
from clickhouse_connect.driver.exceptions import ClickHouseError

from netra.adapters.clickhouse.arrow_blocks import arrow_of
from netra.adapters.clickhouse.schema import TABLE
from netra.adapters.clickhouse.vendor import Client, refusal_of
from netra.ports.call_outbox import Parcel, Refused

TRIALS: Final = 16
"""Number of trial tables. A search that timed out may still run next to a later one; each uses its own."""


def inserted(
    client: Client, table: str, parcels: Sequence[Parcel], *, settings: Mapping[str, object]
) -> str | None:
    """Insert a block; return why it cannot be stored, or None on success."""
    try:
        columns, block = arrow_of(parcels)
        client.raw_insert(table, columns, block, settings=settings, fmt="ArrowStream")
    except UnicodeEncodeError as error:
        return f"a text cannot be stored: {error.reason}"
    except ClickHouseError as error:
        reason = refusal_of(error)
        if reason is None:
            raise
        return reason
    return None


def found_bad(
    client: Client, parcels: Sequence[Parcel], *, fence: int, has_time: Callable[[], bool]
) -> Sequence[Refused]:
    """Return rejected events, found by bisection: all of them, or some when time runs out.

    The trial table is chosen by the lease's fencing token, which differs for each search.
    """
    trial = f"{TABLE}_trial_{fence % TRIALS}"
    client.command(f"DROP TABLE IF EXISTS {trial}")
    client.command(f"CREATE TABLE {trial} AS {TABLE} ENGINE = Null")  # with the same columns and constraints
    ends = list(accumulate(len(parcel.events) for parcel in parcels))
    refused: list[Refused] = []
    spans = [(0, ends[-1])]
    while spans and (has_time() or not refused):
        first, last = spans.pop()
        reason = inserted(client, trial, _between(parcels, first, last), settings={"async_insert": 0})
        if reason is not None and last - first == 1:
            number = int(np.searchsorted(ends, first, side="right"))
            place = first - ends[number] + len(parcels[number].events)
            refused.append(Refused(parcel=number, place=place, reason=reason))
        elif reason is not None:
            middle = (first + last) // 2
            spans += [(middle, last), (first, middle)]
    client.command(f"DROP TABLE IF EXISTS {trial}")
    return refused


def _between(parcels: Sequence[Parcel], first: int, last: int) -> Sequence[Parcel]:
    """Return events number `first` up to `last`, counted over all parcels."""
    pieces: list[Parcel] = []
    start = 0
    for parcel in parcels:
        size = len(parcel.events)
        here = np.arange(max(first - start, 0), min(last - start, size))
        if len(here):
            pieces.append(msgspec.structs.replace(parcel, events=parcel.events.take(here)))
        start += size
    return pieces
