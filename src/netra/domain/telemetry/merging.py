"""Group the records that say the same of one call.

Pairs of records are joined in the order of how sure the sign is, then of how tightly they fit in time. A
group never holds two response ids, nor two records of one scope unless an id joins them: parallel calls are
real. The result does not depend on the order in which records came.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from netra.domain.telemetry.ancestry import Ancestry
from netra.domain.telemetry.tellers import Ancestor, Teller

SAME_ID, LOG_OF_SPAN, NESTED, SIBLING, ELSEWHERE = range(5)
SLACK_LOG_NS: Final = 25_000_000  # a log record's times are whole milliseconds, taken after the call
PAIRS_MAX: Final = 64  # records that one record is compared with where only time and figures speak


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one call, the innermost first; log records last, since their times are less exact.

    `loose` ones were joined by time and figures alone, where another call would have fitted as well.
    """

    tellers: tuple[Teller, ...]
    loose: frozenset[str] = frozenset()


class _Pair(msgspec.Struct, frozen=True, gc=False, order=True):
    sign: int
    state: int  # 0 where both have counts, or both failed
    spare_ns: int  # by how much the outer one is longer
    first: int
    second: int


def groups_of(tellers: Iterable[Teller], ancestors: Iterable[Ancestor] = ()) -> list[Group]:
    """Return one group for each call, ordered by the time of its innermost record."""
    unique = {teller.key: teller for teller in tellers}
    rows = sorted(unique.values(), key=lambda row: (row.start_ns, row.end_ns, row.key))
    ancestry = Ancestry(rows, ancestors)
    union = _Union(rows)
    pairs = _pairs(rows, ancestry)
    for pair in sorted(pairs):
        union.join(pair)
    loose = _loose_of(pairs, rows)
    return _without_wrappers([_group(members, loose) for members in union.members()], ancestry)


class _Union:
    """Disjoint sets of records, each with its scopes and response ids."""

    def __init__(self, rows: Sequence[Teller]) -> None:
        self._rows = rows
        self._parent = list(range(len(rows)))
        self._scopes = [frozenset((row.scope,)) for row in rows]
        self._ids = [frozenset((row.response_id,) if row.response_id else ()) for row in rows]

    def join(self, pair: _Pair) -> None:
        """Join the groups of a pair where the sign allows it."""
        one, other = self._root(pair.first), self._root(pair.second)
        if one == other or not self._may_join(one, other, pair):
            return
        self._parent[other] = one
        self._scopes[one] |= self._scopes[other]
        self._ids[one] |= self._ids[other]

    def members(self) -> list[list[Teller]]:
        """Return the records of each group."""
        found: dict[int, list[Teller]] = defaultdict(list)
        for place, row in enumerate(self._rows):
            found[self._root(place)].append(row)
        return list(found.values())

    def _root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def _may_join(self, one: int, other: int, pair: _Pair) -> bool:
        if pair.sign == SAME_ID:
            return True
        ids, others = self._ids[one], self._ids[other]
        if ids and others and ids.isdisjoint(others) and not self._is_renamed(pair):
            return False
        return pair.sign == LOG_OF_SPAN or self._scopes[one].isdisjoint(self._scopes[other])

    def _is_renamed(self, pair: _Pair) -> bool:
        """Return whether an outer record may carry its own id: LiteLLM's does, with the same counts."""
        one, other = self._rows[pair.first], self._rows[pair.second]
        return pair.sign == NESTED and _figures(one) == _figures(other)


def _pairs(rows: Sequence[Teller], ancestry: Ancestry) -> list[_Pair]:
    found: dict[tuple[int, int], _Pair] = {}
    for pair in (*_by_id(rows), *_by_ancestry(rows, ancestry), *_by_time(rows)):
        key = (pair.first, pair.second)
        if key not in found or pair < found[key]:
            found[key] = pair
    return list(found.values())


def _by_id(rows: Sequence[Teller]) -> Iterator[_Pair]:
    holders: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.response_id is not None:
            first = holders.setdefault(row.response_id, place)
            if first != place:
                yield _pair(rows, first, place, SAME_ID)


def _by_ancestry(rows: Sequence[Teller], ancestry: Ancestry) -> Iterator[_Pair]:
    places = {(row.trace, row.span): place for place, row in enumerate(rows) if row.span}
    for place, row in enumerate(rows):
        if not row.trace:
            continue
        for span in ancestry.above(row.trace, row.parent):
            outer = places.get((row.trace, span))
            if outer is None or outer == place:
                continue
            if row.is_log and span == row.parent:
                yield _pair(rows, outer, place, LOG_OF_SPAN)
            elif _may_nest(rows[outer], row):
                yield _pair(rows, outer, place, NESTED)


