"""What-if, against numbers worked out by hand, and fleets tried on the real arrivals."""

from collections.abc import Callable
from typing import Any

import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.what_if.simulate import Proposal, Simulated, simulate
from netra.domain.workloads.columns import empty_events
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]


def tried(study: Study, **proposal: Any) -> Simulated:
    return simulate(study, Proposal(**proposal))


def test_no_change_changes_nothing(study: Make, call: Call) -> None:
    found = tried(study([call(latency_ms=5.0)]))
    assert (found.then_usd_in_window, found.cost_change, found.steps) == (found.now_usd_in_window, "0%", ())
    assert found.latency_then == found.latency_now


def test_another_model_prices_the_same_tokens(study: Make, call: Call, tariff: Price) -> None:
    found = tried(study([call()], candidates=[tariff("small", usd=0.25e-6)]), model="Small")
    assert found.then_usd_in_window == pytest.approx(0.25 * 1.4e-3)
    assert found.cost_change == "-75%"
    assert found.latency_then is None


def test_calls_that_do_not_fit_the_model_are_counted_and_stay(study: Make, call: Call, tariff: Price) -> None:
    small = tariff("small", usd=0.25e-6, context_window_tokens=1500)
    found = tried(study([call(), call(1, tokens=(2000, 100))], candidates=[small]), model="small")
    assert found.calls_that_do_not_fit == 1
    assert found.then_usd_in_window == pytest.approx(0.25 * 1.4e-3 + 2.4e-3)


def test_an_unknown_model_is_refused(study: Make, call: Call) -> None:
    with pytest.raises(ValidationFailed, match="gpt-99"):
        tried(study([call()]), model="gpt-99")


def prompts(call: Call) -> list[Event]:
    return [call(n * 100.0, tokens=(512, 0), prefix_hashes=[7]) for n in range(5)]


def test_the_cache_is_replayed_at_the_time_to_live_asked(study: Make, call: Call, tariff: Price) -> None:
    log = study(prompts(call), tariff())
    assert tried(log, cache=True).then_usd_in_window == pytest.approx(512e-6 * (1 + 4 * 0.1))
    assert tried(log, cache_ttl_s=50).then_usd_in_window == pytest.approx(5 * 512e-6)


