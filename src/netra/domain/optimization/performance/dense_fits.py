"""The constants of the performance model that were fitted on dense models, with their errors.

`python bench/fit_performance.py --table` prints this table from `../shared/data`. `tpot_error` and
`ttft_error` are mean errors on rows left out of the fit by pair of lengths. Source of the rows: the measured
values that ai-dynamo/aiconfigurator publishes (Apache-2.0), read in October 2026.
"""

from typing import Final

from netra.domain.optimization.performance.inference_engine import Fit

VLLM_DENSE: Final = (
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        values={
            "mfu": 0.5761,
            "mbu": 0.9351,
            "kv_mbu": 0.498,
            "layer_us": 63.48,
            "allreduce_us": 3.332,
            "link_efficiency": 0.9587,
            "one_shot_efficiency": 0.9512,
            "ttft_prefills": 1.189,
            "ttft_prefills_per_sequence": 0.06303,
            "ttft_steps": 2.632,
            "wide_batch_share": 0.2978,
        },
        rows=60,
        tpot_error=0.048,
        ttft_error=0.187,
    ),
)
"""vLLM of 2025 and 2026."""

TRT_LLM_DENSE: Final = (
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        values={
            "mfu": 0.6466,
            "mbu": 0.9117,
            "kv_mbu": 0.7385,
            "layer_us": 40.11,
            "allreduce_us": 2.857,
            "link_efficiency": 0.9473,
            "one_shot_efficiency": 0.5177,
            "ttft_prefills": 0.9327,
            "ttft_prefills_per_sequence": 0.05949,
            "ttft_steps": 18.15,
        },
        rows=72,
        tpot_error=0.036,
        ttft_error=0.293,
    ),
    Fit(
        precision="fp4",
        gpu="B200-SXM-180GB",
        generation="blackwell",
        values={
            "mfu": 0.5116,
            "mbu": 0.8281,
            "kv_mbu": 0.9775,
            "layer_us": 57.0,
            "allreduce_us": 2.649,
            "link_efficiency": 0.7401,
            "one_shot_efficiency": 0.6139,
            "ttft_prefills": 0.6441,
            "ttft_prefills_per_sequence": 0.0503,
            "ttft_steps": 18.7,
        },
        rows=48,
        tpot_error=0.057,
        ttft_error=0.248,
    ),
    Fit(
        precision="fp8",
        gpu="B200-SXM-180GB",
        generation="blackwell",
        values={
            "mfu": 0.6354,
            "mbu": 0.8741,
            "kv_mbu": 0.58,
            "layer_us": 43.19,
            "allreduce_us": 2.854,
            "link_efficiency": 0.5417,
            "one_shot_efficiency": 0.5616,
            "ttft_prefills": 0.655,
            "ttft_prefills_per_sequence": 0.05335,
            "ttft_steps": 19.85,
        },
        rows=48,
        tpot_error=0.057,
        ttft_error=0.407,
    ),
    Fit(
        precision="fp8",
        gpu="H100-SXM-80GB",
        generation="hopper",
        values={
            "mfu": 0.4449,
            "mbu": 0.8911,
            "kv_mbu": 1.083,
            "layer_us": 53.26,
            "allreduce_us": 3.389,
            "link_efficiency": 1.031,
            "one_shot_efficiency": 0.3264,
            "ttft_prefills": 1.958,
            "ttft_prefills_per_sequence": 0.06049,
            "ttft_steps": 10.4,
        },
        rows=83,
        tpot_error=0.082,
        ttft_error=0.258,
    ),
)
"""TensorRT-LLM of 2025."""

SGLANG_DENSE: Final = (
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        values={
            "mfu": 0.4897,
            "mbu": 0.8721,
            "kv_mbu": 0.3406,
            "layer_us": 28.85,
            "allreduce_us": 2.986,
            "link_efficiency": 0.594,
            "one_shot_efficiency": 0.854,
            "ttft_prefills": 0.6828,
            "ttft_prefills_per_sequence": 0.01852,
            "ttft_steps": 6.472,
            "prefill_first_share": 0.185,
            "host_layer_us": 19.1,
            "host_sequence_us": 33.49,
        },
        rows=27,
        tpot_error=0.11,
        ttft_error=0.506,
    ),
    Fit(
        precision="bf16",
        gpu="H100-SXM-80GB",
        generation="hopper",
        values={
            "mfu": 0.7941,
            "mbu": 0.9966,
            "kv_mbu": 0.5063,
            "layer_us": 49.8,
            "allreduce_us": 3.449,
            "link_efficiency": 0.7373,
            "one_shot_efficiency": 0.9292,
            "ttft_prefills": 1.509,
            "ttft_prefills_per_sequence": 0.0361,
            "ttft_steps": 19.95,
            "prefill_first_share": 0.5023,
            "host_layer_us": 31.35,
            "host_sequence_us": 10.03,
        },
        rows=46,
        tpot_error=0.075,
        ttft_error=0.166,
    ),
)
"""SGLang 0.5."""
