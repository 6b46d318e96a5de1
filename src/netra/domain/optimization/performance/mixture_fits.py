"""The constants of the performance model that were fitted on mixtures of experts, with their errors.

Of several releases of an engine the newest comes first: it stands for a release that was not measured.
`python bench/fit_performance.py --table` prints this table from `../shared/data`. `tpot_error` and
`ttft_error` are mean errors on rows left out of the fit by pair of lengths. Source of the rows: the measured
values that ai-dynamo/aiconfigurator publishes (Apache-2.0), read in October 2026.
"""

from typing import Final

from netra.domain.optimization.performance.inference_engine import Fit

VLLM_MIXTURE: Final = (
    Fit(
        precision="fp4",
        gpu="H200-SXM-141GB",
        generation="hopper",
        mixture=True,
        values={
            "mfu": 0.3937,
            "mbu": 0.7969,
            "kv_mbu": 0.6273,
            "layer_us": 81.35,
            "allreduce_us": 2.852,
            "link_efficiency": 0.429,
            "one_shot_efficiency": 0.4816,
            "ttft_prefills": 1.715,
            "ttft_prefills_per_sequence": 0.07597,
            "ttft_steps": 4.793,
            "expert_mbu": 0.643,
        },
        rows=40,
        tpot_error=0.044,
        ttft_error=0.204,
    ),
    Fit(
        precision="fp4",
        gpu="H100-SXM-80GB",
        generation="hopper",
        mixture=True,
        values={
            "mfu": 0.4094,
            "mbu": 0.7983,
            "kv_mbu": 0.7227,
            "layer_us": 79.97,
            "allreduce_us": 3.106,
            "link_efficiency": 0.3801,
            "one_shot_efficiency": 0.3047,
            "ttft_prefills": 1.603,
            "ttft_prefills_per_sequence": 0.07926,
            "ttft_steps": 4.244,
            "expert_mbu": 0.8736,
        },
        rows=29,
        tpot_error=0.137,
        ttft_error=0.567,
    ),
)
"""vLLM of 2025 and 2026."""

TRT_LLM_MIXTURE: Final = (
    Fit(
        precision="fp8",
        gpu="B200-SXM-180GB",
        generation="blackwell",
        mixture=True,
        release="1.2.0rc6.post3",
        values={
            "mfu": 0.2566,
            "mbu": 0.8017,
            "kv_mbu": 0.505,
            "layer_us": 52.28,
            "allreduce_us": 3.115,
            "link_efficiency": 0.7102,
            "one_shot_efficiency": 0.5311,
            "ttft_prefills": 1.063,
            "ttft_prefills_per_sequence": 0.1256,
            "ttft_steps": 19.94,
            "expert_mbu": 1.224,
            "data_parallel_prefill": 2.057,
            "data_parallel_layer_us": 85.83,
        },
        rows=14,
        tpot_error=0.107,
        ttft_error=0.264,
    ),
    Fit(
        precision="fp8",
        gpu="B200-SXM-180GB",
        generation="blackwell",
        mixture=True,
        release="1.2.0rc6.post2",
        values={
            "mfu": 0.227,
            "mbu": 0.8016,
            "kv_mbu": 0.3977,
            "layer_us": 126.7,
            "allreduce_us": 3.117,
            "link_efficiency": 0.5884,
            "one_shot_efficiency": 0.3514,
            "ttft_prefills": 0.8623,
            "ttft_prefills_per_sequence": 0.1264,
            "ttft_steps": 12.48,
            "expert_mbu": 1.221,
        },
        rows=14,
        tpot_error=0.067,
        ttft_error=0.234,
    ),
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        mixture=True,
        release="1.1.0rc2.post2",
        values={
            "mfu": 0.4266,
            "mbu": 0.8004,
            "kv_mbu": 0.6173,
            "layer_us": 86.06,
            "allreduce_us": 3.113,
            "link_efficiency": 0.8778,
            "one_shot_efficiency": 0.727,
            "ttft_prefills": 1.343,
            "ttft_prefills_per_sequence": 0.1234,
            "ttft_steps": 33.7,
            "expert_mbu": 1.047,
            "data_parallel_prefill": 2.576,
            "data_parallel_layer_us": 165.2,
        },
        rows=14,
        tpot_error=0.072,
        ttft_error=0.446,
    ),
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        mixture=True,
        values={
            "mfu": 0.3512,
            "mbu": 0.7998,
            "kv_mbu": 0.6196,
            "layer_us": 168.3,
            "allreduce_us": 3.119,
            "link_efficiency": 0.8133,
            "one_shot_efficiency": 0.622,
            "ttft_prefills": 0.7928,
            "ttft_prefills_per_sequence": 0.1235,
            "ttft_steps": 14.45,
            "expert_mbu": 0.8904,
        },
        rows=10,
        tpot_error=0.042,
        ttft_error=0.153,
    ),
)
"""TensorRT-LLM of 2025."""

SGLANG_MIXTURE: Final = (
    Fit(
        precision="fp8",
        gpu="H200-SXM-141GB",
        generation="hopper",
        mixture=True,
        values={
            "mfu": 0.3367,
            "mbu": 0.7999,
            "kv_mbu": 0.594,
            "layer_us": 102.0,
            "allreduce_us": 3.113,
            "link_efficiency": 0.7839,
            "one_shot_efficiency": 0.4871,
            "ttft_prefills": 1.434,
            "ttft_prefills_per_sequence": 0.07024,
            "ttft_steps": 10.57,
            "expert_mbu": 0.8458,
        },
        rows=10,
        tpot_error=0.024,
        ttft_error=0.23,
    ),
)
"""SGLang 0.5."""
