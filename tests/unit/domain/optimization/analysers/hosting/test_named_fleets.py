"""The fleets that a question names, judged against replays made by hand."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from netra.domain.optimization import engine
from netra.domain.optimization.analysers.hosting import gpu_choice
from netra.domain.optimization.analysers.hosting.named_fleets import FleetInputs, fleet_target
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.model import Goals, GpuFleet, never_stop
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import Replay, Requests, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.sizing import step_bounds
from netra.domain.optimization.price_list import PriceList
from netra.domain.workloads.columns import Events, columns_of, labels_of

MakeStudy = Callable[..., Study]
Make = Callable[..., Any]
OPEN = "Llama-3.1-8B"
CALLS, SECONDS = 600, 61.0


def burst(model: str = OPEN) -> Events:
    """Return a minute of ten calls a second, 2,000 tokens in and 200 out."""
    labels = labels_of([model] * CALLS)
    assert labels is not None
    return Events(
        at_ns=1_700_000_000_000_000_000 + np.arange(CALLS) * int(SECONDS / CALLS * 1e9),
        model=labels,
        input_tokens=np.full(CALLS, 2_000),
        output_tokens=np.full(CALLS, 200),
    )


def by_hand(gpu: str, *, replicas: int, slowdown: float, seed: int = 0, growth: float = 0.0) -> Replay:
    """Replay the burst on replicas of one GPU."""
    found, model = HARDWARE.find_gpu(gpu), HARDWARE.find_model(OPEN)
    assert found is not None
    assert model is not None
    calls = burst()
    return replay(
        Requests(
            arrive_s=(calls.at_ns - calls.at_ns[0]) * 1e-9 / (1 + growth),
            input_tokens=calls.input_tokens,
            output_tokens=calls.output_tokens,
        ),
        deployment=Deployment(gpu=found, model=model, engine=VLLM, tp=1, precision="fp8"),
        replicas=replicas,
        batching=default_batching(found),
        balancing=Balancing.RANDOM,
        slowdown=slowdown,
        seed=seed,
    )


def verdicts(study: MakeStudy, *fleets: GpuFleet, **goals: Any) -> list[Finding]:
    asked = study(
        burst(),
        goals=Goals(fleets=fleets, gpus=tuple(one.name for one in fleets), **goals),
        hardware=HARDWARE,
    )
    found = gpu_choice.analyse(asked, checkpoint=never_stop)
    assert all(isinstance(one, Finding) for one in found)
    return [one for one in found if isinstance(one, Finding)]


def numbers(finding: Finding) -> FleetInputs:
    assert isinstance(finding.inputs, FleetInputs)
    return finding.inputs


def slow_of(gpu: str) -> float:
    found, model = HARDWARE.find_gpu(gpu), HARDWARE.find_model(OPEN)
    assert found is not None
    assert model is not None
    return step_bounds(Deployment(gpu=found, model=model, engine=VLLM, precision="fp8"))[1]


def test_how_many_is_the_smallest_number_whose_replays_keep_the_limits(study: MakeStudy) -> None:
    (found,) = verdicts(study, GpuFleet(name="L40"), ttft_ms_p99=1000.0, tpot_ms_p99=50.0)
    inputs = numbers(found)
    assert inputs.asked_gpus is None
    assert inputs.carries is True
    assert inputs.replicas is not None
    assert inputs.needed_gpus == inputs.replicas
    slow = slow_of("L40")
    enough = [by_hand("L40", replicas=inputs.replicas, slowdown=slow, seed=seed) for seed in range(4)]
    assert all(one.ttft_ms(99) <= 1000.0 and one.tpot_ms(99) <= 50.0 for one in enough)
    fewer = [by_hand("L40", replicas=inputs.replicas - 1, slowdown=slow, seed=seed) for seed in range(20)]
    assert any(one.ttft_ms(99) > 1000.0 or one.tpot_ms(99) > 50.0 for one in fewer)
    outcome = fleet_target(found)
    assert outcome is not None
    assert (outcome.asked, outcome.reached, outcome.met) == (None, float(inputs.replicas), True)
    assert outcome.why.startswith(f"Serve {OPEN} on {inputs.replicas} L40-48GB")


def test_a_number_is_enough_or_not_by_the_same_replays(study: MakeStudy) -> None:
    many, few, none = verdicts(
        study,
        GpuFleet(name="L40", count=16),
        GpuFleet(name="L40S", count=1),
        GpuFleet(name="RTX-A6000", count=1),
        ttft_ms_p99=1000.0,
        tpot_ms_p99=50.0,
    )
    assert numbers(many).carries is True
    assert numbers(many).replicas == 16
    tails = by_hand("L40", replicas=16, slowdown=slow_of("L40"))
    assert numbers(many).tpot_ms_p99_high == pytest.approx(tails.tpot_ms(99))
    assert "16 L40-48GB" in many.action
    assert f"It takes {numbers(many).needed_gpus} GPUs" in many.impact
    for one in (few, none):
        assert numbers(one).carries is False
        assert "not carry" in one.action or "Do not serve" in one.action


def test_between_the_slow_and_the_modelled_steps_the_verdict_is_open(study: MakeStudy) -> None:
    slow, modelled = (
        [by_hand("L40", replicas=8, slowdown=factor, seed=seed).tpot_ms(99) for seed in range(20)]
        for factor in (slow_of("L40"), 1.0)
    )
    limit_ms = (max(modelled) + min(slow)) / 2
    assert max(modelled) < limit_ms < min(slow)
    (found,) = verdicts(study, GpuFleet(name="L40", count=8), ttft_ms_p99=60_000.0, tpot_ms_p99=limit_ms)
    inputs = numbers(found)
    assert (inputs.carries, inputs.slow_replays_holding, inputs.modelled_replays_holding) == (None, 0.0, 1.0)
    assert "may not carry" in found.action
    assert "100.0 % with the modelled ones" in found.impact


def test_more_traffic_comes_faster(study: MakeStudy) -> None:
    limits = {"ttft_ms_p99": 1000.0, "tpot_ms_p99": 50.0}
    now, then = (
        verdicts(study, GpuFleet(name="L40"), traffic_growth=growth, **limits)[0] for growth in (0.0, 1.0)
    )
    fewest, most = numbers(now).needed_gpus, numbers(then).needed_gpus
    assert fewest is not None
    assert most is not None
    assert fewest < most
    slow = slow_of("L40")
    grown = by_hand("L40", replicas=fewest, slowdown=slow, growth=1.0)
    assert grown.ttft_ms(99) > 1000.0 or grown.tpot_ms(99) > 50.0
    assert "100.0 % more traffic" in then.impact


def test_no_number_keeps_a_limit_below_a_lone_prompt(study: MakeStudy) -> None:
    (found,) = verdicts(study, GpuFleet(name="L40", count=8), ttft_ms_p99=1.0)
    assert (numbers(found).needed_gpus, numbers(found).carries) == (None, False)
    assert found.impact.startswith("No number of L40-48GB")
    assert found.options == ()


def test_too_few_gpus_for_one_replica_carry_nothing(study: MakeStudy) -> None:
    asked = study(
        burst("Llama-3.1-70B"),
        goals=Goals(fleets=(GpuFleet(name="L40S", count=1),), gpus=("L40S",)),
        hardware=HARDWARE,
    )
    (found,) = gpu_choice.analyse(asked, checkpoint=never_stop)
    assert isinstance(found, Finding)
    assert numbers(found).carries is False
    assert found.impact.startswith("A replica takes")


def test_spare_replicas_are_part_of_the_number(study: MakeStudy) -> None:
    limits = {"ttft_ms_p99": 1000.0, "tpot_ms_p99": 50.0}
    (bare,) = verdicts(study, GpuFleet(name="L40"), **limits)
    (safe,) = verdicts(study, GpuFleet(name="L40"), spare_replicas=1, **limits)
    assert numbers(safe).needed_gpus == (numbers(bare).needed_gpus or 0) + 1


def test_the_limits_are_asked_of_the_fleet_and_not_of_the_log(call: Make) -> None:
    goals = Goals(fleets=(GpuFleet(name="L40"),), gpus=("L40",), ttft_ms_p99=1000.0)
    analysis = engine.analyse(burst(), goals=goals, prices=PriceList(tariffs={}), hardware=HARDWARE)
    first, limit = analysis.metrics.targets
    assert (first.target, limit.target) == ("gpus", "ttft_ms_p99")
    assert limit.met is True
    assert "L40-48GB" in limit.why


def test_a_fleet_that_cannot_be_replayed_is_not_judged() -> None:
    calls = columns_of([])
    goals = Goals(fleets=(GpuFleet(name="L40", count=2),), gpus=("L40",))
    assert (
        engine.analyse(calls, goals=goals, prices=PriceList(tariffs={}), hardware=HARDWARE).metrics.targets
        == ()
    )
    closed = msgspec.structs.replace(goals, fleets=(GpuFleet(name="B300", count=1),), gpus=("B300",))
    analysis = engine.analyse(
        burst("DeepSeek-R1"), goals=closed, prices=PriceList(tariffs={}), hardware=HARDWARE
    )
    (outcome,) = analysis.metrics.targets
    assert (outcome.target, outcome.asked, outcome.met) == ("gpus", 1.0, None)
    assert outcome.why.startswith("B300: No allowed GPU of known price")


def test_the_fleet_that_serves_now_and_an_unknown_gpu_are_not_judged(study: MakeStudy) -> None:
    (found,) = verdicts(
        study,
        GpuFleet(name="H100", count=4, is_serving=True),
        GpuFleet(name="TPU-v9", count=4),
    )
    assert fleet_target(found) is None  # the cheapest configurations, as without a fleet
