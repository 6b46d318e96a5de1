"""Small logs and price lists that an analyser's answer can be worked out for by hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Evidence, Goals, Grade, Stance
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.study import study_of
from netra.domain.workloads.columns import Events, columns_of
from netra.domain.workloads.model import Event

NO_HARDWARE = Hardware(gpus=(), models=())
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def make_tariff(model: str = "big", *, usd: float = 1e-6, provider: str = "acme", **changes: Any) -> Tariff:
    """Return a tariff with output at four times and cached input at a tenth of the input's price."""
    made = Tariff(
        model=model,
        provider=provider,
        input=Rate(usd_per_token=usd),
        output=Rate(usd_per_token=4 * usd),
        cached_input=Rate(usd_per_token=usd / 10),
        cache_min_tokens=1,
        cache_granularity_tokens=1,
    )
    return msgspec.structs.replace(made, **changes)


def make_call(
    second: float = 0.0, model: str = "big", tokens: tuple[int, int] = (1000, 100), **fields: Any
) -> Event:
    """Return one call, `second` seconds into the log, with (input, output) tokens."""
    return Event(
        timestamp=BEGIN + timedelta(seconds=second),
        model=model,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        **fields,
    )


def make_study(
    calls: Sequence[Event] | Events,
    *tariffs: Tariff,
    goals: Goals | None = None,
    candidates: Sequence[Tariff] = (),
    hardware: Hardware = NO_HARDWARE,
) -> Study:
    """Return a study of the calls, each label priced as the tariff of that model."""
    return study_of(
        calls if isinstance(calls, Events) else columns_of(calls),
        goals=goals or Goals(),
        prices=PriceList(
            tariffs={tariff.model: tariff for tariff in tariffs or (make_tariff(),)},
            candidates=tuple(candidates),
        ),
        hardware=hardware,
    )


def make_finding(kind: str, **changes: Any) -> Finding:
    """Return a finding that says nothing but what `changes` make it say."""
    said = Finding(
        kind=kind,
        key_parts=KeyParts(lever=kind),
        stance=Stance.DO,
        action=f"do {kind}",
        impact="it helps",
        grade=Grade.EXACT,
        formula="a - b",
        inputs=Inputs(),
        assumptions=(),
        evidence=Evidence(rows=0, of_rows=0, sample_events=()),
        how_to_verify="look",
        effort="low",
        risk="none",
        steps=("do it",),
        roll_back="undo it",
    )
    return msgspec.structs.replace(said, **changes)


@pytest.fixture(scope="session")
def tariff() -> Callable[..., Tariff]:
    return make_tariff


@pytest.fixture(scope="session")
def call() -> Callable[..., Event]:
    return make_call


@pytest.fixture(scope="session")
def study() -> Callable[..., Study]:
    return make_study


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    return make_finding
