"""The made-up day: exact in number, the same for a seed, and rich enough for every analyser."""

from datetime import timedelta

import numpy as np
import pytest

from netra.domain.optimization.measures.duplicates import exact_duplicates
from netra.domain.optimization.prefix import prefix_reuse
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.intake import read_ndjson
from netra.domain.workloads.sufficiency import sufficiency_of
from netra.entrypoints.commands.sample_log import FEATURES, START, sample_events, sample_log

LOG = sample_log(requests=2_000, seed=7)
TAKEN = read_ndjson(LOG, max_rows=2_000)


@pytest.mark.parametrize("requests", [1, 2, 49, 50, 333])
def test_it_has_exactly_as_many_calls_as_asked_for_oldest_first(requests: int) -> None:
    events = sample_events(np.random.default_rng(1), requests=requests)
    assert len(events) == requests
    assert events == sorted(events, key=lambda event: event.timestamp)


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones() -> None:
    assert sample_log(requests=200, seed=3) == sample_log(requests=200, seed=3)
    assert sample_log(requests=200, seed=3) != sample_log(requests=200, seed=4)


def test_every_row_is_taken_in_and_every_id_is_its_own_and_says_synthetic() -> None:
    assert (len(TAKEN.events), TAKEN.faults, TAKEN.notes) == (2_000, (), ())
    assert TAKEN.events.id is not None
    ids = TAKEN.events.id.tolist()
    assert len(set(ids)) == 2_000
    assert all(name.startswith("synthetic-") for name in ids)


def test_every_feature_and_kind_of_evidence_is_there_over_a_whole_day() -> None:
    found = sufficiency_of(TAKEN.events)
    assert found.covers_a_day
    left_out = {"cost", "service_tier", "region", "charges", "labels", "variant"}
    assert {missing.field for missing in found.missing} == left_out
    assert TAKEN.events.feature is not None
    assert set(TAKEN.events.feature.names) == {feature.name for feature in FEATURES}


def test_prompts_share_prefixes_grow_in_sessions_and_repeat() -> None:
    minute, _, ever = (reuse.token_share for reuse in prefix_reuse(TAKEN.events))
    assert 0.2 < minute < ever < 0.95
    assert 0.01 < exact_duplicates(TAKEN.events).share < 0.3


def test_what_repeats_by_hash_repeats_by_chain() -> None:
    repeated = [
        event
        for event in sample_events(np.random.default_rng(5), requests=500)
        if event.prompt_hash is not None
    ]
    chains = {event.prompt_hash: (event.input_tokens, event.prefix_hashes) for event in repeated}
    assert all(chains[event.prompt_hash] == (event.input_tokens, event.prefix_hashes) for event in repeated)


def test_failures_are_sent_again_and_say_what_they_repeat() -> None:
    events = {event.id: event for event in sample_events(np.random.default_rng(2), requests=1_000)}
    retries = [event for event in events.values() if event.retry_of is not None]
    assert len(retries) == 20
    for retry in retries:
        failed = events[retry.retry_of]
        assert failed.status in {"timeout", "error", "429"}
        assert failed.timestamp < retry.timestamp


def test_parts_never_exceed_the_whole_and_chains_cover_the_prompt() -> None:
    for event in sample_events(np.random.default_rng(9), requests=400):
        assert (event.cached_input_tokens or 0) <= event.input_tokens
        assert event.prefix_hashes is not None
        assert 0 <= len(event.prefix_hashes) * 128 - event.input_tokens < 128


def test_one_feature_changes_its_model_at_noon() -> None:
    noon = START + timedelta(hours=12)
    models = {
        (event.model, event.timestamp >= noon)
        for event in sample_events(np.random.default_rng(4), requests=1_000)
        if event.feature == "tagging" and event.retry_of is None
    }
    assert models == {("gpt-4o-mini", False), ("gpt-4.1", True)}


def test_columns_can_be_made_of_the_calls_directly() -> None:
    assert len(columns_of(sample_events(np.random.default_rng(1), requests=10))) == 10
