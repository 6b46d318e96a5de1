"""A log in numbers, with every way a log can be short or odd."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.workloads.columns import Events, Labels, columns_of, empty_events, labels_of
from netra.domain.workloads.model import Event
from netra.domain.workloads.profile import NAMES_MAX, arrivals_of, profile_of, slices_of, span_s, spread_of

SECOND = 10**9


def at(*seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([round(second * SECOND) for second in seconds], np.int64)


def log(count: int, **columns: object) -> Events:
    events = Events(
        at_ns=np.arange(count, dtype=np.int64) * SECOND,
        model=Labels(codes=np.zeros(count, np.int32), names=("m",) if count else ()),
        input_tokens=np.full(count, 10, np.int64),
        output_tokens=np.full(count, 2, np.int64),
    )
    return msgspec.structs.replace(events, **columns)


def test_a_steady_stream_has_a_rate_and_no_variation() -> None:
    arrivals = arrivals_of(at(0, 2, 4, 6))
    assert (arrivals.rate_per_s, arrivals.gap_cv) == (0.5, 0.0)


def test_gap_variation_is_the_population_deviation_over_the_mean() -> None:
    assert arrivals_of(at(0, 1, 4)).gap_cv == pytest.approx(0.5)


def test_windows_without_a_call_count_in_the_mean() -> None:
    arrivals = arrivals_of(at(0, 0.5, 0.9, 119.5))
    assert arrivals.peak_to_mean_1s == pytest.approx(3 / (4 / 120))
    assert arrivals.peak_to_mean_60s == pytest.approx(3 / (4 / 2))


@pytest.mark.parametrize("instants", [at(), at(5), at(5, 5, 5)])
def test_too_few_instants_have_no_rate_and_no_peaks(
    instants: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> None:
    arrivals = arrivals_of(instants)
    assert msgspec.structs.astuple(arrivals) == (0.0, None, None, None)


def test_a_nanosecond_is_not_lost() -> None:
    base = 1_793_491_200 * SECOND
    arrivals = arrivals_of(np.array([base, base + 1, base + 3]))
    assert arrivals.gap_cv == pytest.approx(1 / 3)
    assert span_s(np.array([base, base + 3])) == 3e-9


def test_a_clock_decades_off_costs_no_memory() -> None:
    assert arrivals_of(at(0, 1, 7_000_000_000)).peak_to_mean_1s == pytest.approx(7_000_000_001 / 3)


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(instants: list[int], random: object) -> None:
    shuffled = list(instants)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its random as object
    assert arrivals_of(np.array(shuffled)) == arrivals_of(np.array(instants))


def test_a_spread_is_of_the_values_that_are_known() -> None:
    spread = spread_of(np.array([1.0, np.nan, 3.0]))
    assert spread is not None
    assert (spread.known, spread.mean, spread.p50, spread.max) == (2, 2.0, 2.0, 3.0)
    assert spread_of(np.array([np.nan])) is None
    assert spread_of(None) is None


def test_slices_are_ordered_by_calls_then_name_and_the_unnamed_come_last() -> None:
    labels = labels_of(["b", "a", None, None, None, "c", "c"])
    slices = slices_of(log(7), labels)
    assert [(found.name, found.requests) for found in slices] == [("c", 2), ("a", 1), ("b", 1), (None, 3)]
    assert slices[0].input_tokens == 20


def test_slices_are_bounded() -> None:
    labels = labels_of([f"n{place}" for place in range(NAMES_MAX + 5)])
    assert len(slices_of(log(NAMES_MAX + 5), labels)) == NAMES_MAX


def test_token_sums_stay_exact_beyond_what_a_float_holds() -> None:
    huge = log(3, input_tokens=np.array([2**53, 1, 1], np.int64))
    assert profile_of(huge).models[0].input_tokens == 2**53 + 2


def test_what_is_not_logged_is_none_and_not_zero() -> None:
    profile = profile_of(log(2))
    assert (profile.cached_input_tokens, profile.latency_ms, profile.statuses) == (None, None, ())
    assert profile.currencies == ()


def test_missing_single_values_do_not_count() -> None:
    assert profile_of(log(2, cached_input_tokens=np.array([-1, 7]))).cached_input_tokens == 7


def test_currencies_of_billed_calls_are_named_and_dollars_where_none_is() -> None:
    cost = np.array([1.0, 2.0, np.nan])
    assert profile_of(log(3, cost=cost)).currencies == ("USD",)
    assert profile_of(log(3, cost=cost, currency=labels_of(["EUR", None, "JPY"]))).currencies == (
        "EUR",
        "USD",
    )
    assert profile_of(log(1, cost=np.array([np.nan]))).currencies == ()


def test_a_log_of_nothing_has_zeros() -> None:
    profile = profile_of(empty_events())
    assert (profile.requests, profile.input_tokens, profile.span_s, profile.models) == (0, 0, 0.0, ())
    assert profile.input_tokens_spread is None


def test_tiers_regions_charges_and_label_keys_are_counted() -> None:
    def call(**fields: Any) -> Event:
        return Event(
            timestamp=datetime(2026, 11, 1, tzinfo=UTC), model="m", input_tokens=9, output_tokens=1, **fields
        )

    searched = {"web_search": 2.0, "file_search": 1.0}
    profile = profile_of(
        columns_of(
            [
                call(service_tier="flex", region="us", charges=searched, labels={"team": "a"}),
                call(service_tier="flex", charges=searched, cache_write_1h_tokens=4),
                call(),
            ]
        )
    )
    assert [(tier.name, tier.requests) for tier in profile.service_tiers] == [("flex", 2), (None, 1)]
    assert [region.name for region in profile.regions] == ["us", None]
    assert profile.charges == {"web_search": 4.0, "file_search": 2.0}
    assert profile.label_keys == ("team",)
    assert (profile.cache_write_tokens, profile.cache_write_1h_tokens) == (4, 4)
