"""Rows become columns and columns join, without losing what was missing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.workloads.columns import (
    Events,
    Labels,
    block_hash,
    columns_of,
    empty_events,
    instant_of,
    labels_of,
    nanoseconds,
    places_of,
)
from netra.domain.workloads.derived import label_keys, labelled, long_lived_tokens, written_tokens
from netra.domain.workloads.joining import concatenated
from netra.domain.workloads.mappings import charges_of
from netra.domain.workloads.model import Event

START = datetime(2024, 1, 1, tzinfo=UTC)

rows = st.lists(
    st.builds(
        Event,
        timestamp=st.integers(0, 1_000).map(lambda s: START + timedelta(seconds=s)),
        model=st.sampled_from(["a", "b", "ü"]),
        input_tokens=st.integers(0, 100),
        output_tokens=st.integers(0, 100),
        id=st.none() | st.text(min_size=1, max_size=5),
        feature=st.none() | st.sampled_from(["chat", "search"]),
        latency_ms=st.none() | st.floats(0, 1e6),
        cached_input_tokens=st.none() | st.integers(0, 100),
        offline=st.none() | st.booleans(),
        prefix_hashes=st.none() | st.lists(st.integers(-5, 5) | st.text(max_size=3), max_size=4),
    ),
    max_size=8,
)


def facts(events: Events) -> list[tuple[object, ...]]:
    """Return what is known of each event, as plain values."""
    known: list[tuple[object, ...]] = []
    for i in range(len(events)):
        chain: tuple[int, ...] = ()
        if events.prefixes is not None:
            chain = tuple(events.prefixes.hashes[events.prefixes.offsets[i] : events.prefixes.offsets[i + 1]])
        latency = None if events.latency_ms is None else float(events.latency_ms[i])
        known.append(
            (
                int(events.at_ns[i]),
                events.model.of(i),
                int(events.input_tokens[i]),
                None if events.id is None else events.id[i],
                None if events.feature is None else events.feature.of(i),
                None if latency is None or np.isnan(latency) else latency,
                -1 if events.cached_input_tokens is None else int(events.cached_input_tokens[i]),
                -1 if events.offline is None else int(events.offline[i]),
                chain,
            )
        )
    return known


@given(rows)
def test_columns_hold_what_the_rows_said(events: list[Event]) -> None:
    expected = [
        (
            nanoseconds(row.timestamp),
            row.model,
            row.input_tokens,
            row.id,
            row.feature,
            row.latency_ms,
            -1 if row.cached_input_tokens is None else row.cached_input_tokens,
            -1 if row.offline is None else int(row.offline),
            tuple(block_hash(block) for block in row.prefix_hashes or ()),
        )
        for row in events
    ]
    assert facts(columns_of(events)) == expected


@given(rows, rows, rows)
def test_joined_parts_say_what_they_said_apart(a: list[Event], b: list[Event], c: list[Event]) -> None:
    joined = concatenated([columns_of(a), columns_of(b), columns_of(c)])
    assert facts(joined) == facts(columns_of([*a, *b, *c]))


@given(rows)
def test_sorting_by_time_is_stable_and_keeps_each_event_whole(events: list[Event]) -> None:
    ordered = facts(columns_of(events).sorted_by_time())
    assert ordered == sorted(facts(columns_of(events)), key=lambda known: known[0])  # type: ignore[arg-type, return-value]  # the first fact is the time


@given(rows, st.lists(st.integers(1, 8), max_size=8))
def test_a_log_split_into_blocks_anywhere_keeps_every_event_and_each_block_its_own_names_only(
    events: list[Event], lengths: list[int]
) -> None:
    whole = columns_of(events)
    ends = sorted({min(end, len(events)) for end in [*np.cumsum(lengths).tolist(), len(events)]})
    blocks = [whole.take(np.arange(a, b)) for a, b in pairwise([0, *ends])]
    for block in blocks:
        for name in ("model", "feature"):
            labels: Labels | None = getattr(block, name)
            used = set() if labels is None else set(labels.codes.tolist()) - {-1}
            assert labels is None or used == set(range(len(labels.names)))
    assert facts(concatenated(blocks)) == facts(whole)


def test_a_few_of_many_names_keep_their_order() -> None:
    labels = Labels(codes=np.array([4, 3, -1, 2, 1, 0], np.int32), names=("a", "b", "c", "d", "e"))
    few = labels.take(np.array([0, 2, 4]))
    assert (few.codes.tolist(), few.names) == ([1, -1, 0], ("b", "e"))
    assert labels.take(np.arange(6)).names is labels.names


def test_a_field_that_no_event_has_is_no_column() -> None:
    events = columns_of([Event(timestamp=START, model="m", input_tokens=1, output_tokens=1)])
    filled = {name for name in events.__struct_fields__ if getattr(events, name) is not None}
    assert filled == {"at_ns", "model", "input_tokens", "output_tokens"}


def test_no_events_are_columns_of_length_zero() -> None:
    assert len(empty_events()) == 0
    assert len(concatenated([empty_events(), empty_events()])) == 0
    assert len(concatenated([])) == 0


def test_an_event_is_cited_by_its_id_or_else_its_place() -> None:
    rows = [
        Event(timestamp=START, model="m", input_tokens=1, output_tokens=1, id="e-1"),
        Event(timestamp=START, model="m", input_tokens=1, output_tokens=1),
    ]
    assert [columns_of(rows).name_of(i) for i in range(2)] == ["e-1", "#2"]
    assert columns_of(rows[1:]).name_of(0) == "#1"


def test_instants_survive_to_the_microsecond() -> None:
    instant = datetime(2023, 11, 16, 18, 15, 46, 680590, tzinfo=UTC)
    assert instant_of(nanoseconds(instant)) == instant


def test_block_hashes_are_integers_whatever_they_were() -> None:
    assert block_hash(7) == 7
    assert block_hash("7") != 7
    assert block_hash(2**70) == block_hash(str(2**70))
    assert -(2**63) <= block_hash("x") < 2**63


def test_a_column_of_names_without_a_name_is_none() -> None:
    assert labels_of([None, None]) is None
    column = labels_of(["a", None, "a"])
    assert column is not None
    assert [column.of(i) for i in range(3)] == ["a", None, "a"]


def row(**fields: Any) -> Event:
    return Event(timestamp=START, model="m", input_tokens=100, output_tokens=1, **fields)


def test_one_label_of_many_is_a_column_of_its_own() -> None:
    events = columns_of([row(labels={"team": "a", "env": "x"}), row(), row(labels={"team": "b"})])
    assert label_keys(events) == ("env", "team")
    team = labelled(events, "team")
    assert team is not None
    assert [team.of(place) for place in range(3)] == ["a", None, "b"]
    assert labelled(events, "customer") is None
    assert label_keys(columns_of([row()])) == ()
    assert labelled(columns_of([row()]), "team") is None


def test_charges_are_counts_by_name() -> None:
    events = columns_of([row(charges={"web_search": 2})])
    assert events.charges is not None
    assert charges_of(events.charges.names[0]) == {"web_search": 2.0}


def test_long_lived_writes_are_all_writes_where_no_others_are_logged() -> None:
    events = columns_of([row(cache_write_1h_tokens=7, cache_write_12h_tokens=2), row()])
    assert long_lived_tokens(events).tolist() == [9, 0]
    alone = written_tokens(events)
    assert alone is not None
    assert alone.tolist() == [9, -1]
    both = written_tokens(columns_of([row(cache_write_tokens=20, cache_write_1h_tokens=7), row()]))
    assert both is not None
    assert both.tolist() == [20, -1]
    assert written_tokens(columns_of([row()])) is None


@given(st.lists(st.sampled_from([0, 1, 7, 1_000, 1 << 21]), max_size=20))
def test_distinct_values_and_their_places_are_what_sorting_finds(values: list[int]) -> None:
    cells = np.array(values, np.int64)
    found, places = places_of(cells)
    expected, inverse = np.unique(cells, return_inverse=True)
    assert found.tolist() == expected.tolist()
    assert places.tolist() == inverse.tolist()
