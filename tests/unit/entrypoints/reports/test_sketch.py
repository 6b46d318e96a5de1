"""A log at a glance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.workloads.columns import Events, empty_events
from netra.entrypoints.reports.sketch import BINS_MAX, bin_seconds, resampled, sketch_of


def test_a_log_without_calls_has_nothing_to_show() -> None:
    assert sketch_of(empty_events()) is None


def test_every_call_is_in_some_bin_and_empty_bins_count(events: Events) -> None:
    sketch = sketch_of(events)
    assert sketch is not None
    assert sketch.rates_per_s.sum() * sketch.bin_s == pytest.approx(len(events))
    assert len(sketch.rates_per_s) == pytest.approx(sketch.seconds / sketch.bin_s, abs=1)


def test_latencies_are_shown_where_the_log_has_them(events: Events) -> None:
    sketch = sketch_of(events)
    assert sketch is not None
    assert [(s.name, s.unit) for s in sketch.spreads] == [
        ("time to first token", "ms"),
        ("whole call", "ms"),
    ]
    assert events.ttft_ms is not None
    known = events.ttft_ms[np.isfinite(events.ttft_ms)]
    assert sketch.spreads[0].p99 == pytest.approx(np.quantile(known, 0.99))


def test_lengths_are_shown_where_the_log_has_no_latency(events: Events) -> None:
    import msgspec

    bare = msgspec.structs.replace(events, ttft_ms=None, latency_ms=np.full(len(events), np.nan))
    sketch = sketch_of(bare)
    assert sketch is not None
    assert [s.unit for s in sketch.spreads] == ["tokens", "tokens"]


def test_one_call_is_one_bin(events: Events) -> None:
    sketch = sketch_of(events.take(np.array([5])))
    assert sketch is not None
    assert (sketch.calls, sketch.seconds, sketch.rates_per_s.tolist()) == (1, 0.0, [1.0])


@given(st.floats(min_value=0, max_value=1e10))
def test_bins_are_never_too_many_to_draw(seconds: float) -> None:
    assert seconds / bin_seconds(seconds) <= BINS_MAX


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=300), st.integers(1, 80))
def test_resampling_keeps_within_the_rates_and_the_width(rates: list[float], columns: int) -> None:
    shown = resampled(np.array(rates), columns=columns)
    assert len(shown) <= max(columns, 0)
    assert shown.max() <= max(rates) * (1 + 1e-9)
