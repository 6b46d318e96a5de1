"""Instants at which nothing changed: a verdict claims an effect at few of them, however the log drifts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.verdicts.verdict import verdict_of
from netra.domain.workloads.columns import Events, Labels

Make = Callable[..., Study]
CLAIMS = ("worth_it", "not_worth_it")


def drifting(seed: int, *, hours: float, calls: int, turns: int = 0) -> Events:
    """Return calls whose answers' mean length wanders by about a tenth over hours, with nothing changed."""
    rng = np.random.default_rng(seed)
    at_s = np.sort(rng.random(calls)) * hours * 3600
    bins = int(hours * 12) + 1
    level = np.cumsum(rng.normal(0, 0.03, bins))
    tokens_out = rng.lognormal(5 + level[(at_s // 300).astype(int)], 0.8)
    fields: dict[str, Any] = {}
    if turns:
        codes = (np.arange(calls) // turns).astype(np.int32)
        fields["session"] = Labels(codes=codes, names=tuple(map(str, range(int(codes[-1]) + 1))))
    return Events(
        at_ns=(at_s * 1e9).astype(np.int64),
        model=Labels(codes=np.zeros(calls, np.int32), names=("big",)),
        input_tokens=rng.lognormal(7, 0.8, calls).astype(np.int64) + 1,
        output_tokens=tokens_out.astype(np.int64) + 1,
        **fields,
    )


def claims(study: Study, instants: int) -> int:
    """Return at how many instants of the middle eight tenths a verdict claims an effect."""
    events = study.events
    groups = Labels(codes=np.zeros(len(events), np.int32), names=("all",))
    found = [
        verdict_of(events, study.traffic, study.now_usd, groups=groups, change_ns=int(at_ns)).change.ruling
        for at_ns in np.quantile(events.at_ns, np.linspace(0.1, 0.9, instants))
    ]
    return sum(ruling in CLAIMS for ruling in found)


def test_of_40_instants_of_a_drifting_hour_at_most_two_claim_an_effect(study: Make) -> None:
    assert claims(study(drifting(1, hours=1, calls=5_000)), 40) <= 2


def test_of_20_instants_of_each_of_six_hours_of_sessions_at_most_a_tenth_claim_an_effect(study: Make) -> None:
    found = [claims(study(drifting(seed, hours=1, calls=5_000, turns=5)), 20) for seed in range(6)]
    assert sum(found) <= 12


@pytest.mark.parametrize("turns", [0, 5])
def test_one_instant_of_each_of_60_drifting_days_claims_an_effect_in_at_most_a_tenth(
    study: Make, turns: int
) -> None:
    found = [claims(study(drifting(seed, hours=30, calls=2_000, turns=turns)), 1) for seed in range(60)]
    assert sum(found) <= 6
