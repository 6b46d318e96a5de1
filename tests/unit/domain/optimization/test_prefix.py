"""Prefix reuse against a replay written the slow, obvious way."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.prefix import chain_tokens, prefix_reuse, reuse_of, shared_blocks
from netra.domain.workloads.columns import Events, Labels, Prefixes, empty_events, labels_of

MOONCAKE = Path("../shared/data/mooncake_synthetic.jsonl")


def log(
    *calls: tuple[int, list[int], int],
    model: list[str] | None = None,
    provider: list[str | None] | None = None,
) -> Events:
    """Return a log of (second, block hashes, input tokens), 512-token blocks."""
    models = model or ["m"] * len(calls)
    return Events(
        at_ns=np.array([second * 10**9 for second, _, _ in calls], np.int64),
        model=labels_of(models) or Labels(codes=np.zeros(0, np.int32), names=()),
        provider=labels_of(provider or []),
        input_tokens=np.array([tokens for _, _, tokens in calls], np.int64),
        output_tokens=np.ones(len(calls), np.int64),
        prefixes=Prefixes(
            hashes=np.array([block for _, chain, _ in calls for block in chain], np.int64),
            offsets=np.concatenate(([0], np.cumsum([len(chain) for _, chain, _ in calls], dtype=np.int64))),
            block_tokens=np.full(len(calls), 512, np.int32),
        ),
    )


def hits(events: Events, *, ttl_s: int | None) -> list[int]:
    return [int(tokens) for tokens in prefix_reuse(events, ttls_s=[ttl_s])[0].hit_tokens]


def slow_replay(events: Events, *, ttl_s: int | None) -> list[int]:
    """Walk the log request by request with a dictionary of last uses."""
    assert events.prefixes is not None
    last_use: dict[tuple[str | None, int], int] = {}
    found = [0] * len(events)
    for event in sorted(range(len(events)), key=lambda index: (int(events.at_ns[index]), index)):
        chain = events.prefixes.hashes[events.prefixes.offsets[event] : events.prefixes.offsets[event + 1]]
        keys = [(events.model.of(event), int(block)) for block in chain]
        now = int(events.at_ns[event])
        run = 0
        while run < len(keys) and keys[run] in last_use:
            if ttl_s is not None and now - last_use[keys[run]] > ttl_s * 10**9:
                break
            run += 1
        found[event] = min(run * 512, int(events.input_tokens[event]))
        last_use.update(dict.fromkeys(keys, now))
    return found


CALLS = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.lists(st.integers(-3, 5), max_size=5),
        st.integers(0, 3_000),
        st.sampled_from("ab"),
    ),
    max_size=14,
)


@given(calls=CALLS, ttl_s=st.sampled_from([0, 1, 3, None]))
def test_columns_find_what_a_request_by_request_replay_finds(
    calls: list[tuple[int, list[int], int, str]], ttl_s: int | None
) -> None:
    events = log(*(call[:3] for call in calls), model=[call[3] for call in calls])
    assert hits(events, ttl_s=ttl_s) == slow_replay(events, ttl_s=ttl_s)


@given(calls=CALLS, chosen=st.lists(st.booleans(), min_size=14, max_size=14))
def test_some_calls_of_a_log_reuse_what_they_would_reuse_alone(
    calls: list[tuple[int, list[int], int, str]], chosen: list[bool]
) -> None:
    calls = sorted(calls)
    events = log(*(call[:3] for call in calls), model=[call[3] for call in calls])
    assert events.prefixes is not None
    where = np.array(chosen[: len(calls)], np.bool_)
    shared = shared_blocks(events, events.prefixes)
    together = reuse_of(events, shared, ttls_s=[2, None], where=where)
    alone = prefix_reuse(events.take(np.flatnonzero(where)), ttls_s=[2, None])
    assert [reuse.hit_tokens[where].tolist() for reuse in together] == [
        reuse.hit_tokens.tolist() for reuse in alone
    ]
    assert [reuse.token_share for reuse in together] == [reuse.token_share for reuse in alone]
    assert not any(reuse.hit_tokens[~where].any() for reuse in together)


def test_a_block_lives_exactly_its_time_to_live_and_no_longer() -> None:
    events = log((0, [1], 512), (60, [1], 512), (121, [1], 512))
    assert hits(events, ttl_s=60) == [0, 512, 0]


def test_a_hit_is_a_use_that_keeps_the_block_alive() -> None:
    events = log((0, [1], 512), (50, [1], 512), (100, [1], 512))
    assert hits(events, ttl_s=60) == [0, 512, 512]


def test_a_block_behind_a_dead_one_is_used_but_not_reused() -> None:
    events = log((0, [1, 2], 1_024), (1, [9, 2], 1_024), (2, [1, 2], 1_024))
    assert hits(events, ttl_s=60) == [0, 0, 1_024]


def test_of_two_calls_at_one_instant_the_earlier_row_comes_first() -> None:
    assert hits(log((5, [1], 512), (5, [1], 512)), ttl_s=0) == [0, 512]


def test_rows_out_of_order_are_replayed_by_time_and_told_in_place() -> None:
    events = log((9, [1], 512), (3, [1], 512))
    assert hits(events, ttl_s=None) == [512, 0]


def test_a_chain_that_names_a_block_twice_does_not_hit_itself() -> None:
    assert hits(log((0, [7, 7, 7], 1_536)), ttl_s=None) == [0]


def test_models_and_providers_share_no_blocks() -> None:
    calls = ((0, [1], 512), (1, [1], 512), (2, [1], 512))
    assert hits(log(*calls, model=["a", "b", "a"]), ttl_s=None) == [0, 0, 512]
    assert hits(log(*calls, provider=["x", None, None]), ttl_s=None) == [0, 0, 512]


def test_reuse_is_at_most_the_input() -> None:
    (reuse,) = prefix_reuse(log((0, [1, 2], 600), (1, [1, 2], 600)), ttls_s=[60])
    assert (reuse.hit_tokens.tolist(), reuse.token_share) == ([0, 600], 0.5)


def test_without_prefix_hashes_there_is_nothing_to_say() -> None:
    assert prefix_reuse(empty_events()) == ()
    bare = log((0, [], 5))
    assert bare.prefixes is not None
    without = msgspec.structs.replace(bare, prefixes=None)
    assert reuse_of(without, shared_blocks(bare, bare.prefixes), ttls_s=[60]) == ()
    assert chain_tokens(empty_events()).tolist() == []


def test_a_log_without_input_tokens_reuses_nothing() -> None:
    assert [reuse.token_share for reuse in prefix_reuse(log((0, [], 0), (1, [1], 0)))] == [0.0, 0.0, 0.0]


def test_chains_cover_whole_blocks_up_to_the_input() -> None:
    assert chain_tokens(log((0, [1, 2], 900), (0, [1], 900), (0, [], 900))).tolist() == [900, 512, 0]


@pytest.mark.shared_data
def test_the_public_mooncake_trace_reuses_the_published_shares() -> None:
    if not MOONCAKE.exists():
        pytest.skip(f"{MOONCAKE} is not here")
    rows = [json.loads(line) for line in MOONCAKE.read_text().splitlines()]
    chains = [row["hash_ids"] for row in rows]
    events = Events(
        at_ns=np.array([row["timestamp"] * 1_000_000 for row in rows]),
        model=Labels(codes=np.zeros(len(rows), np.int32), names=("m",)),
        input_tokens=np.array([row["input_length"] for row in rows]),
        output_tokens=np.array([row["output_length"] for row in rows]),
        prefixes=Prefixes(
            hashes=np.array([block for chain in chains for block in chain]),
            offsets=np.concatenate(([0], np.cumsum([len(chain) for chain in chains]))),
            block_tokens=np.full(len(rows), 512, np.int32),
        ),
    )
    shares = [round(reuse.token_share, 4) for reuse in prefix_reuse(events)]
    assert shares == [0.3276, 0.5951, 0.6512]


def test_the_work_can_be_stopped_before_each_time_to_live() -> None:
    said: list[float] = []
    events = log((0, [1], 512), (1, [1], 512))
    assert events.prefixes is not None
    shared = shared_blocks(events, events.prefixes)
    reuse_of(events, shared, ttls_s=[1, 60, None], checkpoint=lambda done, _: said.append(done))
    assert said == pytest.approx([0, 1 / 3, 2 / 3])
