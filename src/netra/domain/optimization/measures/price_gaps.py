"""Find the parts of a log without a known price: models, tiers, charges, regions and commitments."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.measures.reserved import reserved_calls
from netra.domain.optimization.model import Gap
from netra.domain.optimization.own_fleet import unpriced_calls
from netra.domain.optimization.price_list import unpriced_labels
from netra.domain.optimization.tariff import is_global
from netra.domain.optimization.traffic import UNPRICED
from netra.domain.optimization.wording import count, listed, money
from netra.domain.workloads.mappings import charges_of

KIND: Final = "prices"
REGIONAL_PROVIDERS: Final = frozenset(
    ("azure", "google")
)  # whose regional prices differ, by a factor not known here


def price_gaps(study: Study) -> tuple[Gap, ...]:
    """Return the parts of the log without a known price, and the data that would price them."""
    found = (_models(study), _charges(study), _regions(study), _commitment(study))
    return tuple(gap for gap in found if gap is not None)


def _models(study: Study) -> Gap | None:
    where = unpriced_calls(study.traffic)
    labels = unpriced_labels(study.bought, study.prices)
    if not labels:
        return None
    calls = int(where.sum())
    meant = [
        f"{label} may be {' or '.join(names)}" for label, names in study.prices.suggestions.items() if names
    ]
    return Gap(
        kind=KIND,
        missing=tuple(f"a price of {label}" for label in labels),
        reason=(
            f"{count(calls, 'call')} went to models or service tiers that are in no price book; their list "
            "price is not in the bill." + (f" {listed(meant)}." if meant else "")
        ),
        would_add=(
            "The cost of these calls: name the model they should be priced as, or add its prices. Tokens of "
            "sound, images and video are never priced as text."
        ),
    )


def _charges(study: Study) -> Gap | None:
    unknown = _unknown_charges(study)
    if not unknown:
        return None
    names = [f"{name} ({amount:,.0f})" for name, amount in unknown.items()]
    return Gap(
        kind=KIND,
        missing=tuple(f"a price of {name}" for name in unknown),
        reason=f"The log counts charges beside tokens whose price is not known: {listed(names)}.",
        would_add="What these charges cost; without it they are in no number here.",
    )


def _unknown_charges(study: Study) -> Mapping[str, float]:
    """Return the counts of charges without a price, by name, the most frequent first."""
    charges, traffic = study.events.charges, study.traffic
    if charges is None:
        return {}
    found: dict[str, float] = {}
    cells = np.stack([traffic.tariff, charges.codes])[:, charges.codes >= 0]
    pairs, calls = np.unique(cells, axis=1, return_counts=True)
    met: list[list[int]] = pairs.T.tolist()
    for (code, name), number in zip(met, calls.tolist(), strict=True):
        tariff = None if code == UNPRICED else traffic.tariffs[code]
        for kind, amount in charges_of(charges.names[name]).items():
            if tariff is None or tariff.charge_usd(kind) is None:
                found[kind] = found.get(kind, 0.0) + amount * number
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _regions(study: Study) -> Gap | None:
    regions, traffic = study.events.region, study.traffic
    if regions is None:
        return None
    is_somewhere = np.array([not is_global(name) for name in regions.names] + [False])[regions.codes]
    open_ = np.array(
        [tariff.provider in REGIONAL_PROVIDERS and not tariff.regional for tariff in traffic.tariffs]
        + [False]
    )
    where = is_somewhere & open_[traffic.tariff]
    if not where.any():
        return None
    codes: list[int] = np.unique(traffic.tariff[where]).tolist()
    models = sorted({traffic.tariffs[code].model for code in codes})
    return Gap(
        kind=KIND,
        missing=tuple(f"a regional price of {model}" for model in models),
        reason=f"{count(int(where.sum()), 'call')} were processed in a region whose price is not known.",
        would_add="What the region adds: these calls are billed at the global price.",
    )


def _commitment(study: Study) -> Gap | None:
    reserved = reserved_calls(study)
    if not reserved.where.any():
        return None
    calls, usd = count(int(reserved.where.sum()), "call"), money(reserved.list_usd)
    return Gap(
        kind=KIND,
        missing=("the cost of the reserved capacity",),
        reason=(
            f"{calls} cost nothing by the token; at list prices they are {usd}. "
            "Capacity that is paid for otherwise served them."
        ),
        would_add="Whether the commitment is worth its cost; saving tokens on it saves nothing by itself.",
    )
