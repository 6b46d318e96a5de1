"""Blocks of events and runs of ids: what goes in comes out, in few bytes."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.test_event_log import FULL, event, shown

from netra.adapters.sql.calls.call_blocks import packed, unpacked
from netra.adapters.sql.calls.call_ids import IdCache, KnownIds, digests_of, held, in_order
from netra.domain.workloads.columns import columns_of, empty_events

sent = st.builds(
    event,
    at_s=st.integers(-(10**9), 10**9),
    id=st.one_of(st.none(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)),
    session=st.one_of(st.none(), st.sampled_from(["s", "ü"])),
    input_tokens=st.integers(0, 100_000_000),
    cached_input_tokens=st.one_of(st.none(), st.integers(0, 300)),
    latency_ms=st.one_of(st.none(), st.floats(0, 9)),
    prefix_hashes=st.one_of(st.none(), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)),
)


@given(st.lists(sent, max_size=6))
def test_events_come_out_of_a_block_as_they_went_in(events):
    columns = columns_of(events)
    read_back = unpacked(packed(columns))
    assert shown(read_back) == shown(columns)
    for name in columns.__struct_fields__:
        column = getattr(columns, name)
        assert type(getattr(read_back, name)) is type(column), name
        if isinstance(column, np.ndarray):
            assert getattr(read_back, name).dtype == column.dtype, name
            assert getattr(read_back, name).flags.writeable, name


def test_an_event_with_everything_and_no_event_at_all_come_back():
    assert shown(unpacked(packed(columns_of([FULL])))) == shown(columns_of([FULL]))
    assert len(unpacked(packed(empty_events()))) == 0


def test_a_usual_event_takes_few_bytes():
    events = [event(n, id=f"req-{n:08}", latency_ms=n / 8, session=f"s-{n // 9}") for n in range(2_000)]
    assert len(packed(columns_of(events))) / len(events) < 24


def test_a_block_of_a_newer_version_is_refused():
    version, *rest = msgspec.msgpack.decode(packed(empty_events()))
    with pytest.raises(ValueError, match="newer"):
        unpacked(msgspec.msgpack.encode([version + 1, *rest]))


@given(st.lists(st.lists(st.integers(0, 60), max_size=20), max_size=6), st.lists(st.integers(0, 60)))
def test_an_id_is_known_exactly_when_some_run_has_it(runs, asked):
    stored = [(number, in_order([digests_of(map(str, run))]).tobytes()) for number, run in enumerate(runs, 1)]
    known = KnownIds().with_runs(stored)
    assert known.position == len(runs)
    put = {one for run in runs for one in run}
    assert known.has(digests_of(map(str, asked))).tolist() == [one in put for one in asked]


def test_digests_that_share_their_first_half_are_told_apart():
    run = in_order([np.array([[5, 1], [5, 2], [5, 3], [9, 1]], np.uint64)])
    wanted = np.array([[5, 3], [5, 4], [9, 1], [9, 2], [1, 1]], np.uint64)
    assert held(run, wanted).tolist() == [True, False, True, False, False]


def test_the_ids_of_a_log_are_kept_in_few_runs():
    known = KnownIds()
    for number in range(200):
        known = known.with_runs([(number, in_order([digests_of([f"id-{number}"])]).tobytes())])
    assert len(known) == 200
    assert len(known.runs) < 9


def test_logs_that_were_not_written_to_for_longest_are_forgotten():
    cache = IdCache(most=5)
    three = KnownIds().with_runs([(7, digests_of("abc").tobytes())])
    for log in (1, 2):
        cache.keep(log, three)
    assert (len(cache.of(1)), len(cache.of(2))) == (0, 3)
    cache.keep(2, KnownIds(position=1))  # older than what is known
    assert cache.of(2).position == 7


def test_a_log_larger_than_the_cache_is_kept_while_it_is_written_to():
    cache = IdCache(most=1)
    cache.keep(1, KnownIds().with_runs([(1, digests_of("ab").tobytes())]))
    assert len(cache.of(1)) == 2
