"""Calls that repeat an earlier prompt, word for word."""

import numpy as np

from netra.domain.optimization.measures.duplicates import exact_duplicates
from netra.domain.workloads.columns import Events, Prefixes, empty_events, labels_of


def log(
    *,
    hashes: list[str | None] | None = None,
    chains: list[list[int]] | None = None,
    tokens: list[int],
    models: list[str] | None = None,
    providers: list[str | None] | None = None,
    at: list[int] | None = None,
) -> Events:
    count = len(tokens)
    model = labels_of(models or ["m"] * count)
    assert model is not None
    return Events(
        at_ns=np.array(at or range(count), np.int64),
        model=model,
        provider=labels_of(providers or []),
        input_tokens=np.array(tokens, np.int64),
        output_tokens=np.ones(count, np.int64),
        prompt_hash=labels_of(hashes or []),
        prefixes=None
        if chains is None
        else Prefixes(
            hashes=np.array([block for chain in chains for block in chain], np.int64),
            offsets=np.concatenate(([0], np.cumsum([len(chain) for chain in chains], dtype=np.int64))),
            block_tokens=np.full(count, 512, np.int32),
        ),
    )


def first(events: Events) -> list[int]:
    return [int(place) for place in exact_duplicates(events).first]


def test_every_later_call_with_the_same_hash_repeats_the_first() -> None:
    found = exact_duplicates(log(hashes=["a", "b", "a", "a"], tokens=[9, 9, 9, 9]))
    assert (found.requests, found.share, found.first.tolist()) == (2, 0.5, [0, 1, 0, 0])


def test_the_first_is_the_earliest_and_of_equal_instants_the_earlier_row() -> None:
    assert first(log(hashes=["a", "a", "a"], tokens=[1, 1, 1], at=[5, 3, 3])) == [1, 1, 1]


def test_another_model_or_provider_makes_another_answer() -> None:
    assert first(log(hashes=["a", "a"], tokens=[1, 1], models=["x", "y"])) == [0, 1]
    assert first(log(hashes=["a", "a"], tokens=[1, 1], providers=["x", None])) == [0, 1]


def test_without_a_hash_a_whole_equal_chain_and_length_is_the_same_prompt() -> None:
    events = log(chains=[[1, 2], [1, 2], [1, 2], [1, 3]], tokens=[900, 900, 901, 900])
    assert first(events) == [0, 0, 2, 3]


def test_a_chain_that_covers_a_part_of_the_prompt_proves_nothing() -> None:
    assert first(log(chains=[[1], [1], [], []], tokens=[900, 900, 0, 0])) == [0, 1, 2, 3]


def test_a_hash_counts_before_a_chain() -> None:
    assert first(log(hashes=["a", "a", None], chains=[[1], [2], [1]], tokens=[5, 5, 5])) == [0, 0, 2]


def test_a_log_that_tells_no_prompt_repeats_nothing() -> None:
    assert exact_duplicates(log(tokens=[1, 1])).requests == 0
    assert exact_duplicates(empty_events()).share == 0.0
