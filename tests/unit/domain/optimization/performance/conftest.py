"""Deployments the performance tests share: rows of the catalogue, and one with round numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.hardware import Gpu, ModelShape
from netra.domain.optimization.performance.inference_engine import Engine
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.roofline import Deployment

SHARED: Final = Path("../shared/data")

ROUND: Final = Deployment(
    gpu=Gpu(
        name="R1-100GB",
        memory_gib=100.0,
        bandwidth_tb_per_s=2.0,
        bf16_dense_tflops=200.0,
        link_gb_per_s=100.0,
        link="nvlink",
        generation="hopper",
        usd_per_gpu_hour=2.0,
    ),
    model=ModelShape(
        name="Round-10B",
        layers=10,
        hidden=1000,
        heads=8,
        kv_heads=2,
        head_size=100,
        parameters=10.2e9,  # 10e9 beside an embedding and a head of 0.1e9 each
        active_parameters=10.2e9,
        vocabulary=100_000,
    ),
    engine=Engine(
        name="round",
        mfu=0.5,
        mbu=0.5,
        kv_mbu={"bf16": 0.5, "fp8": 0.5},
        layer_us=100.0,
        allreduce_us={"nvlink": 5.0, "pcie": 50.0},
        link_efficiency={"nvlink": 0.5, "pcie": 0.5},
    ),
)


def _named(
    gpu: str, model: str, *, tp: int = 1, precision: str = "bf16", engine: Engine = VLLM
) -> Deployment:
    found_gpu, found_model = HARDWARE.find_gpu(gpu), HARDWARE.find_model(model)
    assert found_gpu is not None
    assert found_model is not None
    return Deployment(gpu=found_gpu, model=found_model, engine=engine, tp=tp, precision=precision)


def _arriving(*calls: tuple[float, int, int]) -> Requests:
    return Requests(
        arrive_s=np.array([at_s for at_s, _, _ in calls]),
        input_tokens=np.array([tokens for _, tokens, _ in calls], np.int64),
        output_tokens=np.array([tokens for _, _, tokens in calls], np.int64),
    )


@pytest.fixture(scope="session")
def round_one() -> Deployment:
    """Return a deployment whose coefficients can be worked out on paper."""
    return ROUND


@pytest.fixture(scope="session")
def round_two() -> Deployment:
    """Return the same model on two of the GPUs."""
    return msgspec.structs.replace(ROUND, tp=2)


@pytest.fixture(scope="session")
def named() -> Callable[..., Deployment]:
    return _named


@pytest.fixture(scope="session")
def arriving() -> Callable[..., Requests]:
    """Return a maker of requests from (second, input, output) triples."""
    return _arriving


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of published data, or leave the test out."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here")
    return SHARED
