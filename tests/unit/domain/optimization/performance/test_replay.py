"""Replay by hand on one replica, and what holds of any arrivals."""

from collections.abc import Callable
from math import isnan
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.domain.optimization.performance.balancing import Balancing, drawn
from netra.domain.optimization.performance.constants import VLLM_2023
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.replay import (
    MAX_REPLICAS,
    Requests,
    replay,
    replay_within,
    requests_of,
)
from netra.domain.optimization.performance.replica import NEVER, Batching, Replica, _steps_within, table_of
from netra.domain.optimization.performance.roofline import Deployment, costs_of, step_s
from netra.domain.workloads.columns import Events, Labels

Arriving = Callable[..., Requests]


def seconds(
    deployment: Deployment, *, sequences: int, context: float, prompt: int = 0, pairs: float = 0.0
) -> float:
    return step_s(
        costs_of(deployment),
        sequences=float(sequences),
        context_tokens=context,
        prompt_tokens=float(prompt),
        prompt_pairs=pairs,
    ).item()


def test_a_lone_request_takes_its_prefill_and_then_a_step_a_token(
    round_one: Deployment, arriving: Arriving
) -> None:
    seen = replay(arriving((0.0, 1000, 3)), deployment=round_one, replicas=1)
    first = seconds(round_one, sequences=0, context=0, prompt=1000, pairs=1000 * 500)
    second = seconds(round_one, sequences=1, context=1001)
    third = seconds(round_one, sequences=1, context=1002)
    assert seen.ttft_s.tolist() == pytest.approx([first])
    assert seen.tpot_s.tolist() == pytest.approx([(second + third) / 2])
    assert seen.finished_s.tolist() == pytest.approx([first + second + third])
    assert (seen.refused, seen.busy_share) == (0, pytest.approx(1.0))


def test_a_second_request_waits_for_the_step_under_way_and_then_shares_steps(
    round_one: Deployment, arriving: Arriving
) -> None:
    seen = replay(arriving((0.0, 100, 3), (0.001, 100, 1)), deployment=round_one, replicas=1)
    first = seconds(round_one, sequences=0, context=0, prompt=100, pairs=5000)
    shared = seconds(round_one, sequences=1, context=101, prompt=100, pairs=5000)
    assert seen.ttft_s[1] == pytest.approx(first + shared - 0.001)
    assert isnan(seen.tpot_s[1])
    assert seen.finished_s[1] == pytest.approx(first + shared)


def test_a_long_prompt_is_cut_into_chunks(round_one: Deployment, arriving: Arriving) -> None:
    cut = Batching(step_tokens=400)
    seen = replay(arriving((0.0, 1000, 1)), deployment=round_one, replicas=1, batching=cut)
    chunks = [(400, 400 * 200.0), (400, 400 * 600.0), (200, 200 * 900.0)]
    expected = sum(
        seconds(round_one, sequences=0, context=0, prompt=tokens, pairs=pairs) for tokens, pairs in chunks
    )
    assert seen.ttft_s[0] == pytest.approx(expected)


def test_prompts_that_fit_one_step_share_it(round_one: Deployment, arriving: Arriving) -> None:
    seen = replay(arriving((0.0, 100, 1), (0.0, 100, 1), (0.0, 100, 1)), deployment=round_one, replicas=1)
    together = seconds(round_one, sequences=0, context=0, prompt=300, pairs=15_000)
    assert seen.ttft_s.tolist() == pytest.approx([together] * 3)


def test_no_more_sequences_run_than_the_engine_allows(round_one: Deployment, arriving: Arriving) -> None:
    one_at_once = Batching(max_sequences=1)
    calls = [(0.0, 10, 5)] * 3
    seen = replay(arriving(*calls), deployment=round_one, replicas=1, batching=one_at_once)
    assert np.all(np.diff(seen.finished_s) > 0)
    assert seen.ttft_s[1] > seen.finished_s[0]


def test_a_request_waits_until_the_cache_has_room_to_its_end(
    round_one: Deployment, arriving: Arriving
) -> None:
    room = round_one.memory().kv_tokens
    half = room // 2 + 1
    seen = replay(arriving((0.0, half - 50, 50), (0.0, half - 50, 50)), deployment=round_one, replicas=1)
    assert seen.ttft_s[1] > seen.finished_s[0]


