"""Memory by hand, and against lines that vLLM logged."""

from collections.abc import Callable

import msgspec
import pytest

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.memory import (
    GIB,
    kv_bytes_per_token,
    kv_cache_tokens,
    plan_memory,
    weight_bytes,
    window_bytes_per_request,
)
from netra.domain.optimization.performance.roofline import Deployment


def test_the_cache_of_a_token_is_two_vectors_a_layer_and_head(round_one: Deployment) -> None:
    assert kv_bytes_per_token(round_one.model, tp=1, precision="bf16") == 2 * 10 * 2 * 100 * 2
    assert kv_bytes_per_token(round_one.model, tp=1, precision="fp8") == 2 * 10 * 2 * 100


def test_a_head_is_never_split(round_one: Deployment) -> None:
    by_tp = [kv_bytes_per_token(round_one.model, tp=tp, precision="bf16") for tp in (1, 2, 4, 8)]
    assert by_tp == [8000.0, 4000.0, 4000.0, 4000.0]


def test_a_compressed_cache_is_whole_on_every_gpu() -> None:
    deepseek = HARDWARE.find_model("DeepSeek-V3")
    assert deepseek is not None
    assert {kv_bytes_per_token(deepseek, tp=tp, precision="fp8") for tp in (1, 8)} == {61 * 576.0}


@pytest.mark.parametrize(
    ("name", "published"),
    [("DeepSeek-V3", 70_272), ("Qwen2.5-72B", 327_680), ("Llama-3.1-405B", 516_096)],
)
def test_the_cache_of_a_token_is_what_was_published_of_dense_models_and_of_a_mixture(
    name: str, published: int
) -> None:
    # DeepSeek-AI, Insights into DeepSeek-V3 (ISCA 2025, arXiv 2505.09343, May 2025), table 1, BF16
    model = HARDWARE.find_model(name)
    assert model is not None
    assert kv_bytes_per_token(model, tp=1, precision="bf16") == published


def test_a_windowed_layer_stops_growing(round_one: Deployment) -> None:
    windowed = msgspec.structs.replace(round_one.model, full_attention_layers=4, window_tokens=128)
    assert kv_bytes_per_token(windowed, tp=1, precision="bf16") == 4 * 800.0
    assert window_bytes_per_request(windowed, tp=1, precision="bf16") == 6 * 128 * 800.0
    assert window_bytes_per_request(round_one.model, tp=1, precision="bf16") == 0.0


def test_quantised_weights_keep_their_embeddings_at_16_bits(round_one: Deployment) -> None:
    assert weight_bytes(round_one.model, precision="bf16") == 10.2e9 * 2
    assert weight_bytes(round_one.model, precision="fp8") == 10.0e9 + 0.2e9 * 2
    tied = msgspec.structs.replace(round_one.model, tied_embeddings=True)
    assert weight_bytes(tied, precision="fp8") == 10.1e9 + 0.1e9 * 2


@pytest.mark.parametrize(
    ("model", "tp", "available_gib", "logged_tokens"),
    [
        ("Qwen3-235B-A22B", 4, 8.11, 178_880),  # vllm-project/vllm issue 21348
        ("Qwen3-8B", 2, 38.41, 559_232),  # logged for Qwen3-VL-8B, which has the same text layers
    ],
)
def test_cache_tokens_are_within_a_percent_and_a_half_of_what_vllm_logged(
    model: str, tp: int, available_gib: float, logged_tokens: int
) -> None:
    shape = HARDWARE.find_model(model)
    assert shape is not None
    per_token = kv_bytes_per_token(shape, tp=tp, precision="bf16")
    assert kv_cache_tokens(available_gib * GIB, bytes_per_token=per_token) == pytest.approx(
        logged_tokens, rel=0.015
    )


def test_the_plan_of_a_known_start_is_near_what_was_logged(named: Callable[..., Deployment]) -> None:
    plan = named("A100", "Llama-3-8B").memory()
    assert plan.weights_gib == pytest.approx(14.96, abs=0.02)
    assert plan.kv_cache_gib == pytest.approx(53.29, rel=0.03)  # vllm-project/vllm pull request 10511
    assert plan.concurrency(8192) == plan.kv_tokens / 8192


def test_weights_that_do_not_fit_leave_no_cache(named: Callable[..., Deployment]) -> None:
    plan = named("L4", "Llama-3.1-70B").memory()
    assert (plan.kv_tokens, plan.fits) == (0, False)


def test_a_group_holds_more_than_its_gpus_apart(named: Callable[..., Deployment]) -> None:
    one, two = (named("H100", "Llama-3.1-8B", tp=tp).memory() for tp in (1, 2))
    assert two.fits
    assert two.kv_tokens > 2 * one.kv_tokens


def test_the_utilisation_is_of_the_whole_memory(round_one: Deployment) -> None:
    plan = plan_memory(
        round_one.gpu,
        model=round_one.model,
        tp=1,
        precision="bf16",
        kv_precision="bf16",
        utilisation=0.5,
        prefill_tokens_per_step=0,
    )
    assert plan.kv_cache_gib == pytest.approx(50.0 - 20.4e9 / GIB - 0.5)
