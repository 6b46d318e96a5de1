"""Names are forgiven their dress, never their meaning; the tables agree with published facts."""

import csv
from datetime import date
from pathlib import Path

import msgspec
import pytest

from netra.domain.optimization.performance.catalogue import HARDWARE


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("h200_sxm", "H200-SXM-141GB"),
        ("h100_sxm", "H100-SXM-80GB"),
        ("H100", "H100-SXM-80GB"),
        ("NVIDIA H100 80GB HBM3", "H100-SXM-80GB"),
        ("H100 PCIe", "H100-PCIe-80GB"),
        ("a100-80gb", "A100-SXM-80GB"),
        ("NVIDIA A100-SXM4-40GB", "A100-SXM-40GB"),
        ("8xH100", "H100-SXM-80GB"),
        ("h100-80gb-pcap", "H100-SXM-80GB"),
        ("l40s", "L40S-48GB"),
        ("NVIDIA L40", "L40-48GB"),
        ("b200_sxm", "B200-SXM-180GB"),
        ("rtx 4090", "RTX-4090-24GB"),
    ],
)
def test_a_gpu_is_found_by_any_usual_spelling(said: str, meant: str) -> None:
    found = HARDWARE.find_gpu(said)
    assert found is not None
    assert found.name == meant


@pytest.mark.parametrize("said", ["", "gpu", "80gb", "TPU v5", "h100 24gb", "sxm"])
def test_what_names_no_chip_of_the_table_finds_nothing(said: str) -> None:
    assert HARDWARE.find_gpu(said) is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("meta-llama/Llama-3.1-70B", "Llama-3.1-70B"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "Llama-3.1-8B"),
        ("llama2-70b", "Llama-2-70B"),
        ("Llama-2-70b-chat-hf", "Llama-2-70B"),
        ("neuralmagic/Meta-Llama-3.1-70B-Instruct-FP8-dynamic", "Llama-3.1-70B"),
        ("QWEN3_32B", "Qwen3-32B"),
        ("Qwen/Qwen3-32B-FP8", "Qwen3-32B"),
        ("bloom-176b", "BLOOM-176B"),
        ("deepseek-ai/DeepSeek-R1-0528", "DeepSeek-R1"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "Mistral-7B"),
    ],
)
def test_a_model_is_found_by_any_usual_spelling(said: str, meant: str) -> None:
    found = HARDWARE.find_model(said)
    assert found is not None
    assert found.name == meant


@pytest.mark.parametrize("said", ["", "gpt-4o", "Llama-3.1-71B", "instruct", "mistral-large-latest"])
def test_a_closed_or_unknown_model_is_not_found(said: str) -> None:
    assert HARDWARE.find_model(said) is None


def test_no_two_models_answer_to_one_name() -> None:
    for model in HARDWARE.models:
        for name in (model.name, *model.aliases):
            assert HARDWARE.find_model(name) == model


def test_a_users_price_takes_the_place_of_the_tables() -> None:
    priced = HARDWARE.with_prices(
        {"h200": 9.0, "unheard-of": 1.0}, source="contract", as_of=date(2026, 11, 1)
    )
    gpu = priced.find_gpu("H200")
    assert gpu is not None
    assert (gpu.usd_per_gpu_hour, gpu.price_source, gpu.price_as_of) == (9.0, "contract", date(2026, 11, 1))
    assert len(priced.gpus) == len(HARDWARE.gpus)


def test_a_users_entry_replaces_the_one_of_its_name_and_others_are_added() -> None:
    l4, llama = HARDWARE.find_gpu("L4"), HARDWARE.find_model("Llama-3.1-8B")
    assert l4 is not None
    assert llama is not None
    faster = msgspec.structs.replace(l4, bandwidth_tb_per_s=9.0)
    mine = msgspec.structs.replace(llama, name="mine", aliases=())
    changed = HARDWARE.with_entries(gpus=[faster], models=[mine])
    assert changed.find_gpu("L4") == faster
    assert len(changed.gpus) == len(HARDWARE.gpus)
    assert changed.find_model("mine") == mine


def test_priced_gpus_come_cheapest_first_and_each_price_has_a_source_and_a_date() -> None:
    gpus = HARDWARE.priced_gpus()
    prices = [gpu.usd_per_gpu_hour or 0.0 for gpu in gpus]
    assert prices == sorted(prices)
    assert len(gpus) >= 8
    assert all(gpu.price_source and gpu.price_as_of for gpu in gpus)


def test_only_a_mixture_of_experts_has_more_parameters_than_a_token_passes_through() -> None:
    for model in HARDWARE.models:
        assert (model.active_parameters < model.parameters) == model.is_moe


@pytest.mark.shared_data
def test_the_table_says_what_the_published_facts_say(shared: Path) -> None:
    with (shared / "gpu_facts.csv").open() as lines:
        for fact in csv.DictReader(lines):
            gpu = HARDWARE.find_gpu(fact["gpu"])
            assert gpu is not None, fact["gpu"]
            assert gpu.usd_per_gpu_hour == (
                float(fact["usd_per_gpu_hour"]) if fact["usd_per_gpu_hour"] else None
            )
            for column, value in (
                ("bandwidth_tb_per_s", gpu.bandwidth_tb_per_s),
                ("bf16_dense_tflops", gpu.bf16_dense_tflops),
                ("fp8_dense_tflops", gpu.fp8_dense_tflops),
            ):
                assert not fact[column] or float(fact[column]) == value, (fact["gpu"], column)
            assert 0.9 * float(fact["memory_gb"]) < gpu.memory_gib <= float(fact["memory_gb"])
