"""Which events a page shows: filters, order, and the place where the page before ended."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.errors import ValidationFailed
from netra.domain.paging import CURSOR_MAX
from netra.domain.workloads.columns import Events, Floats, Ints
from netra.domain.workloads.filters import has_any

Sort = Literal["-timestamp", "-usd", "-latency_ms"]
FILTERS: Final = ("model", "provider", "feature", "template", "tool", "session", "status")
IDS_MAX: Final = 50  # ids in one request
_CURSOR: Final = re.compile(f"[A-Za-z0-9_=-]{{1,{CURSOR_MAX}}}")

Indexes = npt.NDArray[np.intp]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The last event of a page: its value in the order, its time, and its number among equal ones.

    `value` is None for an event without one, all of which come last.
    """

    sort: Sort
    value: float | None
    at_ns: int
    equal: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; a filter's None stands for events without the label."""

    ids: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str | None, ...]] = {}
    sort: Sort = "-timestamp"
    limit: int = 50
    after: Place | None = None


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a page in their order, how many match in all, and where the page ends."""

    indexes: Indexes
    total: int
    last: Place | None = None  # None where no event follows


def matching(events: Events, selection: Selection) -> Indexes:
    """Return the events that pass every filter, in the log's order."""
    keeps = np.ones(len(events), np.bool_)
    if selection.ids:
        wanted = set(selection.ids)
        names: list[str | None] = [] if events.id is None else events.id.tolist()
        keeps &= np.array([name in wanted for name in names], np.bool_) if names else False
    for name, values in selection.labels.items():
        keeps &= has_any(getattr(events, name), values, events=len(events))
    return np.flatnonzero(keeps)


def chosen(events: Events, found: Indexes, values: Floats, selection: Selection) -> Chosen:
    """Return the page of `found` events, whose `values` decide the order; NaN comes last.

    Equal ones are ordered by time, newest first, then by their order in the log.
    """
    at_ns = events.at_ns[found]
    ranked = np.where(np.isnan(values), -np.inf, values)
    order = np.lexsort((-at_ns, -ranked))
    start = 0 if selection.after is None else _start(ranked[order], at_ns[order], selection.after)
    shown = order[start : start + selection.limit]
    has_more = start + len(shown) < len(order)
    last = _place(ranked, at_ns, order, start + len(shown) - 1, selection.sort) if has_more else None
    return Chosen(indexes=found[shown], total=len(found), last=last)


def cursor_of_place(place: Place) -> str:
    """Return the opaque cursor of a place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str, *, sort: Sort) -> Place:
    """Return the place of a cursor. Raises `ValidationFailed` for one that was not issued for this order."""
    if _CURSOR.fullmatch(cursor) is None:
        raise _not_issued()
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place = msgspec.json.decode(raw, type=Place)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _not_issued() from error
    if place.sort != sort:
        raise ValidationFailed.of("cursor", "conflict", f"cursor belongs to sort={place.sort}, not to {sort}")
    return place


def _not_issued() -> ValidationFailed:
    return ValidationFailed.of("cursor", "malformed", "cursor was not issued by this API")


def _start(ranked: Floats, at_ns: Ints, after: Place) -> int:
    """Return the number of ordered events up to and with `after`, which need not exist any more."""
    value = -np.inf if after.value is None else after.value
    before = (ranked > value) | ((ranked == value) & (at_ns > after.at_ns))
    return int(np.count_nonzero(before)) + after.equal


def _place(ranked: Floats, at_ns: Ints, order: Indexes, at: int, sort: Sort) -> Place:
    value, instant = ranked[order[at]], at_ns[order[at]]
    same = (ranked[order[: at + 1]] == value) & (at_ns[order[: at + 1]] == instant)
    return Place(
        sort=sort,
        value=None if np.isinf(value) else float(value),
        at_ns=int(instant),
        equal=int(np.count_nonzero(same)),
    )
