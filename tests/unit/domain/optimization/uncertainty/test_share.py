"""The interval of a share of the bill, or why there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.uncertainty.clusters import Clusters
from netra.domain.optimization.uncertainty.ratio import Z_90, ratio_of, student
from netra.domain.optimization.uncertainty.share import Resampled, Sampling, Terms, sampling_of
from netra.domain.workloads.columns import Events, Labels

S = 10**9


def sampled(events: Events) -> Sampling:
    return sampling_of(events.at_ns, events.session)


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


def test_an_interval_by_session_has_a_term_for_chance_and_one_for_other_days() -> None:
    # 40 sessions of two calls of $1: 20 save all of it and 20 nothing, so r = 0.5 and each residual is +-1;
    # se^2 = 40 / 39 x 40 / 80^2, each window saves half (no drift seen), s^2 = 0.25, and 79 min leave
    # 0.045 x (79 / 60)^-0.4 of it unseen; t(4) at 90 % is 2.132
    sessions = np.repeat(np.arange(40), 2)
    part = np.repeat(np.arange(40) % 2, 2).astype(float)
    found = sampled(log(np.arange(80.0) * 60, sessions=sessions)).share(part, np.ones(80))
    assert isinstance(found, Resampled)
    assert found.share == pytest.approx(0.5)
    unseen = 0.045 * (79 / 60) ** -0.4 * 0.25
    assert found.margin == pytest.approx(2.1318 * (40 / 39 * 40 / 6400 + unseen) ** 0.5, rel=1e-4)
    assert found.basis == (
        "resampled by 40 sessions, with the drift between 8 windows and that of a public trace beyond 1.32 h"
    )


def test_the_drift_between_windows_widens_an_interval() -> None:
    # the first half of 64 sessions saves nothing and the second all: v = 8 / 7 x 0.25, se^2 = 0.25 / 63
    part = (np.arange(64) >= 32).astype(float)
    found = sampled(log(np.arange(64.0) * 600, sessions=np.arange(64))).share(part, np.ones(64))
    assert isinstance(found, Resampled)
    seen = 0.75 * (8 / 7 * 0.25 - 8 * 0.25 / 63)
    unseen = 0.045 * 10.5**-0.4 * 0.25
    assert found.margin == pytest.approx(2.1318 * (0.25 / 63 + seen + unseen) ** 0.5, rel=1e-3)


def test_repeating_calls_inside_a_session_narrows_nothing() -> None:
    part = np.random.default_rng(1).random(48)
    once = sampled(log(np.arange(48.0) * 60, sessions=np.arange(48))).share(part, np.ones(48))
    often = sampled(log(np.arange(480.0) * 6, sessions=np.repeat(np.arange(48), 10))).share(
        np.repeat(part, 10), np.ones(480)
    )
    assert isinstance(once, Resampled)
    assert isinstance(often, Resampled)
    assert often.margin == pytest.approx(once.margin, rel=0.01)  # 2,820 s and 2,874 s


def test_without_sessions_the_longest_blocks_of_which_there_are_thirty_are_resampled() -> None:
    at_s = np.arange(0, 20 * 3600, 10.0)
    found = sampled(log(at_s)).share(np.ones(len(at_s)), np.ones(len(at_s)))
    assert isinstance(found, Resampled)
    assert found.margin == pytest.approx(0.0, abs=1e-9)
    assert found.basis.startswith(
        "resampled by 40 blocks of 30 min, with the drift between 8 windows and that"
    )


def test_a_longer_log_leaves_less_unseen_up_to_a_week() -> None:
    terms = Terms(chance=0.0, seen=0.0, between_calls=1.0)
    margins = [terms.margin(hours) for hours in (0.5, 1.0, 24.0, 168.0, 720.0)]
    assert margins[:4] == sorted(margins[:4], reverse=True)
    assert margins[4] == margins[3]


def test_a_log_of_minutes_tells_no_share_of_other_hours() -> None:
    found = sampled(log(np.arange(0.0, 1500, 10), sessions=np.arange(150))).share(np.ones(150), np.ones(150))
    assert found == "the log covers 25 min, from which no share of other hours can be told"


def test_an_interval_does_not_depend_on_the_unit_of_money() -> None:
    part, whole = np.random.default_rng(2).random((2, 90))
    at_s = np.arange(90.0) * 60
    found = [sampled(log(at_s)).share(part * unit, whole * unit) for unit in (1.0, 1e100)]
    assert isinstance(found[0], Resampled)
    assert isinstance(found[1], Resampled)
    assert found[1].margin == pytest.approx(found[0].margin)


def test_no_interval_from_too_few_clusters() -> None:
    found = sampled(log(np.arange(0, 1200, 10.0))).share(np.ones(120), np.ones(120))
    assert found == "fewer than 30 sessions or minutes of calls"


def test_no_interval_of_a_saving_that_two_incidents_make() -> None:
    at_s = np.arange(0, 3600, 10.0)
    part = np.where((at_s < 60) | (at_s >= 3540), 1.0, 0.0)
    found = sampled(log(at_s)).share(part, np.ones(len(at_s)))
    assert found == "nearly all of it lies in 2 of 60 blocks of 1 min"


def test_no_interval_without_a_bill_or_a_call() -> None:
    assert (
        sampled(log(np.arange(9.0))).share(np.zeros(9), np.zeros(9)) == "there is no bill to take a share of"
    )
    assert sampled(log(np.zeros(0))).clusters is None


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
