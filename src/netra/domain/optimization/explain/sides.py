"""The calls of both sides, summed by unit, priced as served, at flat prices and at those of before."""

import msgspec
import numpy as np

from netra.domain.optimization.explain.factors import Sums, summed, tokens_and_usd
from netra.domain.optimization.explain.lmdi import Matrix
from netra.domain.optimization.explain.units import Units
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import billed, billed_flat
from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Events, Floats, Ints


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of known cost, and the unit of each."""

    events: Events
    paid_usd: Floats
    listed_usd: Floats  # NaN where a call has a cost and no list price
    unit: Ints

    def take(self, where: Bools) -> "Calls":
        """Return some of the calls."""
        return Calls(
            events=self.events.take(np.flatnonzero(where)),
            paid_usd=self.paid_usd[where],
            listed_usd=self.listed_usd[where],
            unit=self.unit[where],
        )


def sides_of(
    calls: Calls, prices: PriceList, units: Units, *, after: Bools
) -> tuple[tuple[Sums, Sums], tuple[Matrix, Matrix]]:
    """Return what each side comes to, and for each side what pooled units' members made of the average price.

    The latter is 1 before, and after it the average price of its tokens, at the flat prices of the last day
    before, over that of the tokens before; where those were free, 0 before and 1 after.
    """
    size = len(units.pooled_at)
    early, late = calls.take(~after), calls.take(after)
    sums = _sums(early, prices, size=size), _sums(late, prices, size=size)
    last_ns = int(early.events.at_ns.max())
    priced_as_before = billed_flat(late.events, prices, on_day_of_ns=last_ns)
    _, old_usd = tokens_and_usd(priced_as_before, late.unit, size=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        was, then = sums[0].flat_usd / sums[0].tokens, old_usd / sums[1].tokens
        ratio = then / was
    is_pooled = units.pooled_at >= 0
    ratio = np.where(np.isfinite(ratio) & is_pooled, ratio, 1.0)
    return sums, (np.where(is_pooled & (was == 0) & (then > 0), 0.0, 1.0), ratio)


def _sums(calls: Calls, prices: PriceList, *, size: int) -> Sums:
    charged = billed(calls.events, prices)
    tokens, usd = tokens_and_usd(charged, calls.unit, size=size)
    _, flat_usd = tokens_and_usd(billed_flat(calls.events, prices), calls.unit, size=size)
    retry_of = calls.events.retry_of
    is_listed = np.nan_to_num(calls.listed_usd) > 0
    by_call = {
        "attempts": np.ones(len(calls.events)),
        "firsts": np.ones(len(calls.events)) if retry_of is None else (retry_of.codes < 0).astype(np.float64),
        "requests_usd": np.nan_to_num(charged.usd_per_request),
        "charges_usd": np.where(np.isnan(calls.listed_usd), 0.0, charged.charges_usd),
        "paid_usd": np.where(is_listed, calls.paid_usd, 0.0),
        "unlisted_usd": np.where(is_listed, 0.0, calls.paid_usd),
    }
    sums = {name: summed(values, by=calls.unit, size=size) for name, values in by_call.items()}
    return Sums(tokens=tokens, usd=usd, flat_usd=flat_usd, **sums)
