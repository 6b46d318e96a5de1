"""Two factors from medians, changes by ratio, intervals that widen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.optimization.performance.calibration import (
    FEWEST_ROWS,
    Calibration,
    Telemetry,
    calibrated,
    change_bounds,
    predict_change,
    telemetry_of,
)
from netra.domain.optimization.performance.constants import RESIDUALS_80
from netra.domain.workloads.columns import Events, Labels


def events(**columns: object) -> Events:
    fields: dict[str, object] = {
        "at_ns": np.arange(4),
        "model": Labels(codes=np.zeros(4, np.int32), names=("m",)),
        "input_tokens": np.full(4, 10),
        "output_tokens": np.array([11, 1, 11, 11]),
        **columns,
    }
    return Events(**fields)  # type: ignore[arg-type]


def test_tpot_is_what_is_left_after_the_first_token_by_the_tokens_left() -> None:
    seen = telemetry_of(
        events(
            latency_ms=np.array([600.0, 200.0, 50.0, np.nan]), ttft_ms=np.array([100.0, 150.0, 100.0, 0.0])
        )
    )
    assert seen.tpot_ms[0] == 50.0
    assert np.isnan(seen.tpot_ms[1:]).all()  # no second token, a clock that ran back, no latency
    assert seen.ttft_ms[:3].tolist() == [100.0, 150.0, 100.0]
    assert np.isnan(seen.ttft_ms[3])


def test_a_log_without_latencies_has_no_telemetry_and_changes_no_factor() -> None:
    seen = telemetry_of(events())
    assert np.isnan(seen.ttft_ms).all()
    assert np.isnan(seen.tpot_ms).all()
    assert calibrated(seen, modelled=seen) == Calibration()


def test_a_few_hung_calls_do_not_move_the_factor() -> None:
    measured = np.full(101, 30.0)
    measured[::10] = 60_000.0
    modelled = Telemetry(ttft_ms=np.full(101, 20.0), tpot_ms=np.full(101, np.nan))
    found = calibrated(Telemetry(ttft_ms=measured, tpot_ms=measured), modelled=modelled)
    assert (found.prefill, found.prefill_rows) == (1.5, 101)
    assert (found.decode, found.decode_rows) == (1.0, 0)


def test_too_few_calls_make_no_factor() -> None:
    few = Telemetry(ttft_ms=np.full(FEWEST_ROWS - 1, 9.0), tpot_ms=np.full(FEWEST_ROWS - 1, 9.0))
    assert calibrated(few, modelled=few).decode_rows == 0


def test_the_spread_comes_from_calls_not_used_for_the_factor() -> None:
    measured = np.where(np.arange(100) % 2, 20.0, 10.0)  # odd places are twice as slow
    same = Telemetry(ttft_ms=measured, tpot_ms=measured)
    found = calibrated(same, modelled=Telemetry(ttft_ms=np.full(100, 10.0), tpot_ms=np.full(100, 10.0)))
    assert (found.decode, found.decode_spread) == (1.0, (2.0, 2.0))


def test_one_change_has_the_bounds_of_its_kind_and_none_has_none() -> None:
    assert change_bounds(["batch"]) == RESIDUALS_80["batch"]
    assert change_bounds([]) == (1.0, 1.0)


@settings(max_examples=40)
@given(
    st.sets(st.sampled_from(sorted(RESIDUALS_80)), min_size=1, max_size=4),
    st.sampled_from(sorted(RESIDUALS_80)),
)
def test_changing_one_thing_more_never_narrows_the_interval(changed: set[str], more: str) -> None:
    low, high = change_bounds(changed)
    wider_low, wider_high = change_bounds({*changed, more})
    assert wider_low <= low
    assert wider_high >= high


def test_a_change_is_the_measured_value_times_the_models_ratio() -> None:
    found = predict_change(40.0, modelled_before=20.0, modelled_after=30.0, changed={"gpu", "tp"})
    assert found.value == 60.0
    assert found.low < 60.0 * RESIDUALS_80["gpu"][0]
    assert found.high > 60.0 * RESIDUALS_80["gpu"][1]
    assert found.low == pytest.approx(60.0 * change_bounds({"gpu", "tp"})[0])
