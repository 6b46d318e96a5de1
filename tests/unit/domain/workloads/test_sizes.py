"""Sizes of logs: what counts, what is refused with which words, and what an analysis still reads."""

from datetime import UTC, datetime

import numpy as np
import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.ids import UserId, WorkloadId
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import Events, columns_of
from netra.domain.workloads.model import Event, Workload
from netra.domain.workloads.service import APPENDED_EVENTS, APPENDED_HASHES, parts_of
from netra.domain.workloads.sizes import (
    LogLimits,
    LogSize,
    added,
    check_readable,
    check_room,
    limits_of,
    removed_size,
    size_of,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)


def log(*hashes: int, template: str | None = None) -> Events:
    return columns_of(
        [
            Event(
                timestamp=AT,
                model="m",
                input_tokens=1,
                output_tokens=1,
                id=f"ü{n}",
                template=template,
                prefix_hashes=[1] * count,
            )
            for n, count in enumerate(hashes)
        ]
    )


def test_every_hash_and_every_byte_of_text_counts() -> None:
    plain, named = size_of(log(2, 3)), size_of(log(2, 3, template="t" * 100))
    assert (plain.events, plain.prefix_hashes) == (2, 5)
    assert size_of(log(2, 13)).bytes == plain.bytes + 80
    assert named.bytes == plain.bytes + 100 + 2 * 4  # the name once, and a code for each event


def test_sizes_add_up_and_come_off_again() -> None:
    whole, part = log(2, 3, 4), log(2, 3, 4).take(np.array([0, 1]))
    assert removed_size(whole, part).prefix_hashes == 4
    assert added(size_of(part), removed_size(whole, part)) == size_of(whole)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (LogSize(events=3), "at most 2 events"),
        (LogSize(prefix_hashes=30), "at most 20 prefix hashes, with this batch it would hold 30"),
        (LogSize(bytes=300), "at most 200 bytes of events, with this batch it would hold 300"),
    ],
)
def test_a_workload_that_would_be_too_large_is_refused_with_what_to_do(size: LogSize, said: str) -> None:
    limits = LogLimits(events=2, prefix_hashes=20, bytes=200)
    check_room(LogSize(events=2, prefix_hashes=20, bytes=200), limits=limits)
    check_room(size, limits=None)
    check_room(size, limits=LogLimits())
    with pytest.raises(ValidationFailed, match=said) as caught:
        check_room(size, limits=limits)
    assert "begin another workload" in caught.value.message
    assert caught.value.faults[0].code == "workload_full"


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        (Quotas(max_events_per_workload=9), "holds 10 events, and an analysis reads at most 9"),
        (Quotas(max_prefix_hashes_per_workload=99), "holds 100 prefix hashes, .* at most 99"),
        (Quotas(max_bytes_per_workload=999), "holds 1000 bytes of events, .* at most 999"),
    ],
)
def test_a_workload_from_before_lower_limits_is_not_read(quotas: Quotas, said: str) -> None:
    workload = Workload(
        id=WorkloadId("wl-1"),
        owner_id=UserId(1),
        name="w",
        created_at=AT,
        updated_at=AT,
        event_count=10,
        prefix_hashes=100,
        bytes=1_000,
    )
    check_readable(workload, limits=limits_of(Quotas()))
    with pytest.raises(ValidationFailed, match=said):
        check_readable(workload, limits=limits_of(quotas))


def sizes(hashes_by_event: list[int]) -> list[int]:
    """Return how many events each part has of a log with so many hashes by event."""
    offsets = np.concatenate(([0], np.cumsum(hashes_by_event)))
    few = log(*([1] * len(hashes_by_event)))
    assert few.prefixes is not None
    few.prefixes.offsets[:] = offsets  # a log of millions of hashes without the hashes
    return [len(part) for part in parts_of(few)]


def test_a_log_is_added_in_parts_of_bounded_hashes_each_of_one_event_at_least() -> None:
    half = APPENDED_HASHES // 2
    assert sizes([half, half, 1, half]) == [2, 2]
    assert sizes([3 * APPENDED_HASHES, 1, APPENDED_HASHES]) == [1, 1, 1]
    assert sizes([1, 0, 2]) == [3]


def test_a_log_without_hashes_is_added_in_parts_of_bounded_events() -> None:
    one = Event(timestamp=AT, model="m", input_tokens=1, output_tokens=1)
    events = columns_of([one]).take(np.zeros(APPENDED_EVENTS + 1, np.intp))
    assert [len(part) for part in parts_of(events)] == [APPENDED_EVENTS, 1]
    assert list(parts_of(columns_of([]))) == []
