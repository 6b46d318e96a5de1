"""The interval of a share of the bill, or why there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.uncertainty.clusters import Clusters
from netra.domain.optimization.uncertainty.ratio import Z_90, lag_1, ratio_of, student
from netra.domain.optimization.uncertainty.share import Interval, sampling_of
from netra.domain.workloads.columns import Events, Labels

S = 10**9


def log(at_s: np.ndarray, *, sessions: np.ndarray | None = None) -> Events:
    n = len(at_s)
    session = None
    if sessions is not None:
        names = tuple(str(code) for code in range(int(sessions.max()) + 1))
        session = Labels(codes=sessions.astype(np.int32), names=names)
    return Events(
        at_ns=(at_s * S).astype(np.int64),
        model=Labels(codes=np.zeros(n, np.int32), names=("m",)),
        input_tokens=np.ones(n, np.int64),
        output_tokens=np.ones(n, np.int64),
        session=session,
    )


def test_an_interval_by_session_is_that_of_a_ratio_estimator() -> None:
    # 40 sessions of two calls of $1: 20 save all of it and 20 nothing, so r = 0.5 and each residual is +-1;
    # se = sqrt(40 / 39 x 40) / 80 = 0.08006, and t(39) at 90 % is 1.685
    sessions = np.repeat(np.arange(40), 2)
    part = np.repeat(np.arange(40) % 2, 2).astype(float)
    found = sampling_of(log(np.arange(80.0), sessions=sessions)).interval(part, np.ones(80))
    assert found.low == pytest.approx(0.5 - 1.685 * 0.08006, abs=1e-4)
    assert found.high == pytest.approx(0.5 + 1.685 * 0.08006, abs=1e-4)
    assert found.basis == "resampled by 40 sessions"


def test_repeating_calls_inside_a_session_narrows_nothing() -> None:
    part = np.random.default_rng(1).random(50)
    once = sampling_of(log(np.arange(50.0), sessions=np.arange(50)))
    often = sampling_of(log(np.arange(500.0), sessions=np.repeat(np.arange(50), 10)))
    assert often.interval(np.repeat(part, 10), np.ones(500)) == once.interval(part, np.ones(50))


def test_blocks_grow_until_they_are_nearly_uncorrelated() -> None:
    # what is saved flips every 10 minutes, so blocks of a minute and of five resemble their neighbours
    at_s = np.arange(0, 20 * 3600, 10.0)
    flips = np.random.default_rng(4).permutation(np.arange(120) % 2)
    part = flips[(at_s // 600).astype(int)].astype(float)
    found = sampling_of(log(at_s)).interval(part, np.ones(len(at_s)))
    assert found.basis == "resampled by 80 blocks of 15 min"


def test_no_interval_from_too_few_clusters() -> None:
    found = sampling_of(log(np.arange(0, 1200, 10.0))).interval(np.ones(120), np.ones(120))
    assert (found.low, found.high) == (None, None)
    assert "fewer than 30" in found.basis


def test_no_interval_of_a_saving_that_two_incidents_make() -> None:
    at_s = np.arange(0, 3600, 10.0)
    part = np.where((at_s < 60) | (at_s >= 3540), 1.0, 0.0)
    found = sampling_of(log(at_s)).interval(part, np.ones(len(at_s)))
    assert (found.low, found.basis) == (None, "nearly all of it lies in 2 of 60 blocks of 1 min")


def test_no_interval_without_a_bill_or_a_call() -> None:
    assert sampling_of(log(np.arange(9.0))).interval(np.zeros(9), np.zeros(9)).low is None
    assert sampling_of(log(np.zeros(0))).ladder == ()


def test_an_unknown_interval_stays_unknown_when_it_is_scaled() -> None:
    unknown = Interval(low=None, high=None, basis="why")
    assert unknown.times(3.0) == unknown
    assert Interval(low=1.0, high=2.0, basis="b").times(3.0) == Interval(low=3.0, high=6.0, basis="b")


@given(st.lists(st.floats(0.0, 1.0), min_size=30, max_size=60), st.floats(0.1, 100.0))
def test_a_ratio_does_not_depend_on_the_unit_of_money(saved: list[float], unit: float) -> None:
    part, each = np.array(saved), np.arange(len(saved))
    by_call = Clusters(codes=each, count=len(saved), by="session")
    one = ratio_of(part, np.ones(len(part)), by_call)
    other = ratio_of(part * unit, np.full(len(part), unit), by_call)
    assert other.value == pytest.approx(one.value)
    assert other.standard_error == pytest.approx(one.standard_error, abs=1e-9)


@given(st.integers(10, 1000))
def test_students_quantile_falls_to_the_normal_one(freedom: int) -> None:
    assert student(Z_90, freedom=freedom) > student(Z_90, freedom=freedom + 1) > Z_90


def test_values_that_do_not_vary_are_not_correlated() -> None:
    assert lag_1(np.ones(5)) == 0.0
