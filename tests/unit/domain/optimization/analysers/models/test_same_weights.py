"""The same open weights at other providers: which names are of them, and what a move saves."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.analysers.hosting.rent import with_own_fleet
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.models import same_weights
from netra.domain.optimization.analysers.models.offers import offers_of
from netra.domain.optimization.composition import worth_alone
from netra.domain.optimization.model import Goals, Stance, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.weights import weights_key
from netra.domain.workloads.columns import columns_of

Make = Callable[..., Any]
OPEN = "Llama-3.1-8B"


def with_offers(study: Study, *offers: Any) -> Study:
    prices = msgspec.structs.replace(study.prices, same_weights={OPEN: offers})
    return msgspec.structs.replace(study, prices=prices)


def hour(call: Make, *, models: Sequence[str] = (OPEN,), **fields: Any) -> Any:
    return columns_of([call(60.0 * n, models[n % len(models)], **fields) for n in range(61)])


def findings(study: Study) -> list[Finding]:
    return [one for one in same_weights.analyse(study, checkpoint=never_stop) if isinstance(one, Finding)]


def test_the_cheapest_provider_of_the_same_weights_is_a_finding(
    study: Make, call: Make, tariff: Make
) -> None:
    asked = with_offers(
        study(hour(call), tariff(OPEN, usd=1e-6), hardware=HARDWARE),
        tariff("llama-3.1-8b-instruct", usd=4e-7, provider="beta"),
        tariff("llama-3.1-8b", usd=7e-7, provider="gamma"),
        tariff("tiny", usd=1e-9, provider="delta", context_window_tokens=1_050),
    )
    (found,) = findings(asked)
    assert found.stance is Stance.EVALUATE
    assert found.inputs.provider == "beta"
    assert [offer.provider for offer in found.inputs.offers] == ["beta", "gamma", "acme"]
    assert found.inputs.providers == 3
    worth = worth_alone(asked, found)
    assert worth.saved_usd == pytest.approx(61 * 1_400 * (1e-6 - 4e-7))
    assert worth.low_usd == 0.0  # until the answers are compared
    assert "60.0 % less, the least of 3 provider prices" in found.impact


@pytest.mark.parametrize("usd", [9.95e-7, 2e-6])
def test_a_provider_that_is_not_cheaper_is_no_finding(
    study: Make, call: Make, tariff: Make, usd: float
) -> None:
    asked = with_offers(
        study(hour(call), tariff(OPEN), hardware=HARDWARE), tariff(OPEN, usd=usd, provider="beta")
    )
    assert findings(asked) == []


def test_closed_models_unpriced_calls_and_own_gpus_are_left_alone(
    study: Make, call: Make, tariff: Make
) -> None:
    cheap = tariff(OPEN, usd=1e-9, provider="beta")
    closed = with_offers(study(hour(call, models=("gpt",)), tariff("gpt"), hardware=HARDWARE), cheap)
    unpriced = with_offers(study(hour(call), tariff("gpt"), hardware=HARDWARE), cheap)
    own = with_own_fleet(
        with_offers(study(hour(call), tariff(OPEN), goals=Goals(served_on="H100"), hardware=HARDWARE), cheap)
    )
    assert [findings(one) for one in (closed, unpriced, own)] == [[], [], []]


def test_without_a_provider_that_takes_the_longest_call_there_is_no_offer(
    study: Make, call: Make, tariff: Make
) -> None:
    small = tariff(OPEN, context_window_tokens=100)
    asked = study(hour(call), small, hardware=HARDWARE)
    assert offers_of(asked, asked.traffic.kept) == ()
    assert findings(asked) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo", "llama-3.1-70b-versatile", True),
        ("openai/gpt-oss-120b", "@cf/openai/gpt-oss-120b", True),
        ("Qwen/Qwen3-235B-A22B", "qwen/qwen3-235b-a22b-2507", False),
        ("mistral-7b-instruct-v0.2", "mistral-7b-instruct-v0.3", False),
        ("Llama-3.1-8B", "Llama-3.1-70B", False),
    ],
)
def test_names_are_of_the_same_weights_by_model_and_version(one: str, other: str, *, same: bool) -> None:
    assert (weights_key(one) == weights_key(other)) is same


def test_an_alias_is_of_no_weights() -> None:
    assert weights_key("mistral-large-latest") == weights_key("-") == ()
