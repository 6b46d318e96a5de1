"""Configurations, their estimates, the fleets of them, and the stand-in."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from netra.domain.optimization.model import never_stop
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    carried_per_s,
    configurations,
    largest_batch,
    served_precision,
)
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.estimates import ranked_by_estimate
from netra.domain.optimization.performance.fleet import Slo, smallest_fleet
from netra.domain.optimization.performance.hardware import Gpu, Hardware, ModelShape
from netra.domain.optimization.performance.hosting import (
    Hosting,
    cheapest_fleets,
    sizes_of,
)
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.sizing import Sizing, holding_share, step_bounds
from netra.domain.optimization.performance.stand_in import stand_in_for

Arriving = Callable[..., Requests]
LOAD = RequestLoad(requests_per_s=4.0, input_tokens=1000.0, output_tokens=200.0)


def model(name: str) -> ModelShape:
    found = HARDWARE.find_model(name)
    assert found is not None
    return found


def gpu(name: str) -> Gpu:
    found = HARDWARE.find_gpu(name)
    assert found is not None
    return found


def test_only_priced_gpus_that_hold_the_model_are_configurations() -> None:
    found = configurations(HARDWARE.gpus, model=model("Llama-3.1-70B"), engine=VLLM, longest_tokens=4000)
    names = [one.name for one in found]
    assert "1x H200-SXM-141GB, fp8" in names
    assert "1x H100-SXM-80GB, fp8" not in names  # 67 GiB of weights leave no room
    assert not [name for name in names if "GB200" in name]  # no price is held
    prices = [one.usd_per_hour for one in found]
    assert prices == sorted(prices)
    assert [one.usd_per_hour for one in found if one.name == "4x A100-SXM-80GB, bf16"] == [4 * 1.39]


def test_a_group_size_divides_the_heads() -> None:
    found = configurations([gpu("H100")], model=model("Qwen2.5-7B"), engine=VLLM, longest_tokens=1)
    assert [one.deployment.tp for one in found] == [1, 2, 4]  # 28 heads


@pytest.mark.parametrize(
    ("gpu_name", "model_name", "precision"),
    [("H100", "Llama-3.1-8B", "fp8"), ("A100", "Llama-3.1-8B", "bf16"), ("A100", "gpt-oss-20b", "fp4")],
)
def test_the_planned_precision_is_the_published_or_what_the_gpu_computes_in(
    gpu_name: str, model_name: str, precision: str
) -> None:
    assert served_precision(gpu(gpu_name), model(model_name)) == precision


def test_the_largest_batch_keeps_the_margin_and_one_more_does_not(round_one: Deployment) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    slo = Slo(tpot_ms=60.0)
    batch = largest_batch(one, load=LOAD, slo=slo, margin=0.85)
    tpots = [
        closed_loop(round_one, input_tokens=1000.0, output_tokens=200.0, concurrency=size).tpot_s * 1e3
        for size in (batch, batch + 1)
    ]
    assert tpots[0] <= 0.85 * 60.0 < tpots[1]
    assert carried_per_s(one, load=LOAD, slo=slo) == pytest.approx(batch / (tpots[0] * 1e-3) / 200.0)


def test_the_largest_batch_keeps_the_limit_on_the_whole_call(round_one: Deployment) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    free = largest_batch(one, load=LOAD, slo=Slo(tpot_ms=60.0))
    limit_ms = 9_000.0
    batch = largest_batch(one, load=LOAD, slo=Slo(tpot_ms=60.0, latency_ms=limit_ms), margin=0.85)
    seen = [
        closed_loop(round_one, input_tokens=1000.0, output_tokens=200.0, concurrency=size)
        for size in (batch, batch + 1)
    ]
    latencies_ms = [1e3 * (one.ttft_s + 199 * one.tpot_s) for one in seen]
    assert 0 < batch < free
    assert latencies_ms[0] <= 0.85 * limit_ms < latencies_ms[1]


def test_a_limit_below_one_step_carries_nothing(round_one: Deployment) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    assert carried_per_s(one, load=LOAD, slo=Slo(tpot_ms=5.0)) == 0.0
    assert ranked_by_estimate((one,), load=LOAD, slo=Slo(tpot_ms=5.0)) == ()


def test_the_best_of_each_gpu_is_ranked_before_any_second_best() -> None:
    found = configurations(
        [gpu("H100"), gpu("H200"), gpu("L40S")], model=model("Llama-3.1-8B"), engine=VLLM, longest_tokens=4000
    )
    ranked = ranked_by_estimate(found, load=LOAD, slo=Slo())
    first = [one.configuration.deployment.gpu.name for one in ranked[:3]]
    assert len(set(first)) == 3
    assert len(ranked) == len({one.configuration.name for one in ranked}) == len(found)
    estimates = [one.usd_per_hour for one in ranked[:3]]
    assert estimates == sorted(estimates)


def test_the_cheapest_fleet_comes_first_and_dear_ones_are_not_replayed(
    round_one: Deployment, arriving: Arriving
) -> None:
    cheap = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    same_but_dear = ServingConfiguration(
        deployment=msgspec.structs.replace(
            round_one, gpu=msgspec.structs.replace(round_one.gpu, name="R2-100GB")
        ),
        usd_per_hour=3.0,
    )
    very_dear = msgspec.structs.replace(
        same_but_dear,
        deployment=msgspec.structs.replace(
            round_one, gpu=msgspec.structs.replace(round_one.gpu, name="R3-100GB")
        ),
        usd_per_hour=300.0,
    )
    requests = arriving(*[(turn / 16, 1000, 200) for turn in range(120)])
    slo = Slo(ttft_ms=2000.0, tpot_ms=100.0)
    fleets = cheapest_fleets(
        requests, candidates=(very_dear, same_but_dear, cheap), load=LOAD, slo=slo, checkpoint=never_stop
    )
    assert [fleet.configuration.usd_per_hour for fleet in fleets] == [2.0, 3.0]
    assert fleets[0].usd_per_hour == fleets[0].gpus * 2.0
    fewest, most = sizes_of(requests, hosting=fleets[0], slo=slo, checkpoint=never_stop)
    tails = fleets[0].tails
    assert most is not None
    assert fewest <= fleets[0].fleet.replicas <= most
    assert tails.ttft_ms_p99[0] < fleets[0].fleet.replayed.ttft_ms(99) < tails.ttft_ms_p99[1]
    assert tails.tpot_ms_p99[0] < tails.tpot_ms_p99[1]


def test_limits_nothing_keeps_find_no_fleet_and_slow_steps_may_have_none(
    round_one: Deployment, arriving: Arriving
) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    requests = arriving((0.0, 1000, 20))
    none = cheapest_fleets(
        requests, candidates=(one,), load=LOAD, slo=Slo(ttft_ms=10.0), checkpoint=never_stop
    )
    assert none == ()
    slo = Slo(ttft_ms=230.0)  # 204 ms alone, 244 ms with slow steps
    (found,) = cheapest_fleets(requests, candidates=(one,), load=LOAD, slo=slo, checkpoint=never_stop)
    assert sizes_of(requests, hosting=found, slo=slo, checkpoint=never_stop) == (1, None)


EVEN = Sizing(balancing=Balancing.ROUND_ROBIN)


def test_a_fleet_is_sized_with_slow_steps(round_one: Deployment, arriving: Arriving) -> None:
    # 60 prompts of 2,048 tokens at once, 0.415 s each: 4 a replica within 1.8 s, 5 when fast, 3 when slow
    requests = arriving(*[(0.0, 2048, 1)] * 60)
    slo = Slo(ttft_ms=1800.0)
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    (found,) = cheapest_fleets(
        requests, candidates=(one,), load=LOAD, slo=slo, checkpoint=never_stop, sizing=EVEN
    )
    assert found.fleet.replicas == found.needed == 20
    assert found.tails.holds_when_slow
    assert sizes_of(requests, hosting=found, slo=slo, checkpoint=never_stop) == (12, 20)


def test_random_balancing_needs_more_and_then_holds_in_every_draw(
    round_one: Deployment, arriving: Arriving
) -> None:
    requests = arriving(*[(0.02 * number, 1000, 20) for number in range(600)])
    slo = Slo(ttft_ms=1200.0)
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)

    def sized(sizing: Sizing | None) -> Hosting:
        (found,) = cheapest_fleets(
            requests, candidates=(one,), load=LOAD, slo=slo, checkpoint=never_stop, sizing=sizing
        )
        return found

    even, safe = sized(EVEN), sized(None)
    assert safe.fleet.replicas > even.fleet.replicas
    assert safe.holding_share == 1.0
    share = holding_share(
        requests, deployment=round_one, replicas=even.needed, batching=even.batching, slo=slo
    )
    assert even.holding_share == share < 0.5


def test_spare_replicas_are_paid_and_not_relied_on(round_one: Deployment, arriving: Arriving) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    spared, bare = (
        cheapest_fleets(
            arriving((0.0, 1000, 20)),
            candidates=(one,),
            load=LOAD,
            slo=Slo(),
            checkpoint=never_stop,
            sizing=Sizing(spare=spare),
        )[0]
        for spare in (1, 0)
    )
    assert (spared.needed, spared.fleet.replicas, spared.usd_per_hour) == (1, 2, 4.0)
    assert spared.tails == bare.tails


def test_shorter_steps_are_used_where_they_need_fewer_replicas(
    named: Callable[..., Deployment], arriving: Arriving
) -> None:
    h100 = named("H100", "Llama-3.1-8B", precision="fp8")
    one = ServingConfiguration(deployment=h100, usd_per_hour=3.0)
    # one short chat among prompts of 8,000 tokens: whole prompts stretch its tokens
    requests = arriving(*[(0.3 * number, 8000 if number % 2 else 50, 60) for number in range(200)])
    slo = Slo(ttft_ms=4000.0, tpot_ms=40.0)
    (found,) = cheapest_fleets(requests, candidates=(one,), load=LOAD, slo=slo, checkpoint=never_stop)
    assert found.batching.step_tokens in {2048, 8192}
    own = smallest_fleet(
        requests,
        deployment=h100,
        slo=slo,
        slowdown=1.2,
        balancing=Balancing.RANDOM,
        batching=default_batching(h100.gpu),
        checkpoint=never_stop,
    )
    assert own is None or found.needed <= own.replicas + 1


def test_step_times_are_narrower_where_they_were_measured(named: Callable[..., Deployment]) -> None:
    measured = step_bounds(named("H200", "Llama-3.1-70B", tp=2, precision="fp8"))
    dense = step_bounds(named("L40S", "Llama-3.1-8B", precision="fp8"))
    mixture = step_bounds(named("H200", "Mixtral-8x7B", tp=2, precision="fp8"))
    assert mixture[0] < dense[0] < measured[0] < 1.0 < measured[1] < dense[1] < mixture[1]


def test_a_fleet_that_would_have_to_be_too_large_is_left_out(
    round_one: Deployment, arriving: Arriving
) -> None:
    one = ServingConfiguration(deployment=round_one, usd_per_hour=2.0)
    calls = arriving(*[(0.0, 2000, 1)] * 1030)
    slo = Slo(ttft_ms=450.0)
    found = cheapest_fleets(calls, candidates=(one,), load=LOAD, slo=slo, checkpoint=never_stop)
    assert found == ()


def test_the_stand_in_is_what_was_asked_the_same_model_or_one_of_its_price() -> None:
    def choose(label: str, usd: float, *asked: str) -> tuple[str, bool]:
        found = stand_in_for(label, usd_per_output_token=usd, asked=asked, hardware=HARDWARE)
        assert found is not None
        assert found.reason
        return found.model.name, found.is_same

    assert choose("gpt-4o", 10e-6) == ("Llama-3.1-70B", False)
    assert choose("gpt-4o-mini", 0.6e-6) == ("Llama-3.1-8B", False)
    assert choose("o1-pro", 600e-6) == ("Llama-3.1-405B", False)
    assert choose("meta-llama/Llama-3.1-8B-Instruct", 1e-6) == ("Llama-3.1-8B", True)
    assert choose("gpt-4o", 10e-6, "gpt-5", "Qwen3-32B") == ("Qwen3-32B", False)
    assert choose("qwen3-32b", 10e-6, "Qwen3-32B") == ("Qwen3-32B", True)


def test_an_empty_catalogue_has_no_stand_in() -> None:
    none = Hardware(gpus=(), models=())
    assert stand_in_for("gpt-4o", usd_per_output_token=1e-5, asked=(), hardware=none) is None


def test_prices_are_dated() -> None:
    assert {one.price_as_of for one in HARDWARE.priced_gpus()} == {date(2026, 10, 1)}
