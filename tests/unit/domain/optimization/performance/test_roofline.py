"""Step times by hand, and what must hold of them whatever the numbers."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.constants import ENGINES, VLLM, VLLM_2023
from netra.domain.optimization.performance.hardware import Gpu, ModelShape
from netra.domain.optimization.performance.inference_engine import Engine
from netra.domain.optimization.performance.roofline import (
    Deployment,
    compute_tflops,
    costs_of,
    decode_s,
    prefill_s,
    step_s,
)

DENSE = [model for model in HARDWARE.models if not model.is_moe]


def test_a_decoding_step_reads_the_weights_and_the_cache(round_one: Deployment) -> None:
    # 20.2e9 bytes of weights and 1000 x 8000 of cache at 1e12 bytes/s; 10 layers of 100 us
    step = decode_s(costs_of(round_one), sequences=1.0, context_tokens=1000.0)
    assert step.item() == pytest.approx(0.0202 + 8e-6 + 0.001)


def test_a_large_batch_is_bound_by_arithmetic(round_one: Deployment) -> None:
    # 1000 x 2 x 10.1e9 operations at 1e14/s
    step = decode_s(costs_of(round_one), sequences=1000.0, context_tokens=0.0)
    assert step.item() == pytest.approx(0.202 + 0.001)


def test_a_prefill_is_arithmetic_and_attention(round_one: Deployment) -> None:
    # attention: 4 x 10 layers x 8 heads x 100 x 1000²/2 operations
    prefill = prefill_s(costs_of(round_one), prompt_tokens=1000.0)
    assert prefill.item() == pytest.approx(0.202 + 1.6e-4 + 0.001)
    assert prefill_s(costs_of(round_one), prompt_tokens=1000.0, prompts=3.0).item() == pytest.approx(
        0.606 + 4.8e-4 + 0.001
    )


def test_two_gpus_halve_what_is_read_and_add_what_they_say_to_each_other(round_two: Deployment) -> None:
    # 20 all-reduces of 5 us, and 40,000 bytes a token at 5e10 bytes/s
    step = decode_s(costs_of(round_two), sequences=1.0, context_tokens=1000.0)
    assert step.item() == pytest.approx(0.0101 + 4e-6 + 0.001 + 1e-4 + 8e-7)


def test_all_reduce_of_many_tokens_goes_by_ring(round_one: Deployment) -> None:
    eight = costs_of(msgspec.structs.replace(round_one, tp=8))
    assert eight.one_shot_s == pytest.approx(7 * 8e-7)
    assert eight.ring_s == pytest.approx(1.75 * 8e-7)


def test_small_all_reduces_may_have_a_rate_of_their_own(round_two: Deployment) -> None:
    engine = msgspec.structs.replace(round_two.engine, one_shot_efficiency={"nvlink": 0.25})
    slower = costs_of(msgspec.structs.replace(round_two, engine=engine))
    assert slower.one_shot_s == pytest.approx(2 * costs_of(round_two).one_shot_s)
    assert slower.ring_s == costs_of(round_two).ring_s


def test_weights_are_read_more_slowly_for_wide_batches_where_that_was_measured(round_one: Deployment) -> None:
    engine = msgspec.structs.replace(round_one.engine, wide_batch_share={"bf16": 0.5})
    deployment = msgspec.structs.replace(round_one, engine=engine)
    costs = costs_of(deployment)
    steps = decode_s(costs, sequences=np.array([16.0, 24.0, 32.0, 48.0]), context_tokens=np.zeros(4))
    assert steps.tolist() == pytest.approx([0.0212, 0.02625, 0.0313, 0.0313])
    int4 = costs_of(msgspec.structs.replace(deployment, precision="int4"))
    assert int4.wide_share == 0.0
    paced = costs_of(msgspec.structs.replace(deployment, pace=2.0))
    assert decode_s(paced, sequences=32.0, context_tokens=0.0).item() == pytest.approx(0.0626)


def test_a_floor_grows_with_layers_group_and_vocabulary(round_two: Deployment) -> None:
    engine = msgspec.structs.replace(
        round_two.engine, host_layer_us=100.0, host_rank_us=500.0, host_vocabulary_us=10.0
    )
    # 10 layers, 2 GPUs, 100 thousand entries
    assert costs_of(msgspec.structs.replace(round_two, engine=engine)).host_s == pytest.approx(3e-3)


def test_a_mixture_reads_more_experts_the_more_tokens_there_are() -> None:
    mixtral, h100 = HARDWARE.find_model("Mixtral-8x7B"), HARDWARE.find_gpu("H100")
    assert mixtral is not None
    assert h100 is not None
    costs = costs_of(Deployment(gpu=h100, model=mixtral, engine=VLLM, tp=2))
    few, many = decode_s(costs, sequences=np.array([1.0, 64.0]), context_tokens=np.zeros(2))
    everything_s = costs.weights_s + costs.experts_s + costs.layers_s
    assert costs.weights_s + costs.experts_s / 4 < few < everything_s / 2
    assert many == pytest.approx(everything_s + 64 * costs.one_shot_s, rel=1e-6)
    # all weights are counted once: 46.7e9 parameters less the embedding table, two bytes each
    engine = Deployment(gpu=h100, model=mixtral, engine=VLLM, tp=2).fitted_engine
    read = costs.weights_s * engine.mbu + costs.experts_s * (engine.expert_mbu or engine.mbu)
    assert read * 3.35e12 * 2 == pytest.approx(2 * (46.7e9 - 32_000 * 4096), rel=1e-9)


def test_groups_of_attention_data_parallelism_share_the_experts() -> None:
    mixtral, h100 = HARDWARE.find_model("Mixtral-8x7B"), HARDWARE.find_gpu("H100")
    assert mixtral is not None
    assert h100 is not None
    alone = Deployment(gpu=h100, model=mixtral, engine=VLLM)
    both = msgspec.structs.replace(alone, data_parallel=2)
    one, two = costs_of(alone), costs_of(both)
    assert two.experts_s == one.experts_s / 2
    assert two.weights_s == one.weights_s
    assert two.expert_share == 1.0 - (1.0 - one.expert_share) ** 2
    assert both.gpus == 2
    assert both.memory().weights_gib < alone.memory().weights_gib


def test_a_measured_deployment_has_constants_of_its_own_and_others_the_closest() -> None:
    h100, b200 = HARDWARE.find_gpu("H100"), HARDWARE.find_gpu("B200")
    l40s, llama, oss = (
        HARDWARE.find_gpu("L40S"),
        HARDWARE.find_model("Llama-3.1-8B"),
        HARDWARE.find_model("gpt-oss-120b"),
    )
    assert h100
    assert b200
    assert l40s
    assert llama
    assert oss
    trt, sglang = ENGINES["trtllm"], ENGINES["sglang"]

    def fit(engine: Engine, gpu: Gpu, model: ModelShape, precision: str) -> tuple[str, str] | None:
        found = Deployment(gpu=gpu, model=model, engine=engine, precision=precision).fit
        return None if found is None else (found.gpu, found.precision)

    assert fit(trt, h100, llama, "fp8") == ("H100-SXM-80GB", "fp8")
    assert fit(trt, b200, llama, "fp4") == ("B200-SXM-180GB", "fp4")
    assert fit(sglang, h100, llama, "fp8") == ("H200-SXM-141GB", "fp8")  # of its generation
    assert fit(trt, l40s, llama, "fp8") is None
    assert fit(VLLM, l40s, oss, "fp4") == ("H200-SXM-141GB", "fp4")  # the only kind of mixture measured


def test_an_engine_that_schedules_prefill_first_delays_first_tokens_instead(round_one: Deployment) -> None:
    first = msgspec.structs.replace(
        round_one, engine=msgspec.structs.replace(round_one.engine, prefill_first_share=0.6)
    )
    mixed, early = (
        closed_loop(one, input_tokens=1000, output_tokens=500, concurrency=10) for one in (round_one, first)
    )
    assert early.tpot_s < mixed.tpot_s
    assert early.ttft_s > mixed.ttft_s
    prefill = prefill_s(costs_of(round_one), prompt_tokens=1000.0).item()
    assert mixed.tpot_s - early.tpot_s == pytest.approx(0.6 * 10 / 500 * prefill)


def test_an_engine_with_a_floor_is_never_faster_than_it(named: Callable[..., Deployment]) -> None:
    old = costs_of(named("A100", "Llama-2-70B", tp=8, engine=VLLM_2023))
    step = decode_s(old, sequences=1.0, context_tokens=512.0).item()
    assert old.host_s < step < 1.1 * old.host_s
    newer = costs_of(named("H100", "Llama-2-70B", tp=8, engine=VLLM_2023))
    assert newer.host_s < old.host_s


@pytest.mark.parametrize(
    ("gpu", "precision", "tflops"),
    [
        ("H100", "fp8", 1978),
        ("A100", "fp8", 312),
        ("B200", "fp4", 9000),
        ("H100", "int4", 989),
        ("L40S", "bf16", 362),
    ],
)
def test_arithmetic_runs_at_the_rate_of_the_format_where_the_gpu_has_it(
    gpu: str, precision: str, tflops: float
) -> None:
    found = HARDWARE.find_gpu(gpu)
    assert found is not None
    assert compute_tflops(found, precision=precision) == tflops


@given(
    model=st.sampled_from(HARDWARE.models),
    gpu=st.sampled_from(HARDWARE.gpus),
    engine=st.sampled_from(list(ENGINES.values())),
    tp=st.sampled_from([1, 2, 4, 8]),
    batch=st.integers(1, 400),
    more=st.integers(1, 100),
    context=st.integers(1, 100_000),
)
def test_more_sequences_more_context_or_more_prompt_never_make_a_step_faster(
    model: object, gpu: object, engine: object, tp: int, batch: int, more: int, context: int
) -> None:
    costs = costs_of(Deployment(gpu=gpu, model=model, engine=engine, tp=tp))  # type: ignore[arg-type]
    base, wider, longer, fuller = step_s(
        costs,
        sequences=np.array([batch, batch + more, batch, batch], np.float64),
        context_tokens=np.array([context, context, context + more, context], np.float64),
        prompt_tokens=np.array([0, 0, 0, more], np.float64),
        prompt_pairs=np.array([0, 0, 0, more * more / 2], np.float64),
    )
    assert base <= wider * (1 + 1e-12)
    assert base <= longer * (1 + 1e-12)
    assert base <= fuller * (1 + 1e-12)


@given(model=st.sampled_from(DENSE), gpu=st.sampled_from(HARDWARE.gpus), tp=st.sampled_from([1, 2, 4]))
def test_more_gpus_never_read_or_compute_more_slowly(model: object, gpu: object, tp: int) -> None:
    fewer = costs_of(Deployment(gpu=gpu, model=model, engine=VLLM, tp=tp))  # type: ignore[arg-type]
    doubled = costs_of(Deployment(gpu=gpu, model=model, engine=VLLM, tp=2 * tp))  # type: ignore[arg-type]
    for part in ("weights_s", "token_s", "kv_s", "pair_s"):
        assert getattr(doubled, part) <= getattr(fewer, part)


@given(model=st.sampled_from(DENSE), gpu=st.sampled_from(HARDWARE.gpus))
def test_narrower_weights_are_never_read_more_slowly(model: object, gpu: object) -> None:
    steps = [
        costs_of(Deployment(gpu=gpu, model=model, engine=VLLM, precision=precision)).weights_s  # type: ignore[arg-type]
        for precision in ("int4", "fp4", "fp8", "bf16", "fp32")
    ]
    assert steps == sorted(steps)
