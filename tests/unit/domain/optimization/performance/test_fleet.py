"""The smallest fleet is found, is never a lucky size, and is None where no number helps."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.errors import WorkStopped
from netra.domain.optimization.model import never_stop
from netra.domain.optimization.performance.fleet import (
    REPLAYED_TOKENS,
    Slo,
    _smallest,
    busiest,
    first_within,
    holds_alone,
    smallest_fleet,
)
from netra.domain.optimization.performance.replay import Requests, replay
from netra.domain.optimization.performance.roofline import Deployment

Arriving = Callable[..., Requests]

BURSTS = [(float(second), 1500, 20) for second in range(5) for _ in range(12)]
TIGHT = Slo(ttft_ms=1500.0, tpot_ms=200.0)


def test_the_smallest_fleet_holds_and_one_less_does_not(round_one: Deployment, arriving: Arriving) -> None:
    requests = arriving(*BURSTS)
    fleet = smallest_fleet(requests, deployment=round_one, slo=TIGHT, checkpoint=never_stop)
    assert fleet is not None
    assert fleet.replicas > 1
    assert TIGHT.holds(fleet.replayed)
    assert not TIGHT.holds(replay(requests, deployment=round_one, replicas=fleet.replicas - 1))
    assert list(fleet.tried) == sorted(set(fleet.tried))


def test_a_limit_on_the_whole_call_is_held_too(round_one: Deployment, arriving: Arriving) -> None:
    requests = arriving(*BURSTS)
    loose = Slo(ttft_ms=1e6, tpot_ms=1e6)
    free = smallest_fleet(requests, deployment=round_one, slo=loose, checkpoint=never_stop)
    assert free is not None
    tight = Slo(ttft_ms=1e6, tpot_ms=1e6, latency_ms=free.replayed.latency_ms(99) * 0.5)
    fleet = smallest_fleet(requests, deployment=round_one, slo=tight, checkpoint=never_stop)
    assert fleet is not None
    assert fleet.replicas > free.replicas
    assert tight.holds(fleet.replayed)
    assert not tight.holds(free.replayed)


def test_a_limit_that_no_lone_call_keeps_to_its_last_token_is_given_up_at_once(
    round_one: Deployment, arriving: Arriving
) -> None:
    requests = arriving(*BURSTS)
    alone_ms = replay(requests, deployment=round_one, replicas=len(requests)).latency_ms(99)
    assert holds_alone(requests, deployment=round_one, slo=Slo(latency_ms=alone_ms))
    assert not holds_alone(requests, deployment=round_one, slo=Slo(latency_ms=alone_ms * 0.9))


@pytest.mark.parametrize("guess", [1, 3, 40])
def test_where_the_search_begins_changes_nothing(
    round_one: Deployment, arriving: Arriving, guess: int
) -> None:
    requests = arriving(*BURSTS)
    fleet, other = (
        smallest_fleet(requests, deployment=round_one, slo=TIGHT, first_guess=one, checkpoint=never_stop)
        for one in (1, guess)
    )
    assert fleet is not None
    assert other is not None
    assert fleet.replicas == other.replicas


def test_a_limit_that_a_lone_request_breaks_is_given_up_at_once(
    round_one: Deployment, arriving: Arriving
) -> None:
    def nobody_calls(done: float, doing: str) -> None:
        raise WorkStopped(f"{doing} at {done}")

    found = smallest_fleet(
        arriving(*BURSTS), deployment=round_one, slo=Slo(ttft_ms=1.0), checkpoint=nobody_calls
    )
    assert found is None
    assert not holds_alone(arriving(*BURSTS), deployment=round_one, slo=Slo(tpot_ms=1.0))


def test_a_request_too_long_for_the_cache_is_given_up_at_once(
    round_one: Deployment, arriving: Arriving
) -> None:
    requests = arriving((0.0, round_one.memory().kv_tokens, 1))
    loose = Slo(ttft_ms=1e12, tpot_ms=1e12)
    assert smallest_fleet(requests, deployment=round_one, slo=loose, checkpoint=never_stop) is None


def test_too_few_replicas_to_try_find_none(round_one: Deployment, arriving: Arriving) -> None:
    found = smallest_fleet(
        arriving(*BURSTS), deployment=round_one, slo=TIGHT, checkpoint=never_stop, most_replicas=2
    )
    assert found is None


def test_work_that_is_told_to_stop_stops(round_one: Deployment, arriving: Arriving) -> None:
    def stop(done: float, doing: str) -> None:
        raise WorkStopped(f"{doing} at {done}")

    with pytest.raises(WorkStopped):
        smallest_fleet(arriving(*BURSTS), deployment=round_one, slo=TIGHT, checkpoint=stop)


def test_a_lucky_size_below_a_failing_one_is_passed_over() -> None:
    assert _smallest(lambda size: size in {3, 6} or size > 7, first_guess=3, most=20) == 8
    assert _smallest(lambda size: size == 3, first_guess=3, most=9) is None
    assert _smallest(lambda size: size == 9, first_guess=9, most=9) == 9


@given(threshold=st.integers(1, 60), guess=st.integers(1, 60))
def test_a_threshold_is_found_from_anywhere(threshold: int, guess: int) -> None:
    assert _smallest(lambda size: size >= threshold, first_guess=guess, most=60) == threshold


def test_the_busiest_stretch_is_the_densest(arriving: Arriving) -> None:
    requests = arriving((0.0, 1, 1), (10.0, 2, 2), (10.5, 3, 3), (11.0, 4, 4), (30.0, 5, 5))
    dense = busiest(requests, most=3)
    assert dense.arrive_s.tolist() == [0.0, 0.5, 1.0]
    assert dense.input_tokens.tolist() == [2, 3, 4]
    assert busiest(requests, most=5) is requests


@settings(max_examples=25)
@given(calls=st.integers(1, 30), more=st.integers(1, 8))
def test_more_replicas_never_raise_the_mean_wait_of_equal_requests(
    round_one: Deployment, calls: int, more: int
) -> None:
    requests = Requests(
        arrive_s=np.zeros(calls), input_tokens=np.full(calls, 2048), output_tokens=np.full(calls, 1)
    )
    few, many = (replay(requests, deployment=round_one, replicas=size) for size in (1, 1 + more))
    assert many.ttft_s.mean() <= few.ttft_s.mean() * (1 + 1e-9)


def test_of_long_prompts_fewer_are_replayed(arriving: Arriving) -> None:
    half = REPLAYED_TOKENS // 2
    requests = arriving((0.0, half, 1), (10.0, half, 2), (10.5, half, 3), (90.0, 1, 4))
    stretch = busiest(requests)
    assert stretch.arrive_s.tolist() == [0.0, 0.5]
    assert stretch.output_tokens.tolist() == [2, 3]


def test_a_prompt_longer_than_a_replay_has_room_for_is_replayed_alone(arriving: Arriving) -> None:
    requests = arriving((0.0, 5, 1), (1.0, 3, 1))
    assert len(first_within(requests, most_tokens=4)) == 1
    assert len(first_within(requests, most_tokens=7)) == 1
    assert first_within(requests, most_tokens=8) is requests
