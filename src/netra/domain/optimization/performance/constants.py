"""The constants of each inference engine, and the widths of the model's intervals.

Constants of a measured kind of deployment stand in `dense_fits` and `mixture_fits` and replace these;
`bench/fit_performance.py` fits them from `../shared/data` and prints the errors on rows left out. Those
that were not measured are marked as assumptions.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.optimization.performance.dense_fits import SGLANG_DENSE, TRT_LLM_DENSE, VLLM_DENSE
from netra.domain.optimization.performance.inference_engine import Engine
from netra.domain.optimization.performance.mixture_fits import (
    SGLANG_MIXTURE,
    TRT_LLM_MIXTURE,
    VLLM_MIXTURE,
)

MEASURED_STEP_TIME_80: Final = (0.90, 1.12)
"""Bounds, as factors, of 80 % of step times on a measured GPU, precision and kind of model.

Measured on rows left out by pair of lengths: 0.91 to 1.09 for dense models, 0.90 to 1.12 for mixtures.
"""

STEP_TIME_80: Final = (0.85, 1.20)
"""The same on a GPU or model that was not measured: models and GPUs differ more than lengths and batches."""

MIXTURE_STEP_TIME_80: Final = (0.73, 1.31)
"""The same for a mixture of experts: vLLM's constants of one mixture on rows of the others."""

SEVERAL: Final = "several"
RESIDUALS_80: Final[Mapping[str, tuple[float, float]]] = {
    "batch": (0.925, 1.08),
    "lengths": (0.88, 1.136),
    "tp": (0.928, 1.079),
    "several": (0.887, 1.128),
    "precision": (0.85, 1.18),  # assumed: no measurement file varies it
    "gpu": (0.85, 1.18),  # assumed
    "model": (0.85, 1.18),  # assumed
}
"""Bounds, as factors of a predicted change, that hold for 80 % of changes of each kind on left-out rows.

Rows are left out by pair of lengths within each kind of deployment; `bench/fit_performance.py` prints both
the bounds that the rows give and the share that these cover.
"""

MIXTURE_RESIDUALS_80: Final[Mapping[str, tuple[float, float]]] = {
    **RESIDUALS_80,
    "batch": (0.89, 1.124),
    "lengths": (0.873, 1.146),
    "tp": (0.935, 1.07),
    "several": (0.881, 1.135),
}
"""The same for mixtures of experts."""

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
    fits=(*VLLM_DENSE, *VLLM_MIXTURE),
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
    fits=(*TRT_LLM_DENSE, *TRT_LLM_MIXTURE),
)
"""TensorRT-LLM of 2025: fitted on the other 77 rows of that file; MFU, MBU and latency are shared."""

SGLANG: Final = msgspec.structs.replace(
    VLLM, name="sglang", wide_batch_share={}, fits=(*SGLANG_DENSE, *SGLANG_MIXTURE)
)
"""SGLang of 2025; without a fit of the deployment its steps are assumed to equal vLLM's."""

VLLM_2023: Final = Engine(
    name="vllm-2023",
    tpot_error=0.06,
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
    "sglang": SGLANG,
    "vllm-2023": VLLM_2023,
}
"""The engines, by their names in measurement files."""
