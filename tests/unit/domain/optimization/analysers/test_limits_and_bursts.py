"""Rate limits the busiest minute needs, and queues that flatten bursts."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.analysers import burst_shaping, rate_limits
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.model import Gap, Goals, never_stop
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
SECOND = 10**9


def limits(study: Study) -> Finding:
    (found,) = rate_limits.analyse(study, checkpoint=never_stop)
    assert isinstance(found, Finding)
    return found


def test_the_busiest_minute_slides(study: Make, call: Call) -> None:
    log = study([call(0), call(50), call(70), call(100), call(500)])
    found = limits(log)
    assert msgspec.to_builtins(found.inputs.busiest_minute) == {
        "requests": 3,
        "input_tokens": 3000,
        "output_tokens": 300,
        "tokens": 3300,
    }
    assert found.evidence.rows == 3


def test_growth_is_added_to_the_limits(study: Make, call: Call) -> None:
    log = study([call(0), call(1), call(200)], goals=Goals(traffic_growth=0.5))
    assert limits(log).supply.rate_limits.requests_per_minute == 3
    assert "50.0 %" in limits(log).impact


def test_calls_turned_away_are_counted(study: Make, call: Call) -> None:
    log = study([call(0, status="429"), call(100, status="ok")])
    assert limits(log).inputs.calls_turned_away == 1


def test_a_day_of_data_needs_no_warning(study: Make, call: Call) -> None:
    assert len(limits(study([call(0), call(86_400)])).assumptions) == 1
    assert "a reliable peak needs a day" in limits(study([call(0), call(3600)])).assumptions[-1]


def test_a_log_under_a_minute_has_no_busiest_one(study: Make, call: Call) -> None:
    (gap,) = rate_limits.analyse(study([call(0), call(30)]), checkpoint=never_stop)
    assert isinstance(gap, Gap)


@given(
    seconds=st.lists(st.integers(0, 300), min_size=1, max_size=40),
    window=st.integers(1, 100),
)
def test_the_busiest_window_agrees_with_counting(seconds: list[int], window: int) -> None:
    at = np.sort(np.array(seconds, np.int64))
    counted = max(sum(end - window < other <= end for other in at) for end in at)
    assert rate_limits.busiest_window(at, np.ones(len(at)), window_ns=window)[0] == counted


def shaped(study: Study) -> tuple[Finding | Gap, ...]:
    return burst_shaping.analyse(study, checkpoint=never_stop)


def test_a_burst_is_flattened_within_the_patience(study: Make, call: Call) -> None:
    bursts = [call(burst * 100 + 0.01 * n) for burst in range(4) for n in range(100)]
    (found,) = shaped(study(bursts))
    assert isinstance(found, Finding)
    assert found.inputs.peak_per_s == 100
    assert found.inputs.shaped_per_s == pytest.approx(50, rel=0.02)
    assert found.inputs.wait_s_p99 <= 1.0


def test_a_deadline_is_the_patience(study: Make, call: Call) -> None:
    bursts = [call(burst * 100 + 0.001 * n, deadline_s=100) for burst in range(10) for n in range(20)]
    (found,) = shaped(study(bursts))
    assert isinstance(found, Finding)
    assert found.inputs.patience_s == pytest.approx(10)


def test_steady_or_few_arrivals_need_no_queue(study: Make, call: Call) -> None:
    assert shaped(study([call(n) for n in range(200)])) == ()
    assert shaped(study([call(n) for n in range(99)])) == ()


@given(gaps=st.lists(st.floats(0, 5), min_size=1, max_size=30), rate=st.floats(0.1, 10))
def test_waits_agree_with_a_queue_walked_through(gaps: list[float], rate: float) -> None:
    at_ns = (np.cumsum(gaps) * SECOND).astype(np.int64)
    free_s, walked = float("-inf"), []
    for at_s in (at_ns - at_ns[0]) / SECOND:
        leaves_s = max(at_s, free_s)
        walked.append(leaves_s - at_s)
        free_s = leaves_s + 1 / rate
    assert burst_shaping.waits_s(at_ns, per_s=rate).tolist() == pytest.approx(walked, abs=1e-6)


def test_the_least_rate_is_the_least() -> None:
    at_ns = np.repeat(np.arange(10) * 100, 20) * SECOND
    rate = burst_shaping.least_rate(at_ns, patience_s=1.0, below=1000.0)
    wait = np.percentile(burst_shaping.waits_s(at_ns, per_s=rate), 99)
    slower = np.percentile(burst_shaping.waits_s(at_ns, per_s=rate * 0.99), 99)
    assert wait <= 1.0 < slower
