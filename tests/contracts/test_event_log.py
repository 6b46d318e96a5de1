"""The contract of `EventLog`."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.shared import CHDB, CLICKHOUSE

from netra.domain.errors import NotFound, ValidationFailed
from netra.domain.workloads.columns import Events, Labels, Prefixes, columns_of, empty_events, nanoseconds
from netra.domain.workloads.model import Event, Workload
from netra.domain.workloads.sizes import LogLimits, size_of

ALSO_OVER = [CLICKHOUSE, CHDB]

AT = datetime(2024, 3, 1, tzinfo=UTC)
WL, ONE, OTHER = "wl-1", 1, 2

FULL = Event(
    timestamp=AT,
    model="modèle/1",
    input_tokens=1_000,
    output_tokens=20,
    id="ev 1 ü",
    provider="anbieter",
    cached_input_tokens=500,
    cache_write_tokens=0,
    reasoning_tokens=7,
    latency_ms=12.5,
    ttft_ms=0.0,
    status="ok",
    cost=0.001,
    currency="EUR",
    session="s",
    template="t",
    feature="f",
    tool="w",
    prompt_hash="h",
    prefix_hashes=[1, -(2**63), 2**63 - 1, "text"],
    prefix_block_tokens=16,
    offline=False,
    deadline_s=1.5,
    streaming=True,
    max_output_tokens=100,
    retry_of="ev 0",
    accepted=False,
    service_tier="flex",
    region="eu-central-1",
    cache_write_1h_tokens=0,
    cache_write_12h_tokens=0,
    charges={"web_search": 2.0, "file_search": 1.0},
    labels={"team": "Suche ü", "environment": "production"},
    variant="control",
)


def event(at_s: float = 0, **fields: Any) -> Event:
    values = {"model": "m", "input_tokens": 10, "output_tokens": 1, **fields}
    return Event(timestamp=AT + timedelta(seconds=at_s), **values)


def shown(events: Events) -> list[dict[str, Any]]:
    """Return every event as what it has, so that equal logs compare equal however they are coded."""
    rows: list[dict[str, Any]] = []
    for index in range(len(events)):
        found = {name: value_of(getattr(events, name), index) for name in events.__struct_fields__}
        rows.append({name: value for name, value in found.items() if value is not None})
    return rows


def value_of(column: Any, index: int) -> Any:
    if column is None:
        return None
    if isinstance(column, Labels):
        return column.of(index)
    if isinstance(column, Prefixes):
        start, end = column.offsets[index : index + 2]
        return (column.hashes[start:end].tolist(), int(column.block_tokens[index])) if end > start else None
    value = column[index]
    is_missing = value is None or value != value or (column.dtype.kind == "i" and value == -1)
    return None if is_missing else value


async def make(stores, *, workload: str = WL, owner: int = ONE) -> None:
    """Make the workload unless it is there."""
    made = Workload(id=workload, owner_id=owner, name="w", created_at=AT, updated_at=AT)
    await stores.workloads.add(made, max_per_user=1_000)


async def put(stores, *events: Event, workload: str = WL, owner: int = ONE) -> list[bool]:
    await make(stores, workload=workload, owner=owner)
    appended = await stores.event_log.append(workload, columns_of(events), owner_id=owner)
    return appended.is_new.tolist()


async def read(stores, **span: Any) -> Events:
    return await stores.event_log.read(WL, owner_id=ONE, **span)


async def test_an_event_comes_back_whole(stores):
    await put(stores, FULL)
    assert shown(await read(stores)) == shown(columns_of([FULL]))


async def test_columns_have_their_types(stores):
    await put(stores, FULL)
    read_back, sent = await read(stores), columns_of([FULL])
    for name in sent.__struct_fields__:
        column = getattr(read_back, name)
        assert type(column) is type(getattr(sent, name)), name
        if isinstance(column, np.ndarray):
            assert column.dtype == getattr(sent, name).dtype, name


async def test_a_column_that_no_event_fills_is_none(stores):
    await put(stores, event(latency_ms=5.0), event(1))
    events = await read(stores)
    filled = {name for name in events.__struct_fields__ if getattr(events, name) is not None}
    assert filled == {"at_ns", "model", "input_tokens", "output_tokens", "latency_ms"}
    assert events.latency_ms.tolist()[0] == 5.0
    assert np.isnan(events.latency_ms[1])


async def test_a_value_of_zero_is_not_a_missing_one(stores):
    await put(stores, event(0, cached_input_tokens=0, cost=0.0, offline=False), event(1))
    events = await read(stores)
    assert events.cached_input_tokens.tolist() == [0, -1]
    assert events.offline.tolist() == [0, -1]
    assert events.cost[0] == 0.0


async def test_batches_with_different_columns_join(stores):
    await put(stores, event(0, session="a", prefix_hashes=[1, 2]))
    await put(stores, event(1, tool="b"))
    await put(stores, event(2, session="c", prefix_hashes=[]))
    events = await read(stores)
    assert [events.session.of(i) for i in range(3)] == ["a", None, "c"]
    assert [events.tool.of(i) for i in range(3)] == [None, "b", None]
    assert events.prefixes.offsets.tolist() == [0, 2, 2, 2]


async def test_no_log_reads_as_no_events(stores):
    assert shown(await read(stores)) == []
    assert len(await read(stores)) == 0


async def test_an_empty_batch_adds_nothing(stores):
    appended = await stores.event_log.append(WL, empty_events(), owner_id=ONE)
    assert appended.is_new.tolist() == []
    assert len(await read(stores)) == 0


async def test_events_are_read_oldest_first_with_ties_as_they_came(stores):
    await put(stores, event(5, id="c"), event(1, id="z"), event(1, id="a"))
    await put(stores, event(0, id="first"), event(1, id="m"))
    assert (await read(stores)).id.tolist() == ["first", "z", "a", "m", "c"]


async def test_a_span_takes_its_start_and_leaves_its_end(stores):
    await put(stores, *(event(n, id=str(n)) for n in range(5)))
    span = {"since": AT + timedelta(seconds=1), "until": AT + timedelta(seconds=3)}
    assert (await read(stores, **span)).id.tolist() == ["1", "2"]
    assert (await read(stores, since=span["until"])).id.tolist() == ["3", "4"]
    assert (await read(stores, until=span["since"])).id.tolist() == ["0"]
    assert len(await read(stores, since=AT + timedelta(days=1))) == 0
    far = {"since": datetime(1, 1, 1, tzinfo=UTC), "until": datetime(9999, 12, 31, tzinfo=UTC)}
    assert len(await read(stores, **far)) == 5


async def test_nanoseconds_are_kept(stores):
    events = columns_of([event(id="a"), event(id="b")])
    events.at_ns[:] = [nanoseconds(AT) + 1, nanoseconds(AT)]
    await make(stores)
    await stores.event_log.append(WL, events, owner_id=ONE)
    read_back = await read(stores)
    assert read_back.id.tolist() == ["b", "a"]
    assert (read_back.at_ns - nanoseconds(AT)).tolist() == [0, 1]


async def test_an_id_counts_once_in_a_batch_and_ever_after(stores):
    assert await put(stores, event(id="a"), event(id="b"), event(9, id="a")) == [True, True, False]
    assert await put(stores, event(id="b"), event(id="c")) == [False, True]
    events = await read(stores)
    assert sorted(events.id.tolist()) == ["a", "b", "c"]
    assert len(set(events.at_ns.tolist())) == 1  # the first with an id is the one that stays


async def test_events_without_an_id_are_always_new(stores):
    for _ in range(2):
        assert (await put(stores, event(), event(), event(id="a")))[:2] == [True, True]
    assert len(await read(stores)) == 5


async def test_a_large_batch_again_adds_nothing(stores):
    events = [event(n, id=f"id-{n}") for n in range(1_203)]
    assert all(await put(stores, *events))
    assert not any(await put(stores, *reversed(events)))
    assert len(await read(stores)) == 1_203


async def test_any_number_of_events_may_have_one_instant(stores):
    ids = [f"id-{n:04}" for n in range(2_345)]
    await put(stores, *(event(id=one) for one in reversed(ids)))
    assert (await read(stores)).id.tolist() == ids[::-1]


async def test_a_workload_holds_so_many_events_and_a_batch_that_is_refused_leaves_nothing(stores):
    made = Workload(id=WL, owner_id=ONE, name="w", created_at=AT, updated_at=AT)
    await stores.workloads.add(made, max_per_user=1)

    async def added(*names: str) -> list[bool]:
        events = columns_of([event(id=name) for name in names])
        limits = LogLimits(events=3)
        return (await stores.event_log.append(WL, events, owner_id=ONE, limits=limits)).is_new.tolist()

    assert await added("a", "b") == [True, True]
    for _ in range(2):
        with pytest.raises(ValidationFailed, match="at most 3"):
            await added("b", "c", "d")
    assert await added("a", "b", "b", "c") == [False, False, False, True]
    assert await added("a", "b", "c") == [False] * 3
    assert len(await read(stores)) == 3
    assert (await stores.workloads.get(WL, owner_id=ONE)).event_count == 3


def with_hashes(count: int, **fields: Any) -> Event:
    return event(prefix_hashes=list(range(count)), **fields)


async def test_prefix_hashes_and_bytes_are_counted_with_the_events_they_belong_to(stores):
    await put(stores, with_hashes(3, id="a"), with_hashes(2, id="b"))
    await put(stores, with_hashes(2, id="b"), with_hashes(4, id="c", template="ü"))
    found = await stores.workloads.get(WL, owner_id=ONE)
    batches = [[with_hashes(3, id="a"), with_hashes(2, id="b")], [with_hashes(4, id="c", template="ü")]]
    assert (found.event_count, found.prefix_hashes) == (3, 9)
    assert found.bytes == sum(size_of(columns_of(batch)).bytes for batch in batches)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (LogLimits(prefix_hashes=5), "at most 5 prefix hashes, with this batch it would hold 7"),
        (LogLimits(bytes=400), "at most 400 bytes of events, with this batch it would hold"),
    ],
)
async def test_a_batch_that_makes_a_workload_too_large_is_refused_and_leaves_nothing(stores, limits, said):
    await make(stores)

    async def added(*events: Event) -> list[bool]:
        appended = await stores.event_log.append(WL, columns_of(events), owner_id=ONE, limits=limits)
        return appended.is_new.tolist()

    assert await added(with_hashes(4, id="a")) == [True]
    before = await stores.workloads.get(WL, owner_id=ONE)
    with pytest.raises(ValidationFailed, match=said):
        await added(with_hashes(1, id="b"), with_hashes(2, id="c", template="t" * 200))
    assert await stores.workloads.get(WL, owner_id=ONE) == before
    assert len(await read(stores)) == 1
    assert await added(with_hashes(4, id="a")) == [False]


async def test_one_batch_sent_by_many_is_stored_once(stores):
    batch = [event(n, id=str(n)) for n in range(10)]
    results = await asyncio.gather(*(put(stores, *batch) for _ in range(5)))
    assert sum(sum(is_new) for is_new in results) == 10
    assert len(await read(stores)) == 10


async def test_logs_are_apart_by_owner_and_workload(stores):
    await put(stores, event(id="a"))
    assert await put(stores, event(id="a"), owner=OTHER) == [True]
    assert await put(stores, event(id="a"), workload="wl-2") == [True]
    assert len(await read(stores)) == 1
    assert len(await stores.event_log.read("wl-2", owner_id=OTHER)) == 0


async def test_a_deleted_log_is_empty_and_its_ids_are_new_again(stores):
    await put(stores, event(id="a"))
    await put(stores, event(id="a"), owner=OTHER)
    await stores.event_log.delete(WL, owner_id=ONE)
    await stores.event_log.delete(WL, owner_id=ONE)
    assert len(await read(stores)) == 0
    assert await put(stores, event(id="a")) == [True]
    assert len(await stores.event_log.read(WL, owner_id=OTHER)) == 1


async def test_events_need_their_workload(stores):
    with pytest.raises(NotFound):
        await stores.event_log.append(WL, columns_of([event(id="a")]), owner_id=ONE)
    assert len(await read(stores)) == 0
    assert await put(stores, event(id="a")) == [True]


async def test_columns_sent_and_read_are_not_the_stores_own(stores):
    events = columns_of([FULL])
    await make(stores)
    await stores.event_log.append(WL, events, owner_id=ONE)
    events.input_tokens[:] = 0
    read_back = await read(stores)
    read_back.input_tokens[:] = 1
    read_back.prefixes.hashes[:] = 1
    read_back.id[:] = "x"
    assert shown(await read(stores)) == shown(columns_of([FULL]))


optional = st.one_of(st.none(), st.integers(0, 3))
sent = st.builds(
    event,
    at_s=st.integers(-2, 2),
    id=st.one_of(st.none(), st.sampled_from(["a", "b", "ü"])),
    session=st.one_of(st.none(), st.sampled_from(["s", "t"])),
    cached_input_tokens=optional,
    latency_ms=st.one_of(st.none(), st.floats(0, 9)),
    prefix_hashes=st.one_of(st.none(), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)),
)


@pytest.mark.parametrize("rounds", [12])
def test_every_adapter_reads_what_any_other_would(open_stores, rounds):
    """Append the same batches to each adapter and compare answers and reads."""

    @settings(max_examples=rounds, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(sent, max_size=6), max_size=3))
    def compare(batches: list[list[Event]]) -> None:
        async def run() -> None:
            async with open_stores("memory") as first, open_stores("sqlite") as second:
                for batch in batches:
                    assert await put(first, *batch) == await put(second, *batch)
                    assert shown(await read(first)) == shown(await read(second))

        asyncio.run(run())

    compare()