def test_what_no_replica_can_hold_is_refused_and_counted(round_one: Deployment, arriving: Arriving) -> None:
    room = round_one.memory().kv_tokens
    seen = replay(arriving((0.0, room, 1), (0.0, 10, 2)), deployment=round_one, replicas=1)
    assert seen.refused == 1
    assert isnan(seen.ttft_s[0])
    assert seen.good_share(ttft_ms=1e9, tpot_ms=1e9) == 0.5


def test_a_replica_begins_when_it_is_ready(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving((0.0, 100, 1), (0.0, 100, 1))
    seen = replay(calls, deployment=round_one, replicas=2, ready_s=(0.0, 5.0))
    assert seen.ttft_s[1] - seen.ttft_s[0] == pytest.approx(5.0)


def test_the_least_loaded_replica_is_the_one_that_is_free(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving((0.0, 100, 500), (0.5, 100, 2), (1.0, 100, 2))
    turns = replay(calls, deployment=round_one, replicas=2)
    least = replay(calls, deployment=round_one, replicas=2, balancing=Balancing.LEAST_LOADED)
    assert least.tpot_s[2] == pytest.approx(least.tpot_s[1])  # both ran alone on the second replica
    assert turns.tpot_s[2] != pytest.approx(least.tpot_s[2])


def test_slower_steps_stretch_every_time(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving((0.0, 100, 20), (0.0, 100, 20))
    one, double = (replay(calls, deployment=round_one, replicas=1, slowdown=factor) for factor in (1.0, 2.0))
    assert double.finished_s.tolist() == pytest.approx((2 * one.finished_s).tolist())


def test_a_call_lasts_from_its_arrival_to_its_last_token(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving((0.0, 100, 20), (7.0, 100, 20))
    seen = replay(calls, deployment=round_one, replicas=1)
    assert seen.latency_s.tolist() == pytest.approx((seen.finished_s - calls.arrive_s).tolist())
    assert seen.latency_ms(99) == pytest.approx(1e3 * (seen.ttft_s[0] + 19 * seen.tpot_s[0]))
    limits = {"ttft_ms": 1e9, "tpot_ms": 1e9}
    assert seen.good_share(**limits, latency_ms=seen.latency_ms(50) * 1.01) == 1.0
    assert seen.good_share(**limits, latency_ms=seen.latency_ms(50) * 0.99) == 0.0


@pytest.mark.parametrize("replicas", [0, MAX_REPLICAS + 1])
def test_a_senseless_number_of_replicas_is_refused(
    round_one: Deployment, arriving: Arriving, replicas: int
) -> None:
    with pytest.raises(ValueError, match="replicas must be"):
        replay(arriving((0.0, 1, 1)), deployment=round_one, replicas=replicas)


def test_a_replay_within_limits_is_the_replay_or_nothing(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving(*[(0.0, 1000, 20)] * 40)
    whole = replay(calls, deployment=round_one, replicas=2)
    loose = replay_within(calls, deployment=round_one, replicas=2, ttft_ms=1e9, tpot_ms=1e9)
    assert loose is not None
    assert loose.finished_s.tobytes() == whole.finished_s.tobytes()
    limits: dict[str, Any] = {"ttft_ms": whole.ttft_ms(99) * 0.9, "tpot_ms": 1e9}
    assert replay_within(calls, deployment=round_one, replicas=2, **limits) is None
    limits = {"ttft_ms": 1e9, "tpot_ms": whole.tpot_ms(99) * 0.5}
    assert replay_within(calls, deployment=round_one, replicas=2, **limits) is None
    whole_call_ms = whole.latency_ms(99) * 0.5
    assert (
        replay_within(
            calls, deployment=round_one, replicas=2, ttft_ms=1e9, tpot_ms=1e9, latency_ms=whole_call_ms
        )
        is None
    )
    by_load = replay_within(
        calls, deployment=round_one, replicas=2, balancing=Balancing.LEAST_LOADED, **limits
    )
    assert by_load is not None  # replicas that look at each other are replayed to the end


def test_a_request_no_replica_holds_is_outside_every_limit(round_one: Deployment, arriving: Arriving) -> None:
    calls = arriving((0.0, round_one.memory().kv_tokens, 1))
    assert replay_within(calls, deployment=round_one, replicas=1, ttft_ms=1e12, tpot_ms=1e12) is None


@settings(max_examples=25)
@given(
    calls=st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 5000), st.integers(1, 150)), min_size=1).map(
        sorted
    ),
    replicas=st.integers(1, 3),
    ttft_ms=st.floats(100.0, 5000.0),
    tpot_ms=st.floats(10.0, 200.0),
    latency_ms=st.none() | st.floats(100.0, 10_000.0),
)
def test_what_is_given_up_would_have_broken_a_limit(
    round_one: Deployment,
    calls: list[tuple[float, int, int]],
    replicas: int,
    ttft_ms: float,
    tpot_ms: float,
    latency_ms: float | None,
) -> None:
    requests = requests_from(calls)
    slo = Slo(ttft_ms=ttft_ms, tpot_ms=tpot_ms, latency_ms=latency_ms)
    within = replay_within(
        requests,
        deployment=round_one,
        replicas=replicas,
        ttft_ms=ttft_ms,
        tpot_ms=tpot_ms,
        latency_ms=latency_ms,
    )
    whole = replay(requests, deployment=round_one, replicas=replicas)
    if within is None:
        assert not slo.holds(whole)
    else:
        assert within.ttft_s.tobytes() == whole.ttft_s.tobytes()


def test_nothing_to_serve_is_served_well(round_one: Deployment, arriving: Arriving) -> None:
    seen = replay(arriving(), deployment=round_one, replicas=1)
    assert isnan(seen.ttft_ms(99))
    assert (seen.tpot_ms(99), seen.busy_share, seen.good_share(ttft_ms=1, tpot_ms=1)) == (0.0, 0.0, 1.0)


def test_a_floor_holds_in_replay_too(named: Callable[..., Deployment], arriving: Arriving) -> None:
    old = named("A100", "Llama-2-70B", tp=8, engine=VLLM_2023)
    seen = replay(arriving((0.0, 512, 101), (0.3, 512, 101)), deployment=old, replicas=1)
    alone_ms = 1e3 * seconds(old, sequences=1, context=560.0)
    assert alone_ms < seen.tpot_ms(50) < 1.1 * alone_ms


def test_events_become_requests_of_at_least_one_token() -> None:
    events = Events(
        at_ns=np.array([5_000_000_000, 6_500_000_000]),
        model=Labels(codes=np.zeros(2, np.int32), names=("m",)),
        input_tokens=np.array([0, 7]),
        output_tokens=np.array([0, 9]),
    )
    requests = requests_of(events)
    assert requests.arrive_s.tolist() == [0.0, 1.5]
    assert requests.input_tokens.tolist() == [1, 7]
    assert requests.output_tokens.tolist() == [1, 9]
    assert len(requests_of(events.take(np.array([], np.intp)))) == 0


CALLS = st.lists(
    st.tuples(st.floats(0.0, 3.0), st.integers(1, 5000), st.integers(1, 150)), min_size=1, max_size=25
).map(sorted)


def requests_from(calls: list[tuple[float, int, int]]) -> Requests:
    return Requests(
        arrive_s=np.array([call[0] for call in calls]),
        input_tokens=np.array([call[1] for call in calls], np.int64),
        output_tokens=np.array([call[2] for call in calls], np.int64),
    )


@settings(max_examples=25)
@given(calls=CALLS, replicas=st.integers(1, 3), balancing=st.sampled_from(Balancing))
def test_every_token_is_served_once_in_order_and_the_same_again(
    round_one: Deployment, calls: list[tuple[float, int, int]], replicas: int, balancing: Balancing
) -> None:
    requests = requests_from(calls)
    seen = replay(requests, deployment=round_one, replicas=replicas, balancing=balancing)
    again = replay(requests, deployment=round_one, replicas=replicas, balancing=balancing)
    assert seen.finished_s.tobytes() == again.finished_s.tobytes()
    assert np.all(seen.ttft_s > 0)
    assert np.all(seen.finished_s >= requests.arrive_s + seen.ttft_s - 1e-12)
    assert np.isnan(seen.tpot_s).tolist() == (requests.output_tokens == 1).tolist()
    fastest = seconds(round_one, sequences=1, context=0.0)
    assert np.all(np.nan_to_num(seen.tpot_s, nan=fastest) >= fastest * (1 - 1e-9))
    assert 0.0 < seen.busy_share <= 1.0 + 1e-9


@settings(max_examples=25)
@given(calls=CALLS)
def test_jumping_over_steps_gives_what_making_each_gives(
    round_one: Deployment, calls: list[tuple[float, int, int]]
) -> None:
    jumped = replay(requests_from(calls), deployment=round_one, replicas=1, batching=Batching())
    first, finished = [0.0] * len(calls), [0.0] * len(calls)
    replica = Replica(
        table_of(costs_of(round_one), batching=Batching()),
        batching=Batching(),
        kv_tokens=round_one.memory().kv_tokens,
        requests=([call[1] for call in calls], [call[2] for call in calls]),
        results=(first, finished),
    )
    for request, (at_s, _, _) in enumerate(calls):
        while replica.outstanding and replica.now < at_s:
            replica.advance(min(at_s, float(np.nextafter(replica.now, NEVER))))  # one step at a time
        replica.give(request, at_s=at_s)
    while replica.outstanding:
        replica.advance(float(np.nextafter(replica.now, NEVER)))
    assert finished == pytest.approx(jumped.finished_s.tolist(), rel=1e-9)


def test_random_balancing_draws_evenly_and_the_same_again() -> None:
    places = drawn(20_000, size=7, seed=3)
    counts = np.bincount(places, minlength=7)
    assert counts.min() > 0.9 * 20_000 / 7
    assert counts.max() < 1.1 * 20_000 / 7
    assert places == drawn(20_000, size=7, seed=3)
    assert places != drawn(20_000, size=7, seed=4)


def test_random_balancing_is_less_even_than_taking_turns(round_one: Deployment, arriving: Arriving) -> None:
    requests = arriving(*[(0.05 * number, 1000, 20) for number in range(400)])
    even, uneven = (
        replay(requests, deployment=round_one, replicas=6, balancing=balancing).ttft_ms(99)
        for balancing in (Balancing.ROUND_ROBIN, Balancing.RANDOM)
    )
    assert uneven > 1.2 * even


@settings(max_examples=25)
@given(calls=CALLS)
def test_fewer_sequences_at_once_lose_no_token(
    round_one: Deployment, calls: list[tuple[float, int, int]]
) -> None:
    narrow = Batching(max_sequences=2, step_tokens=64)
    seen = replay(requests_from(calls), deployment=round_one, replicas=1, batching=narrow)
    assert not np.isnan(seen.finished_s).any()


def test_a_table_made_slower_keeps_its_floor(named: Callable[..., Deployment]) -> None:
    old = table_of(costs_of(named("A100", "Llama-2-70B", tp=8, engine=VLLM_2023)), batching=Batching())
    slow = old.slower(1.5)
    step: dict[str, Any] = {"sequences": 4, "context": 4000.0, "prompt": 10, "pairs": 50.0}
    assert slow.step(**step) == pytest.approx(1.5 * old.step(**step))
    assert msgspec.structs.asdict(slow)["has_floor"]


@given(first=st.floats(1e-4, 1.0), growth=st.floats(0.0, 0.1), seconds=st.floats(1e-3, 100.0))
def test_steps_counted_in_closed_form_are_the_steps_that_fit(
    first: float, growth: float, seconds: float
) -> None:
    steps = _steps_within(seconds, first=first, growth=growth)

    def lasting(count: int) -> float:
        return count * first + growth * count * (count - 1) / 2

    assert lasting(steps) >= seconds * (1 - 1e-9)
    assert steps == 1 or lasting(steps - 1) < seconds * (1 + 1e-9)
