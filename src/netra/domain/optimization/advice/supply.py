"""Builds the supply configuration: the plan as ready-to-use settings."""

from collections.abc import Iterable
from typing import Final

import numpy as np
from msgspec import UNSET

from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.composition import Composition
from netra.domain.optimization.model import Stance
from netra.domain.optimization.supply_config import (
    NO_SETTINGS,
    NOTHING_TO_SUPPLY,
    Interface,
    Route,
    SupplyConfig,
    SupplySettings,
)
from netra.domain.optimization.traffic import Traffic, call_usd

INTERFACES: Final[tuple[Interface, ...]] = ("standard", "batch", "hosted")


def supply_config(study: Study, composition: Composition) -> SupplyConfig:
    """Return the settings of the plan, and those that await an evaluation; empty for an empty log."""
    if not len(study.events):
        return NOTHING_TO_SUPPLY
    planned = [worth.finding for worth in composition.plan]
    others = [worth.finding for worth in composition.others]
    now = _merged([*planned, *(f for f in others if f.stance in {Stance.INFORM, Stance.AVOID})])
    later = _merged(finding for finding in others if finding.stance is Stance.EVALUATE)
    return SupplyConfig(
        routes=routes(study, composition.planned),
        route_rules=now.route_rules,
        retries=now.retries,
        deduplication=now.deduplication,
        caching=now.caching,
        batch=now.batch,
        output_caps=now.output_caps,
        serving=now.serving,
        autoscaling=now.autoscaling,
        rate_limits=now.rate_limits,
        queue=now.queue,
        after_evaluation=UNSET if later == NO_SETTINGS else later,
    )


def routes(study: Study, traffic: Traffic) -> tuple[Route, ...]:
    """Return the target of each logged model's calls, largest share first.

    Counts only recurring calls: not those refused, nor those before the change in question.
    """
    made = np.flatnonzero(traffic.kept & study.recurring)
    usd = call_usd(traffic)[made]
    interface = np.where(traffic.hosted, 2, traffic.batched.astype(np.int64))[made]
    labels = study.events.model
    tariffs = len(traffic.tariffs) + 1
    cells = (labels.codes[made].astype(np.int64) * tariffs + traffic.tariff[made] + 1) * 3 + interface
    found: list[Route] = []
    used, counts = np.unique(cells, return_counts=True)
    by_cell = np.split(usd[np.argsort(cells, kind="stable")], np.cumsum(counts)[:-1])
    cell_list: list[int] = used.tolist()
    for cell, calls, cell_usd in zip(cell_list, counts.tolist(), by_cell, strict=True):
        label, tariff = cell // 3 // tariffs, cell // 3 % tariffs - 1
        to = traffic.tariffs[tariff] if tariff >= 0 else None
        found.append(
            Route(
                from_model=labels.names[label],
                model=labels.names[label] if to is None else to.model,
                provider=None if to is None else to.provider,
                interface=INTERFACES[cell % 3],
                calls=calls,
                share=calls / len(cells),
                usd_in_window=float(cell_usd.sum()),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.calls, one.from_model, one.model, one.interface)))


def _merged(findings: Iterable[Finding]) -> SupplySettings:
    settings = NO_SETTINGS
    for finding in findings:
        settings = settings.merged(finding.supply)
    return settings
