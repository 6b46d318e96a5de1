"""What-if on a log that own GPUs serve today: their price is the bill, and latency moves by the ratio."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.performance.calibration import change_bounds
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import replay, requests_of
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.what_if.simulate import Proposal, Simulated, simulate
from netra.domain.workloads.columns import Events, Labels
from netra.domain.workloads.model import Event

OPEN, NOW, CALLS = "Llama-3.1-8B", "1x H100-SXM-80GB", 121
SLOWER = 1.25  # than the model: what calibration has to find
Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]


def deployment(gpu: str = "H100-SXM-80GB", precision: str = "fp8", pace: float = 1.0) -> Deployment:
    found, shape = HARDWARE.find_gpu(gpu), HARDWARE.find_model(OPEN)
    assert found is not None
    assert shape is not None
    return Deployment(gpu=found, model=shape, engine=VLLM, precision=precision, pace=pace)


def usd_per_hour(gpu: str = "H100-SXM-80GB") -> float:
    return deployment(gpu).gpu.usd_per_gpu_hour or 0.0


@pytest.fixture(scope="module")
def logged() -> Events:
    """Return two minutes of calls that one H100 served, a quarter slower than the model says."""
    start = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp()) * 1_000_000_000
    events = Events(
        at_ns=start + np.arange(CALLS) * 1_000_000_000,
        model=Labels(codes=np.zeros(CALLS, np.int32), names=(OPEN,)),
        input_tokens=np.full(CALLS, 500),
        output_tokens=np.full(CALLS, 50),
    )
    seen = replay(requests_of(events), deployment=deployment(pace=SLOWER), replicas=1)
    ttft_ms, tpot_ms = seen.ttft_s * 1e3, seen.tpot_s * 1e3
    return msgspec.structs.replace(events, ttft_ms=ttft_ms, latency_ms=ttft_ms + tpot_ms * 49)


@pytest.fixture(scope="module")
def served(study: Make, tariff: Price, logged: Events) -> Study:
    return study(logged, tariff(OPEN), hardware=HARDWARE, candidates=[tariff("api", usd=1e-6)])


def tried(study: Study, **proposal: Any) -> Simulated:
    fields: dict[str, Any] = {"served_on": NOW, **proposal}
    return simulate(study, Proposal(**fields))


def test_the_bill_now_is_the_rent_of_what_serves_the_log(served: Study) -> None:
    found = tried(served, served_replicas=3)
    assert found.now_usd_in_window == pytest.approx(3 * usd_per_hour() * 120 / 3600)
    assert (found.then_usd_in_window, found.steps) == (found.now_usd_in_window, ())
    assert found.latency_then == found.latency_now
    assert found.fleet is None
    assert found.fleet_now is not None
    assert (found.fleet_now.replicas, found.fleet_now.precision) == (3, "fp8")
    assert found.fleet_now.calibration.startswith("Step times are calibrated on 121 calls")


def test_calls_of_other_models_are_not_taken_to_be_on_those_gpus(
    study: Make, tariff: Price, served: Study, logged: Events
) -> None:
    twice = np.repeat(np.arange(CALLS), 2)[:-1]  # a call of the provider's between any two of the open model
    is_open = np.arange(len(twice)) % 2 == 0
    taken = logged.take(twice)
    assert taken.latency_ms is not None
    mixed = msgspec.structs.replace(
        taken,
        at_ns=logged.at_ns[0] + np.arange(len(twice)) * 500_000_000,
        model=Labels(codes=np.where(is_open, 0, 1).astype(np.int32), names=(OPEN, "gpt")),
        latency_ms=np.where(is_open, logged.latency_ms[twice], 90_000.0)
        if logged.latency_ms is not None
        else None,
    )
    asked = study(mixed, tariff(OPEN), tariff("gpt", usd=1e-4), hardware=HARDWARE)
    change: dict[str, Any] = {"gpu": "H200-SXM-141GB", "gpus_per_replica": 1, "replicas": 1}
    alone, found = tried(served, **change), tried(asked, **change)
    bought = (CALLS - 1) * 700 * 1e-4  # what the provider is paid for its own
    assert found.now_usd_in_window == pytest.approx(alone.now_usd_in_window + bought)
    assert found.then_usd_in_window == pytest.approx(alone.then_usd_in_window + bought)
    assert (found.latency_now, found.latency_then) == (alone.latency_now, alone.latency_then)


def test_fewer_replicas_cost_less_and_the_measured_latency_moves_by_the_ratio_of_replays(
    served: Study, logged: Events
) -> None:
    found = tried(served, served_replicas=2, replicas=1)
    assert found.cost_change == "-50%"
    assert [step.kind for step in found.steps] == ["self_hosting"]
    # calibrated on two replicas as said; the log is of one, so the ratio starts there
    pace = found.fleet_now
    assert pace is not None
    assert found.latency_then is not None
    before, after = (replay(requests_of(logged), deployment=deployment(), replicas=n) for n in (2, 1))
    wanted = found.latency_now.tpot_ms_p99 * after.tpot_ms(99) / before.tpot_ms(99)
    assert found.latency_then.tpot_ms_p99 == pytest.approx(wanted, rel=1e-6)
    low, high = change_bounds(["batch"])
    assert found.latency_then.tpot_ms_p99_range == pytest.approx((wanted * low, wanted * high), rel=1e-6)
    assert any("80 % intervals" in note for note in found.steps[0].notes)


def test_another_gpu_is_predicted_from_the_measured_one_within_bounds_of_that_change(served: Study) -> None:
    found = tried(served, gpu="H200-SXM-141GB", gpus_per_replica=1, replicas=1)
    then = found.latency_then
    assert then is not None
    assert then.tpot_ms_p99 < found.latency_now.tpot_ms_p99
    low, high = change_bounds(["gpu"])
    value = then.tpot_ms_p99
    assert then.tpot_ms_p99_range == pytest.approx((value * low, value * high))
    least, most = then.ttft_ms_p99_range
    assert least < then.ttft_ms_p99 < most
    assert found.then_usd_in_window == pytest.approx(usd_per_hour("H200-SXM-141GB") * 120 / 3600)


def test_a_cap_on_own_gpus_changes_latency_and_no_dollars(served: Study) -> None:
    found = tried(served, max_output_tokens=10)
    assert found.then_usd_in_window == found.now_usd_in_window
    assert [step.kind for step in found.steps] == ["output_length"]
    assert found.fleet is not None
    assert found.fleet.replicas == 1
    assert found.latency_then is not None
    assert found.latency_then.tpot_ms_p99_range[0] < found.latency_then.tpot_ms_p99
    assert any("times the ratio of replays" in note for note in found.notes)


def test_wider_weights_are_slower_on_the_same_gpus(served: Study) -> None:
    found = tried(served, precision="bf16", replicas=1)
    assert found.fleet is not None
    assert (found.fleet.precision, found.fleet.gpus_per_replica) == ("bf16", 1)
    assert found.latency_then is not None
    assert found.latency_then.tpot_ms_p99 > found.latency_now.tpot_ms_p99


def test_what_serves_now_may_be_in_a_precision_of_its_own(served: Study) -> None:
    found = tried(served, served_precision="bf16", replicas=2)
    assert found.fleet_now is not None
    assert found.fleet is not None
    assert (found.fleet_now.precision, found.fleet.precision) == ("bf16", "bf16")


def test_calls_bought_from_a_provider_give_the_gpus_back(served: Study) -> None:
    found = tried(served, model="api")
    assert found.then_usd_in_window == pytest.approx(CALLS * (500e-6 + 50 * 4e-6))
    assert found.latency_then is None


def test_gpus_stay_for_the_calls_that_the_provider_does_not_take(
    study: Make, tariff: Price, logged: Events
) -> None:
    longer = msgspec.structs.replace(logged, input_tokens=np.where(np.arange(CALLS) == 5, 5000, 500))
    small = tariff("api", usd=1e-6, context_window_tokens=4096)
    found = tried(study(longer, tariff(OPEN), hardware=HARDWARE, candidates=[small]), model="api")
    assert found.calls_that_do_not_fit == 1
    assert found.then_usd_in_window == pytest.approx(found.now_usd_in_window + (CALLS - 1) * 700e-6)


def test_a_log_without_latencies_is_told_by_the_model_alone(
    study: Make, tariff: Price, logged: Events
) -> None:
    bare = msgspec.structs.replace(logged, ttft_ms=None, latency_ms=None)
    found = tried(study(bare, tariff(OPEN), hardware=HARDWARE), replicas=2)
    assert found.latency_now.tpot_ms_p99 is None
    assert found.latency_then is not None
    assert found.latency_then.tpot_ms_p99 > 0
    assert "Step times are modelled, not measured here." in found.steps[0].notes


def test_what_a_provider_does_is_said_to_change_nothing_on_own_gpus(served: Study) -> None:
    found = tried(served, batch_share=0.5)
    assert found.then_usd_in_window == found.now_usd_in_window
    assert "A provider's cache and batch prices do not apply to calls on own GPUs." in found.notes


@pytest.mark.parametrize(
    ("proposal", "path", "said"),
    [
        ({"served_on": "4x abacus"}, "served_on", "No GPU named '4x abacus'"),
        ({"served_on": None, "served_replicas": 2}, "served_on", "Name the GPUs"),
        ({"served_on": None, "replicas": 2}, "gpu", "Name the GPUs"),
        ({"served_on": "L4"}, "served_on", "No allowed GPU of known price"),
        ({"gpus_per_replica": 3, "replicas": 1}, "gpus_per_replica", "runs on groups of"),
    ],
)
def test_a_fleet_that_cannot_serve_the_log_now_or_then_is_refused(
    served: Study, proposal: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(ValidationFailed, match=said) as refusal:
        tried(served, **proposal)
    assert refusal.value.faults[0].path == path


def test_a_group_that_does_not_hold_the_model_cannot_serve_it_now(
    study: Make, tariff: Price, logged: Events
) -> None:
    large = msgspec.structs.replace(logged, model=Labels(codes=logged.model.codes, names=("Llama-3.1-70B",)))
    log = study(large, tariff("Llama-3.1-70B"), hardware=HARDWARE)
    with pytest.raises(ValidationFailed, match=r"1 x H200-SXM-141GB do not hold Llama-3\.1-70B in bf16"):
        tried(log, served_on="H200", served_precision="bf16")


def test_a_log_of_a_provider_s_model_is_served_by_nobody_s_own_gpus(study: Make, call: Call) -> None:
    log = study([call(n) for n in range(120)], hardware=HARDWARE)
    with pytest.raises(ValidationFailed, match="not of an open model"):
        tried(log)
