"""Three questions about GPUs over every door, each checked against a replay or a sum made here."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from tests.api.test_nine_questions import BEGIN_S, Advice, Door, Row, ask, of_kind, target

from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.batch_limits import default_batching
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.replay import Replay, Requests, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.sizing import step_bounds
from netra.domain.optimization.performance.weights import weights_key

__all__ = ["ask"]  # the fixture of the three doors

MODEL = "llama-3.1-70b"
AT_A_PROVIDER = {"model": "meta-llama/llama-3.1-70b-instruct", "provider": "openrouter"}
CALLS, EVERY_S, INPUT, OUTPUT = 600, 0.2, 2_000, 200


def calls(*, model: str = MODEL, provider: str = "own") -> list[Row]:
    """Return two minutes of five calls a second."""
    return [
        {
            "timestamp": datetime.fromtimestamp(BEGIN_S + n * EVERY_S, UTC).isoformat(),
            "model": model,
            "provider": provider,
            "input_tokens": INPUT,
            "output_tokens": OUTPUT,
        }
        for n in range(CALLS)
    ]


def by_hand(gpu: str, *, tp: int, replicas: int, is_slow: bool, seed: int = 0) -> Replay:
    """Replay the calls on replicas of a group of GPUs."""
    found, model = HARDWARE.find_gpu(gpu), HARDWARE.find_model(MODEL)
    assert found is not None
    assert model is not None
    deployment = Deployment(gpu=found, model=model, engine=VLLM, tp=tp, precision="fp8")
    return replay(
        Requests(
            arrive_s=np.arange(CALLS) * EVERY_S,
            input_tokens=np.full(CALLS, INPUT),
            output_tokens=np.full(CALLS, OUTPUT),
        ),
        deployment=deployment,
        replicas=replicas,
        batching=default_batching(found),
        balancing=Balancing.RANDOM,
        slowdown=step_bounds(deployment)[1] if is_slow else 1.0,
        seed=seed,
    )


def group_of(advice: Advice) -> tuple[int, dict[str, Any]]:
    """Return the group size and the numbers of the verdict on a fleet."""
    (found,) = of_kind(advice, "gpu_choice")
    inputs = found["inputs"]
    return int(inputs["configuration"].split("x ")[0]), inputs


def test_own_gpus_against_an_api(ask: Door) -> None:
    advice = ask(f"we serve {MODEL} on our own 4x H100, is that cheaper than an API?", calls())
    # four H100s at $2.95 an hour, over the 599 pauses of the log
    rent_usd = 4 * 2.95 * (CALLS - 1) * EVERY_S / 3_600
    offers = GenaiPriceBook().offers(lambda name: weights_key(name) == weights_key(MODEL))
    api_usd = min(
        CALLS * (INPUT * one.input.usd_per_token + OUTPUT * one.output.usd_per_token) for one in offers
    )
    verdict = target(advice, "rent_usd_in_window")
    assert verdict["reached"] == pytest.approx(rent_usd)
    assert verdict["asked"] == pytest.approx(api_usd)
    assert verdict["met"] is (rent_usd <= api_usd)
    assert advice["metrics"]["bill_usd"] == pytest.approx(rent_usd)
    assert advice["metrics"]["billed"]["source"] == "rent"
    assert advice["metrics"]["billed"]["rent"]["gpus"] == 4
    assert advice["metrics"]["requests_unpriced"] == 0
    (own,) = of_kind(advice, "self_hosting")
    seen = by_hand("H100", tp=4, replicas=1, is_slow=False)
    assert own["inputs"]["busy_share"] == pytest.approx(seen.busy_share)


def test_how_many_gpus_for_these_limits(ask: Door) -> None:
    advice = ask("how many H200 for TTFT p99 <= 1 s and TPOT p99 <= 50 ms?", calls(**AT_A_PROVIDER))
    verdict = target(advice, "gpus")
    size, inputs = group_of(advice)
    assert (verdict["asked"], verdict["met"]) == (None, True)
    replicas = int(verdict["reached"]) // size
    enough = [by_hand("H200", tp=size, replicas=replicas, is_slow=True, seed=seed) for seed in range(4)]
    assert all(one.ttft_ms(99) <= 1_000 and one.tpot_ms(99) <= 50 for one in enough)
    assert inputs["tpot_ms_p99_high"] == pytest.approx(enough[0].tpot_ms(99))
    # with one GPU less no group holds in all of 20 draws
    for tp in (1, 2, 4):
        fewer = (int(verdict["reached"]) - 1) // tp
        tried = [
            by_hand("H200", tp=tp, replicas=fewer, is_slow=True, seed=n) for n in range(20 * bool(fewer))
        ]
        assert not tried or any(one.ttft_ms(99) > 1_000 or one.tpot_ms(99) > 50 for one in tried)
    assert (target(advice, "ttft_ms_p99")["met"], target(advice, "tpot_ms_p99")["met"]) == (True, True)


def test_whether_a_number_of_gpus_carries_the_log(ask: Door) -> None:
    advice = ask("do 8 L40S carry this?", calls(**AT_A_PROVIDER))
    verdict = target(advice, "gpus")
    size, inputs = group_of(advice)
    assert verdict["asked"] == 8
    held = [
        one.ttft_ms(99) <= 2_000 and one.tpot_ms(99) <= 100
        for one in (
            by_hand("L40S", tp=size, replicas=8 // size, is_slow=True, seed=seed) for seed in range(20)
        )
    ]
    assert inputs["slow_replays_holding"] == pytest.approx(np.mean(held))
    sure, likely = np.mean(held) >= 0.95, (inputs["modelled_replays_holding"] or 0.0) >= 0.5
    assert verdict["met"] is (True if sure else None if likely else False)
    assert verdict["why"].startswith("8 L40S-48GB")
