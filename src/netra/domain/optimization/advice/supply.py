"""The supply configuration: what the plan comes to, in settings that can be used as they stand.

Sections: `routes` (from the log's model to model, provider and interface, with shares), `route_rules`,
`caching`, `batch`, `output_caps`, `retries`, `deduplication`, `serving` (flags and replicas for own
GPUs), `autoscaling`, `rate_limits`; and, apart under `after_evaluation`, what only an evaluation may
switch on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from netra.domain.optimization.analysers.model import Finding, Stance, Study
from netra.domain.optimization.composition import Composition
from netra.domain.optimization.traffic import Traffic, call_usd

INTERFACES: Final = ("standard", "batch", "hosted")


def supply_config(study: Study, composition: Composition) -> Mapping[str, Any]:
    """Return the settings of the plan, and those that wait for an evaluation."""
    planned = [worth.finding for worth in composition.plan]
    others = [worth.finding for worth in composition.others]
    config = _merged([*planned, *(f for f in others if f.stance in {Stance.INFORM, Stance.AVOID})])
    rules = config.pop("routes", [])
    later = _merged([finding for finding in others if finding.stance is Stance.EVALUATE])
    return {
        "routes": routes(study, composition.planned),
        **({"route_rules": rules} if rules else {}),
        **config,
        **({"after_evaluation": later} if later else {}),
    }


def routes(study: Study, traffic: Traffic) -> list[Mapping[str, Any]]:
    """Return where the calls of each model of the log go, largest share of the calls still made first.

    Those are the recurring ones: what was refused goes nowhere, and what was before a change is over.
    """
    made = np.flatnonzero(traffic.kept & study.recurring)
    usd = call_usd(traffic)[made]
    interface = np.where(traffic.hosted, 2, traffic.batched.astype(np.int64))[made]
    labels = study.events.model
    tariffs = len(traffic.tariffs) + 1
    cells = (labels.codes[made].astype(np.int64) * tariffs + traffic.tariff[made] + 1) * 3 + interface
    found: list[Mapping[str, Any]] = []
    used, place, counts = np.unique(cells, return_inverse=True, return_counts=True)
    sums_usd = np.bincount(place, weights=usd, minlength=len(used))
    cell_list: list[int] = used.tolist()
    for cell, calls, cell_usd in zip(cell_list, counts.tolist(), sums_usd.tolist(), strict=True):
        label, tariff = cell // 3 // tariffs, cell // 3 % tariffs - 1
        to = traffic.tariffs[tariff] if tariff >= 0 else None
        found.append(
            {
                "from": labels.names[label],
                "model": labels.names[label] if to is None else to.model,
                "provider": None if to is None else to.provider,
                "interface": INTERFACES[cell % 3],
                "calls": calls,
                "share": calls / len(cells),
                "usd_in_window": cell_usd,
            }
        )
    return sorted(
        found, key=lambda route: (-route["calls"], route["from"], route["model"], route["interface"])
    )


def _merged(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings' own parts, lists joined and sections laid over one another."""
    config: dict[str, Any] = {}
    for finding in findings:
        for section, part in finding.supply.items():
            present = config.get(section)
            if isinstance(part, list) and isinstance(present, list):
                config[section] = [*present, *part]
            elif isinstance(part, Mapping) and isinstance(present, Mapping):
                config[section] = {**present, **part}
            else:
                config[section] = part
    return config
