"""A closed loop is decoding, plus the others' prompts, plus waiting where memory is full."""

import msgspec
import pytest

from netra.domain.optimization.performance.closed_loop import closed_loop, running_limit
from netra.domain.optimization.performance.roofline import Deployment, costs_of, decode_s, prefill_s


def test_tpot_is_a_step_and_a_share_of_the_other_prompts(round_one: Deployment) -> None:
    seen = closed_loop(round_one, input_tokens=1000, output_tokens=500, concurrency=10)
    costs = costs_of(round_one)
    step = decode_s(costs, sequences=10.0, context_tokens=10 * 1250.0).item()
    prefill = prefill_s(costs, prompt_tokens=1000.0).item()
    assert seen.tpot_s == pytest.approx(step + 10 / 500 * prefill)
    assert seen.ttft_s == pytest.approx(prefill + step)  # this engine's prompts do not wait for others
    assert seen.tokens_per_s() == pytest.approx(10 / seen.tpot_s)


def test_callers_beyond_what_memory_holds_wait_and_slow_nobody(round_one: Deployment) -> None:
    limit = running_limit(round_one, input_tokens=100_000, output_tokens=1000)
    full = closed_loop(round_one, input_tokens=100_000, output_tokens=1000, concurrency=limit)
    crowded = closed_loop(round_one, input_tokens=100_000, output_tokens=1000, concurrency=3 * limit)
    assert crowded.running == full.running == limit
    assert crowded.tpot_s == full.tpot_s
    assert crowded.ttft_s - full.ttft_s == pytest.approx(2 * 1000 * full.tpot_s)


def test_an_engine_that_reserves_to_the_end_holds_fewer(round_one: Deployment) -> None:
    whole = msgspec.structs.replace(
        round_one, engine=msgspec.structs.replace(round_one.engine, admission="whole")
    )
    growing_limit = running_limit(round_one, input_tokens=1000, output_tokens=1000)
    assert running_limit(whole, input_tokens=1000, output_tokens=1000) == pytest.approx(0.75 * growing_limit)


def test_layers_with_a_window_take_room_a_request(round_one: Deployment) -> None:
    windowed = msgspec.structs.replace(round_one.model, full_attention_layers=5, window_tokens=1000)
    half = msgspec.structs.replace(round_one, model=windowed)
    # 5 layers grow, 5 keep 1000 tokens: as one cache of 5 layers holding 1000 tokens more
    memory = half.memory()
    assert running_limit(half, input_tokens=1000, output_tokens=2000) == pytest.approx(
        memory.kv_tokens / 3000
    )


def test_one_caller_always_runs(round_one: Deployment) -> None:
    assert running_limit(round_one, input_tokens=1e9, output_tokens=1.0) == 1.0


def test_groups_of_attention_data_parallelism_share_the_callers(round_one: Deployment) -> None:
    engine = msgspec.structs.replace(round_one.engine, data_parallel_prefill=3.0, data_parallel_layer_us=50.0)
    grouped = msgspec.structs.replace(round_one, engine=engine, data_parallel=2)
    seen = closed_loop(grouped, input_tokens=1000, output_tokens=500, concurrency=20)
    costs = costs_of(grouped)
    step = decode_s(costs, sequences=10.0, context_tokens=10 * 1250.0).item()
    prefill = 3.0 * prefill_s(costs, prompt_tokens=1000.0).item()
    assert costs.layers_s == pytest.approx(costs_of(round_one).layers_s + 10 * 50e-6)
    assert seen.tpot_s == pytest.approx(step + 20 / 500 * prefill)
