"""Configurations that start: real ids, contexts that fit the cache, arguments that the engines know."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.batch_limits import batchings_to_try, default_batching
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.checkpoints import checkpoint_of
from netra.domain.optimization.performance.configurations import GROUP_SIZES
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.serving import context_limit, serving_of
from netra.domain.optimization.performance.serving_arguments import (
    SGLANG_ARGUMENTS,
    VLLM_ARGUMENTS,
    faults_of,
    trtllm_faults,
)
from netra.domain.optimization.supply_config import Serving

PRECISIONS = ("bf16", "fp8", "int8", "int4", "fp4", "fp32")


def served(deployment: Deployment) -> Serving:
    found = serving_of(deployment, replicas=2, balancing=Balancing.RANDOM)
    assert found is not None
    return found


def random_plans(count: int) -> list[Deployment]:
    """Return deployments that hold their model, over the whole catalogue."""
    random, plans = Random(7), list[Deployment]()  # noqa: S311  # a fixed sample; nothing secret
    while len(plans) < count:
        deployment = Deployment(
            gpu=random.choice(HARDWARE.gpus),
            model=random.choice(HARDWARE.models),
            engine=VLLM,
            tp=random.choice(GROUP_SIZES),
            precision=random.choice(PRECISIONS),
            kv_precision=random.choice(("bf16", "fp8")),
        )
        published = checkpoint_of(deployment.model, precision=deployment.precision)
        if (
            published is not None
            and context_limit(deployment) > 0
            and deployment.model.heads % deployment.tp == 0
        ):
            plans.append(deployment)
    return plans


def test_every_configuration_of_200_random_plans_passes_the_engines_checks() -> None:
    for deployment in random_plans(200):
        found = served(deployment)
        assert faults_of(found.vllm, engine=VLLM_ARGUMENTS) == [], found
        assert faults_of(found.sglang, engine=SGLANG_ARGUMENTS) == [], found
        assert trtllm_faults(found.tensorrt_llm) == [], found
        assert found.max_context_tokens <= deployment.memory().kv_tokens
        assert found.max_context_tokens <= deployment.model.max_context_tokens
        assert f"--max-model-len={found.max_context_tokens}" in found.vllm


def test_every_model_of_the_catalogue_has_a_real_id_with_publisher_and_licence() -> None:
    for model in HARDWARE.models:
        found = checkpoint_of(model, precision=model.weight_precision)
        assert found is not None
        assert found.model_id.count("/") == 1
        assert found.publisher
        assert found.licence


def test_a_licence_that_forbids_commercial_use_is_named(named: Callable[..., Deployment]) -> None:
    research = served(named("H100", "Mistral-Large-123B", tp=8))
    assert (research.licence, research.non_commercial) == ("Mistral Research License", True)
    assert not served(named("H100", "Mistral-7B")).non_commercial


def test_weights_are_loaded_as_published_or_quantised_on_loading(named: Callable[..., Deployment]) -> None:
    def flags(model: str, precision: str, **more: object) -> tuple[str, ...]:
        return served(named("H200", model, tp=8, precision=precision, **more)).vllm

    published = flags("Llama-3.1-70B", "fp8")
    assert published[0] == "RedHatAI/Meta-Llama-3.1-70B-Instruct-FP8"
    assert not [flag for flag in published if "quantization" in flag]
    assert "--quantization=fp8" in flags("Mistral-7B", "fp8")
    assert "--dtype=bfloat16" in flags("Mistral-7B", "bf16")
    assert flags("gpt-oss-120b", "fp4")[0] == "openai/gpt-oss-120b"
    assert served(named("H200", "Mistral-7B", precision="fp8")).tensorrt_llm["quant_config"] == {
        "quant_algo": "FP8"
    }


def test_without_published_weights_there_is_no_configuration(named: Callable[..., Deployment]) -> None:
    none = named("H200", "Mistral-7B", precision="int4")
    assert serving_of(none, replicas=1, balancing=Balancing.RANDOM) is None
    assert checkpoint_of(none.model, precision="fp32") is not None


def test_a_users_own_model_is_served_under_its_name(named: Callable[..., Deployment]) -> None:
    plain = named("H100", "Llama-3.1-8B")
    own = msgspec.structs.replace(plain, model=msgspec.structs.replace(plain.model, name="acme/in-house-8b"))
    found = served(own)
    assert (found.checkpoint, found.publisher, found.licence) == ("acme/in-house-8b", "acme", None)
    bare = msgspec.structs.replace(own, model=msgspec.structs.replace(own.model, name="in-house"))
    assert served(bare).publisher is None


def test_a_configuration_can_be_pasted(named: Callable[..., Deployment]) -> None:
    found = served(named("H100", "Llama-3.1-70B", tp=4, precision="fp8"))
    assert found.command == f"vllm serve {' '.join(found.vllm)}"
    assert found.container.args == ("--model", *found.vllm)
    assert found.environment == {"CUDA_VISIBLE_DEVICES": "0,1,2,3"}
    assert found.secrets == ("HF_TOKEN",)


def test_an_eight_bit_cache_and_attention_data_parallelism_are_asked_for(
    named: Callable[..., Deployment],
) -> None:
    plain = named("H200", "DeepSeek-R1", precision="fp8")
    found = served(msgspec.structs.replace(plain, data_parallel=8, kv_precision="fp8"))
    assert {"--data-parallel-size=8", "--enable-expert-parallel", "--kv-cache-dtype=fp8"} <= set(found.vllm)
    assert "--kv-cache-dtype=fp8_e4m3" in found.sglang
    assert found.tensorrt_llm["enable_attention_dp"] is True
    assert faults_of(found.vllm, engine=VLLM_ARGUMENTS) == []


def test_batching_limits_are_the_engines_own_by_gpu() -> None:
    limits = {
        name: default_batching(gpu) for name in ("H100", "A100", "L40S") if (gpu := HARDWARE.find_gpu(name))
    }
    assert (limits["H100"].max_sequences, limits["H100"].step_tokens) == (1024, 8192)
    assert limits["A100"] == limits["L40S"]
    assert (limits["A100"].max_sequences, limits["A100"].step_tokens) == (256, 2048)
    h100, l40s = HARDWARE.find_gpu("H100"), HARDWARE.find_gpu("L40S")
    assert h100 is not None
    assert l40s is not None
    assert [one.step_tokens for one in batchings_to_try(h100)] == [8192, 2048]
    assert len(batchings_to_try(l40s)) == 1


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), "'' is not a model id"),
        (("a model",), "'a model' is not a model id"),
        (("m", "--tp_size=4"), "vLLM 0.10 has no argument --tp_size"),
        (("m", "--max-model-len=0"), "--max-model-len does not accept '0'"),
        (("m", "--tensor-parallel-size=3"), "--tensor-parallel-size does not accept '3'"),
        (("m", "--enable-chunked-prefill=1"), "--enable-chunked-prefill takes no value"),
        (("m", "--quantization=fp4"), "--quantization does not accept 'fp4'"),
        (("m", "--dtype=auto", "--dtype=auto"), "--dtype is given twice"),
    ],
)
def test_what_vllm_would_refuse_is_named(arguments: tuple[str, ...], fault: str) -> None:
    assert faults_of(arguments, engine=VLLM_ARGUMENTS) == [fault]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"tp_size": 4}, "LlmArgs has no field tp_size"),
        ({"quantization": "fp8"}, "LlmArgs has no field quantization"),
        ({"tensor_parallel_size": "4"}, "LlmArgs.tensor_parallel_size is a int, not '4'"),
        ({"kv_cache_config": {"fraction": 0.9}}, "KvCacheConfig has no field fraction"),
        ({"quant_config": {"quant_algo": "fp8"}}, "QuantConfig does not accept quant_algo='fp8'"),
        ({"quant_config": {"algo": "FP8"}}, "QuantConfig does not accept algo='FP8'"),
    ],
)
def test_what_tensorrt_llm_would_refuse_is_named(options: dict[str, object], fault: str) -> None:
    assert trtllm_faults(options) == [fault]
