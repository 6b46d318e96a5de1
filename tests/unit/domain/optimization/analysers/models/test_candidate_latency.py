"""The latency of a candidate stands next to its price where the log's own calls show it."""

from collections.abc import Callable
from typing import Any

from netra.domain.optimization.analysers.model import Finding
from netra.domain.optimization.analysers.models import right_sizing
from netra.domain.optimization.model import Goals, never_stop

Make = Callable[..., Any]


def proposal(study: Any) -> Finding:
    found = right_sizing.analyse(study, checkpoint=never_stop)
    return next(one for one in found if isinstance(one, Finding) and one.change is not None)


def test_calls_of_the_candidate_in_the_log_show_its_latency(study: Make, call: Make, tariff: Make) -> None:
    small = tariff("small", usd=1e-7)
    calls = [
        *(call(60.0 * n, latency_ms=2_000.0, ttft_ms=500.0) for n in range(40)),
        *(call(60.0 * n + 1, "small", latency_ms=800.0, ttft_ms=200.0) for n in range(40)),
    ]
    asked = Goals(models=("small",))
    found = proposal(study(calls, tariff(), small, candidates=(small,), goals=asked))
    (candidate,) = (one for one in found.inputs.candidates if one.model == "small")
    assert (candidate.measured_calls, candidate.ttft_ms_p99, candidate.latency_ms_p99) == (40, 200.0, 800.0)
    assert "40 calls of it have a TTFT p99 of 200 ms and a whole-call p99 of 800 ms" in found.impact


def test_a_candidate_that_serves_no_call_has_no_latency(study: Make, call: Make, tariff: Make) -> None:
    small = tariff("small", usd=1e-7)
    calls = [call(60.0 * n, latency_ms=2_000.0) for n in range(40)]
    found = proposal(study(calls, tariff(), candidates=(small,)))
    assert found.inputs.candidates[0].latency_ms_p99 is None
    assert "p99" not in found.impact
