"""Which calls depend on one another: sessions, else blocks of time."""

import numpy as np
import pytest

from netra.domain.optimization.uncertainty.clusters import blocks_of, every_length_of, sessions_of
from netra.domain.workloads.columns import Labels

S = 10**9


def labels(codes: list[int], *, names: int) -> Labels:
    return Labels(codes=np.array(codes, np.int32), names=tuple(f"s{n}" for n in range(names)))


def test_calls_of_a_session_are_one_cluster() -> None:
    found = sessions_of(labels([n // 2 for n in range(60)], names=30))
    assert found is not None
    assert (found.count, found.by, found.name) == (30, "session", "sessions")
    assert found.total(np.ones(60)).tolist() == [2.0] * 30


def test_a_call_without_a_session_is_a_cluster_of_its_own() -> None:
    found = sessions_of(labels([*range(30), 0, -1, -1], names=30))
    assert found is not None
    assert found.count == 32


@pytest.mark.parametrize(
    "codes", [[], list(range(29)), [*range(30), *[-1] * 4]], ids=["no call", "too few", "too many unnamed"]
)
def test_too_few_sessions_are_no_clusters(codes: list[int]) -> None:
    assert sessions_of(labels(codes, names=30)) is None


def test_a_log_without_sessions_has_no_session_clusters() -> None:
    assert sessions_of(None) is None


def test_a_block_begins_at_the_edge_that_is_named() -> None:
    at_ns = np.array([0, 50, 60, 100]) * S
    assert blocks_of(at_ns, block_s=60.0).codes.tolist() == [0, 0, 1, 1]
    assert blocks_of(at_ns, block_s=60.0, edge_ns=50 * S).codes.tolist() == [0, 1, 1, 1]


def test_blocks_are_lengthened_while_there_are_thirty() -> None:
    at_ns = np.arange(0, 3 * 3600, 30) * S
    assert [blocks.block_s for blocks in every_length_of(at_ns)] == [60.0, 300.0]
    assert [blocks.name for blocks in every_length_of(at_ns)] == ["blocks of 1 min", "blocks of 5 min"]


def test_a_day_of_hours_is_named_in_hours() -> None:
    assert blocks_of(np.array([0]), block_s=21_600.0).name == "blocks of 6 h"


def test_a_month_has_thirty_blocks_of_each_length() -> None:
    at_ns = np.arange(0, 31 * 86_400, 600) * S
    assert [blocks.block_s for blocks in every_length_of(at_ns)][-1] == 86_400.0
