"""Step times calibrated on the log's own latencies, or a sentence that says why not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.configurations import served_precision
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import replay, requests_of
from netra.domain.optimization.performance.roofline import Deployment, costs_of
from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.columns import Events, Labels

OPEN = "Llama-3.1-8B"
Make = Callable[..., Study]
Price = Callable[..., Tariff]


def served(*, slower: float, model: str = OPEN, calls: int = 60) -> Events:
    """Return a log of what one H100 would take for each call, `slower` times as long."""
    start = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp()) * 1_000_000_000
    events = Events(
        at_ns=start + np.arange(calls) * 20_000_000_000,
        model=Labels(codes=np.zeros(calls, np.int32), names=(model,)),
        input_tokens=np.full(calls, 500),
        output_tokens=np.full(calls, 50),
    )
    gpu, shape = HARDWARE.find_gpu("H100"), HARDWARE.find_model(OPEN)
    assert gpu is not None
    assert shape is not None
    deployment = Deployment(gpu=gpu, model=shape, engine=VLLM, precision=served_precision(gpu, shape))
    seen = replay(requests_of(events), deployment=deployment, replicas=1)
    ttft_ms = seen.ttft_s * 1e3 * slower
    return msgspec.structs.replace(
        events, ttft_ms=ttft_ms, latency_ms=ttft_ms + seen.tpot_s * 1e3 * slower * 49
    )


def case(study: Make, tariff: Price, events: Events, **goals: Any) -> Case:
    asked = study(
        events,
        tariff(events.model.names[0], usd=1e-4),
        goals=Goals(**goals),
        hardware=HARDWARE,
    )
    found = case_of(asked, kind="self_hosting")
    assert isinstance(found, Case)
    return found


def test_a_deployment_that_takes_half_as_long_again_paces_every_candidate(study: Make, tariff: Price) -> None:
    found = case(study, tariff, served(slower=1.5), served_on="1x H100", served_replicas=1)
    assert [one.deployment.pace for one in found.candidates] == pytest.approx([1.5] * len(found.candidates))
    assert found.notes[-1] == (
        "Step times are calibrated on 60 calls of this log: 1.50 times the model's for 1x H100."
    )


@pytest.mark.parametrize("served_on", [None, "4x mystery", "A6000 of no size that holds it, 16x"])
def test_without_a_known_deployment_the_model_stands_as_it_is_and_says_so(
    study: Make, tariff: Price, served_on: str | None
) -> None:
    found = case(study, tariff, served(slower=1.5), served_on=served_on)
    assert {one.deployment.pace for one in found.candidates} == {1.0}
    assert "name the GPUs that serve it now" in found.notes[-1]


def test_too_few_latencies_calibrate_nothing(study: Make, tariff: Price) -> None:
    found = case(study, tariff, served(slower=1.5, calls=10), served_on="H100")
    assert "fewer than 20 calls have latency_ms" in found.notes[-1]


def test_latencies_of_another_model_say_nothing(study: Make, tariff: Price) -> None:
    found = case(study, tariff, served(slower=1.5, model="gpt-4o"), served_on="H100")
    assert found.notes[-1].endswith("which is of another model.")


def test_a_pace_stretches_every_step_and_no_share() -> None:
    gpu, shape = HARDWARE.find_gpu("H100"), HARDWARE.find_model("Mixtral-8x7B")
    assert gpu is not None
    assert shape is not None
    plain = Deployment(gpu=gpu, model=shape, engine=VLLM, tp=2)
    usual, slow = costs_of(plain), costs_of(msgspec.structs.replace(plain, pace=2.0))
    assert slow.expert_share == usual.expert_share > 0
    for name in ("weights_s", "token_s", "kv_s", "layers_s", "ring_s"):
        assert getattr(slow, name) == pytest.approx(2 * getattr(usual, name))