def test_a_retry_hits_nothing_that_was_refused_before_it(study: Make, call: Call, tariff: Price) -> None:
    tries = [(1000.0 * n + later, status) for n in range(5) for later, status in ((0, "429"), (10, "200"))]
    calls = [
        call(at, tokens=(512, 0), prefix_hashes=[n // 2], status=status)
        for n, (at, status) in enumerate(tries)
    ]
    found = tried(study(calls, tariff(cache_write=Rate(usd_per_token=2e-6))), cache=True)
    assert found.then_usd_in_window - found.now_usd_in_window == pytest.approx(
        4 * 512 * 1e-6
    )  # not the first, which fills it


def test_the_cache_is_turned_off(study: Make, call: Call, tariff: Price) -> None:
    priced = tariff(cache_write=Rate(usd_per_token=2e-6))
    log = study([call(tokens=(1000, 0), cache_write_tokens=1000)], priced)
    assert tried(log, cache=False).steps[0].saved_usd_in_window == pytest.approx(1e-3)


def test_a_model_without_a_price_of_cached_input_is_left_and_named(
    study: Make, call: Call, tariff: Price
) -> None:
    found = tried(study(prompts(call), tariff(cached_input=None)), cache=True)
    assert found.then_usd_in_window == found.now_usd_in_window
    assert "big has no known price of cached input" in found.steps[0].notes[0]


def test_a_cache_without_prefixes_cannot_be_replayed(study: Make, call: Call) -> None:
    with pytest.raises(ValidationFailed, match="prefix_hashes"):
        tried(study([call()]), cache=True)


def test_a_share_of_the_calls_goes_in_batches(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(n) for n in range(10)], tariff(batch=tariff(usd=0.5e-6)))
    assert tried(log, batch_share=0.3).then_usd_in_window == pytest.approx(1.4e-3 * (7 + 1.5))
    assert "no known batch price" in tried(study([call()]), batch_share=1.0).steps[0].notes[0]


def test_a_cap_cuts_and_says_how_many(study: Make, call: Call) -> None:
    found = tried(study([call(tokens=(0, 100)), call(1, tokens=(0, 300))]), max_output_tokens=200)
    assert found.then_usd_in_window == pytest.approx(300 * 4e-6)
    assert found.truncated_share == 0.5


def test_steps_are_priced_one_on_top_of_the_other(study: Make, call: Call, tariff: Price) -> None:
    log = study([call(tokens=(0, 300))], tariff(), candidates=[tariff("small", usd=0.5e-6)])
    found = tried(log, model="small", max_output_tokens=200)
    assert [step.kind for step in found.steps] == ["output_length", "right_sizing"]
    assert [step.saved_usd_in_window for step in found.steps] == pytest.approx([4e-4, 4e-4])


def test_an_empty_log_simulates_to_nothing(study: Make) -> None:
    found = tried(study(empty_events()), max_output_tokens=5)
    assert (found.calls, found.truncated_share, found.cost_change) == (0, 0.0, "0%")


@pytest.fixture(scope="module")
def steady(study: Make, call: Call, tariff: Price) -> Study:
    llama = tariff("Llama-3.1-8B", usd=1e-5)
    return study([call(n, "Llama-3.1-8B") for n in range(120)], llama, hardware=HARDWARE)


def test_a_fleet_is_replayed_and_paid_by_the_hour(steady: Study) -> None:
    found = tried(steady, gpu="H100-SXM-80GB", replicas=2)
    assert found.fleet is not None
    assert found.latency_then is not None
    price = HARDWARE.find_gpu("H100-SXM-80GB")
    assert price is not None
    assert found.fleet.replicas == 2
    hours = 119 / 3600
    each = found.fleet.gpus_per_replica * (price.usd_per_gpu_hour or 0.0)
    assert found.then_usd_in_window == pytest.approx(2 * each * hours)
    assert found.fleet.keeps_limits is True
    assert found.latency_then.ttft_ms_p99 > 0


def test_without_a_number_the_fewest_replicas_that_keep_the_limits_are_found(steady: Study) -> None:
    found = tried(steady, gpu="H100-SXM-80GB")
    assert found.fleet is not None
    assert found.fleet.replicas == 1


def test_another_open_model_can_be_hosted(steady: Study) -> None:
    found = tried(steady, gpu="H100-SXM-80GB", hosted_model="Llama-3.1-70B", gpus_per_replica=4, replicas=1)
    assert found.fleet is not None
    assert (found.fleet.model, found.fleet.gpus_per_replica) == ("Llama-3.1-70B", 4)


def test_a_mixture_of_experts_is_sized_with_a_wider_interval(steady: Study) -> None:
    found = tried(steady, gpu="H100-SXM-80GB", hosted_model="Mixtral-8x7B", gpus_per_replica=2, replicas=1)
    assert found.latency_then is not None
    fast, slow = found.latency_then.tpot_ms_p99_range
    assert slow / fast == pytest.approx(1.31 / 0.73, rel=0.05)
    assert any("is a mixture of experts (" in note for note in found.steps[0].notes)


@pytest.mark.parametrize(
    ("proposal", "path"),
    [
        ({"gpu": "TPU-v9"}, "gpu"),
        ({"gpu": "H100-SXM-80GB", "gpus_per_replica": 5}, "gpus_per_replica"),
        ({"gpu": "H100-SXM-80GB", "hosted_model": "Llama-99"}, "hosted_model"),
        ({"gpu": "L4-24GB", "hosted_model": "Llama-3.1-405B"}, "gpu"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused(steady: Study, proposal: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        tried(steady, **proposal)
    assert refusal.value.faults[0].path == path


def test_limits_that_no_fleet_keeps_are_refused(study: Make, call: Call, tariff: Price) -> None:
    calls = [call(n, "Llama-3.1-8B") for n in range(120)]
    log = study(
        calls,
        tariff("Llama-3.1-8B", usd=1e-5),
        hardware=HARDWARE,
        goals=Goals(ttft_ms_p99=0.001, tpot_ms_p99=0.001),
    )
    with pytest.raises(ValidationFailed, match="No number of replicas"):
        tried(log, gpu="H100-SXM-80GB")


def test_limits_are_of_the_proposal_and_the_fleets_that_hold_are_named(steady: Study) -> None:
    found = tried(steady, gpu="L40S", replicas=1, ttft_ms=1.0, tpot_ms=50.0)
    assert found.fleet is not None
    assert (found.fleet.ttft_limit_ms_p99, found.fleet.tpot_limit_ms_p99) == (1.0, 50.0)
    assert not found.fleet.keeps_limits
    assert not found.fleet.keeps_limits_when_slow
    assert found.fleet.replicas_that_keep_limits is None  # one prompt takes longer
    assert found.fleet.slow_replays_holding == 0.0
    kept = tried(steady, gpu="L40S", replicas=3, ttft_ms=1000.0, tpot_ms=100.0, latency_ms=30_000.0)
    assert kept.fleet is not None
    assert kept.fleet.keeps_limits
    assert kept.fleet.latency_limit_ms_p99 == 30_000.0
    assert kept.fleet.replicas_that_keep_limits <= 3
    assert kept.fleet.slow_replays_holding == 1.0


def test_limits_hold_at_the_percentile_that_is_asked(steady: Study) -> None:
    median = tried(steady, gpu="L40S", replicas=1, percentile=50.0, balancing=Balancing.ROUND_ROBIN)
    assert median.fleet is not None
    assert (median.fleet.percentile, median.fleet.balancing) == (50.0, "round_robin")


def test_spare_replicas_are_in_the_price(steady: Study) -> None:
    bare, spared = (tried(steady, gpu="H100-SXM-80GB", replicas=2, spare=spare) for spare in (0, 1))
    assert spared.then_usd_in_window == pytest.approx(1.5 * bare.then_usd_in_window)
    assert spared.fleet is not None
    assert (spared.fleet.replicas, spared.fleet.spare_replicas) == (3, 1)
