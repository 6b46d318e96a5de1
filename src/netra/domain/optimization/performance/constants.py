"""The fitted constants of the performance model, with their sources.

`bench/fit_performance.py` fits them again from `../shared/data` and prints the residuals; a test
compares. On rows held out from the fit (whole group sizes, prompt lengths or models) TPOT is 3 to 4 %
off for the engines of 2025 and 4 to 6 % for vLLM of 2023. Constants that were not measured are marked as
assumptions.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """An inference engine's efficiency on the hardware, and its overheads."""

    name: str
    mfu: float  # share of the tensor rate that prefill reaches
    mbu: float  # share of the memory bandwidth that weights reach
    kv_mbu: Mapping[str, float]  # the same for the key-value cache, by its precision
    layer_us: float  # fixed cost of a layer in every step
    allreduce_us: Mapping[str, float]  # latency of one all-reduce, by link
    link_efficiency: Mapping[str, float]  # share of the link's rate that all-reduce reaches, by link
    one_shot_efficiency: Mapping[str, float] = {}  # the same for small messages, where it differs
    wide_batch_share: Mapping[str, float] = {}  # slowdown of reading weights from 32 rows on, by precision
    host_layer_us: float = 0.0  # the step floor of engines that launch every kernel from Python
    host_rank_us: float = 0.0  # per GPU of the group: one process dispatches the step to each
    host_vocabulary_us: float = 0.0  # per thousand entries: sampling gathers and sorts them
    host_sequence_us: float = 0.0
    host_pair_us: float = 0.0
    host_factor: Mapping[str, float] = {}  # host time with a GPU of this generation, relative to an A100's
    memory_utilisation: float = 0.9
    admission: Literal["whole", "growing"] = "growing"  # cache reserved for the whole answer, or page by page
    ttft_prefills: float = 1.0  # closed-loop TTFT = prefill x (this + next x other sequences) + a step
    ttft_prefills_per_sequence: float = 0.0


STEP_TIME_80: Final = (0.85, 1.20)
"""Bounds, as factors, of 80 % of step times on an unmeasured GPU and model.

Wider than the fit's own held-out residuals (see `RESIDUALS_80`), since models and GPUs differ more than
lengths and batches.
"""

MIXTURE_STEP_TIME_80: Final = (0.70, 1.60)
"""The same for a mixture of experts: an assumption, as no measurement file has one.

A step reads the experts that a batch touches if tokens choose evenly. Uneven choices, the exchange between
GPUs and many small matrix products make steps longer, rarely shorter.
"""

SEVERAL: Final = "several"
RESIDUALS_80: Final[Mapping[str, tuple[float, float]]] = {
    "batch": (0.92, 1.085),  # of a model that was not fitted
    "lengths": (0.925, 1.08),  # a prompt length that was not fitted
    "tp": (0.86, 1.16),  # a group size that was not fitted
    "several": (0.865, 1.155),
    "precision": (0.85, 1.18),  # assumed: no measurement file varies it
    "gpu": (0.85, 1.18),  # assumed
    "model": (0.85, 1.18),  # assumed
}
"""Bounds, as factors of a predicted change, that hold for 80 % of held-out changes of each kind.

The widest of the splits that `bench/fit_performance.py` prints: by group size, prompt length and model.
"""

_MFU: Final = 0.62
_MBU: Final = 0.92
_ALLREDUCE_US: Final = {"nvlink": 3.1, "pcie": 20.0}  # PCIe is an assumption: not measured

VLLM: Final = Engine(
    name="vllm",
    mfu=_MFU,
    mbu=_MBU,
    # 16-bit is an assumption between the 8-bit kernel's measured rate and TensorRT-LLM's.
    kv_mbu={"bf16": 0.60, "fp16": 0.60, "fp8": 0.458, "int8": 0.458},
    layer_us=63.0,
    allreduce_us=_ALLREDUCE_US,
    link_efficiency={"nvlink": 0.95, "pcie": 0.50},
    wide_batch_share={"fp8": 0.26},  # other precisions were not measured and are assumed not to slow down
    ttft_prefills=1.5,
    ttft_prefills_per_sequence=0.07,
)
"""vLLM of 2025: fitted on 55 rows of Llama-3.1-70B on H200, FP8, tensor parallelism 1 to 8."""

TRT_LLM: Final = Engine(
    name="trtllm",
    mfu=_MFU,
    mbu=_MBU,
    kv_mbu={"bf16": 0.76, "fp16": 0.76, "fp8": 0.76, "int8": 0.76},
    layer_us=39.9,
    allreduce_us=_ALLREDUCE_US,
    link_efficiency={"nvlink": 0.98, "pcie": 0.40},
    one_shot_efficiency={"nvlink": 0.51},
    memory_utilisation=0.95,
    admission="whole",
    ttft_prefills=1.4,
    ttft_prefills_per_sequence=0.06,
)
"""TensorRT-LLM of 2025: fitted on the other 77 rows of that file; MFU, MBU and latency are shared."""

VLLM_2023: Final = Engine(
    name="vllm-2023",
    mfu=0.53,
    mbu=0.735,
    kv_mbu={"bf16": 0.314, "fp16": 0.314, "fp8": 0.314, "int8": 0.314},
    layer_us=18.6,
    allreduce_us={"nvlink": 3.0, "pcie": 20.0},
    link_efficiency={"nvlink": 0.45, "pcie": 0.30},
    host_layer_us=454.0,
    host_rank_us=859.0,
    host_vocabulary_us=10.7,
    host_sequence_us=179.0,
    host_pair_us=3.815,
    # The median time between tokens fell to 0.7 of the A100's on machines with H100 (Patel et al.,
    # ISCA 2024), where the host and not the GPU sets the pace; Ada's hosts are assumed like Hopper's.
    host_factor={"hopper": 0.66, "ada": 0.66, "blackwell": 0.6},
)
"""vLLM of 2023, which launched every kernel from Python: fitted on Llama-2-70B and BLOOM-176B, A100."""

ENGINES: Final = {
    "vllm": VLLM,
    "trtllm": TRT_LLM,
    "tensorrt-llm": TRT_LLM,
    "trt-llm": TRT_LLM,
    "tensorrt_llm": TRT_LLM,
    "sglang": VLLM,  # not fitted: its steps are assumed to equal vLLM's
    "vllm-2023": VLLM_2023,
}
"""The engines, by their names in measurement files."""