def _may_nest(outer: Teller, inner: Teller) -> bool:
    """Return whether an outer record may be of the same call as one inside it.

    A failed attempt inside a call that succeeded is a call of its own.
    """
    return not inner.is_failed or outer.is_failed or not outer.has_counts


def _by_time(rows: Sequence[Teller]) -> Iterator[_Pair]:
    buckets: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.trace and not row.is_log:
            buckets["sibling", row.trace, row.parent].append(place)
        buckets["elsewhere", row.is_failed, *_figures(row), *(() if row.has_counts else (row.model,))].append(
            place
        )
    for key, places in buckets.items():
        sign = SIBLING if key[0] == "sibling" else ELSEWHERE
        if len({rows[place].scope for place in places}) > 1:
            yield from _within_each_other(rows, places, sign)


def _within_each_other(rows: Sequence[Teller], places: Sequence[int], sign: int) -> Iterator[_Pair]:
    for at, first in enumerate(places):  # by start
        one = rows[first]
        for second in places[at + 1 : at + 1 + PAIRS_MAX]:
            other = rows[second]
            slack = SLACK_LOG_NS if one.is_log or other.is_log else 0
            if other.start_ns > one.end_ns + slack:
                break
            may_join = _may_be_siblings if sign == SIBLING else _may_be_apart
            if _fits(one, other, slack) and may_join(one, other):
                yield _pair(rows, first, second, sign)


def _fits(one: Teller, other: Teller, slack_ns: int) -> bool:
    """Return whether one is inside the other in time."""
    return (one.start_ns - slack_ns <= other.start_ns and other.end_ns <= one.end_ns + slack_ns) or (
        other.start_ns - slack_ns <= one.start_ns and one.end_ns <= other.end_ns + slack_ns
    )


def _may_be_siblings(one: Teller, other: Teller) -> bool:
    if one.scope == other.scope or not _same_model(one.model, other.model):
        return False
    return one.is_failed == other.is_failed or not (one.has_counts or other.has_counts)


def _may_be_apart(one: Teller, other: Teller) -> bool:
    if one.scope == other.scope or (one.response_id and other.response_id):
        return False
    return one.trace != other.trace or not one.trace or one.parent != other.parent


def _same_model(one: str | None, other: str | None) -> bool:
    """Return whether two names may be one model: `gpt-4o` was asked for and `gpt-4o-2024-08-06` answered."""
    if one is None or other is None or one == other:
        return True
    return one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _figures(row: Teller) -> tuple[int | None, int | None, int | None]:
    return row.input_tokens, row.output_tokens, row.cached


def _pair(rows: Sequence[Teller], first: int, second: int, sign: int) -> _Pair:
    one, other = rows[first], rows[second]
    same = one.is_failed == other.is_failed and one.has_counts == other.has_counts
    same_counts = _figures(one) == _figures(other)
    spare = abs((one.end_ns - one.start_ns) - (other.end_ns - other.start_ns))
    low, high = sorted((first, second))
    return _Pair(sign, 0 if same and same_counts else 1 if same else 2, spare, low, high)


def _loose_of(pairs: Sequence[_Pair], rows: Sequence[Teller]) -> frozenset[str]:
    """Return the keys of records that fit several calls of one scope by time and figures alone."""
    candidates: dict[int, list[str]] = defaultdict(list)
    surer: set[int] = set()
    for pair in pairs:
        if pair.sign < ELSEWHERE:
            surer |= {pair.first, pair.second}
            continue
        candidates[pair.first].append(rows[pair.second].scope)
        candidates[pair.second].append(rows[pair.first].scope)
    return frozenset(
        rows[place].key
        for place, scopes in candidates.items()
        if len(scopes) != len(set(scopes)) and place not in surer
    )


def _group(members: Sequence[Teller], loose: frozenset[str]) -> Group:
    ordered = sorted(
        members,
        key=lambda row: (row.is_log, row.is_estimate, row.end_ns - row.start_ns, -row.start_ns, row.key),
    )
    return Group(
        tellers=tuple(ordered),
        loose=loose & {row.key for row in ordered} if len(ordered) > 1 else frozenset(),
    )


def _without_wrappers(groups: Sequence[Group], ancestry: Ancestry) -> list[Group]:
    """Drop groups of wrappers: likely calls, or calls without counts, around a call with its own group."""
    inside: set[tuple[str, str]] = set()
    for group in groups:
        for row in group.tellers:
            if row.trace:
                inside.update((row.trace, span) for span in ancestry.above(row.trace, row.parent))
    kept = [group for group in groups if not _is_wrapper(group, inside)]
    return sorted(kept, key=lambda group: (group.tellers[0].start_ns, group.tellers[0].key))


def _is_wrapper(group: Group, inside: set[tuple[str, str]]) -> bool:
    return all(
        (row.trace, row.span) in inside and (row.is_likely or not (row.has_counts or row.is_failed))
        for row in group.tellers
    )
