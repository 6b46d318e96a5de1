"""Find the calls that reserved capacity served: by a cost of zero, or by the logged tier."""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.pricing import costs_usd
from netra.domain.optimization.tariff import RESERVED
from netra.domain.optimization.traffic import Bools


class ReservedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls on reserved capacity, and their cost by the token at list prices."""

    where: Bools
    list_usd: float


def reserved_calls(study: Study) -> ReservedCalls:
    """Return the calls that no provider charges by the token."""
    by_tier = np.array([tariff.tier == RESERVED for tariff in study.traffic.tariffs] + [False])
    by_tier = by_tier[study.traffic.tariff]
    by_cost = study.invoice.is_reserved
    list_usd = float(study.invoice.listed_usd[by_cost].sum())
    places = np.flatnonzero(by_tier & ~by_cost)
    if len(places):
        standard = msgspec.structs.replace(study.events.take(places), service_tier=None)
        list_usd += float(np.nansum(costs_usd(standard, study.prices)))
    return ReservedCalls(where=by_tier | by_cost, list_usd=list_usd)
