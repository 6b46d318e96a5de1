"""Compare the logged cost of each call with its list price.

Formula: `ratio = sum of cost / sum of list price` over the calls of one model, service tier and UTC day whose
`cost` is logged in US dollars and above zero. A call without a cost is assumed to be paid at its group's
ratio; a cost in another currency is not converted, and its call is priced at list. A call with a list price
and a cost of zero was served by reserved capacity: its ratio is 0.
"""

from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.measures.statuses import unpaid_calls
from netra.domain.workloads.columns import Events, Floats, Ints, places_of

_NS_PER_DAY: Final = 86_400_000_000_000
Bools = npt.NDArray[np.bool_]


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """The dollars of every call as listed and as paid; NaN where neither a price nor a cost is known."""

    listed_usd: Floats  # at the prices of the call's day; NaN where they are unknown
    paid_usd: Floats
    cost_usd: Floats  # as logged, in US dollars; NaN where the log has no cost
    ratio: Floats  # paid for a dollar of list price; 1 where no cost of the group is known
    is_invoiced: Bools  # the price of the call comes from a logged cost, its own or its group's
    is_reserved: Bools  # its cost is zero, though it has a list price

    @property
    def source(self) -> Literal["invoice", "list", "mixed"]:
        """The source of the bill."""
        priced = ~np.isnan(self.paid_usd)
        invoiced = self.is_invoiced & priced
        if not invoiced.any():
            return "list"
        return "invoice" if invoiced[priced].all() else "mixed"

    @property
    def ratio_of_all(self) -> float | None:
        """Return the paid dollars per dollar of list price over the calls with both, or None without any."""
        both = self.is_invoiced & ~np.isnan(self.listed_usd)
        listed = float(self.listed_usd[both].sum())
        return float(self.paid_usd[both].sum()) / listed if listed > 0 else None


def invoice_of(events: Events, listed_usd: Floats) -> Invoice:
    """Return the list price and the paid price of each call."""
    cost_usd = _dollars(events)
    if events.cost is None:
        return _as_listed(listed_usd, cost_usd=cost_usd)
    known = ~np.isnan(cost_usd)
    listed = np.nan_to_num(listed_usd)
    is_reserved = known & (cost_usd == 0) & (listed > 0) & ~unpaid_calls(events)
    counted = known & (np.nan_to_num(cost_usd) > 0) & (listed > 0)
    group = _groups(events)
    size = int(group.max()) + 1 if len(group) else 0
    paid, list_price = (
        np.bincount(group[counted], weights=usd[counted], minlength=size) for usd in (cost_usd, listed)
    )
    by_group = np.divide(paid, list_price, out=np.ones(size), where=list_price > 0)
    is_foreign = ~known & ~np.isnan(events.cost)
    has_ratio = (list_price > 0)[group] & ~is_foreign if size else np.zeros(0, np.bool_)
    ratio = np.where(is_foreign, 1.0, by_group[group] if size else np.zeros(0))
    ratio = np.where(is_reserved, 0.0, ratio)
    return Invoice(
        listed_usd=listed_usd,
        paid_usd=np.where(known, cost_usd, listed_usd * ratio),
        cost_usd=cost_usd,
        ratio=ratio,
        is_invoiced=known | (has_ratio & ~np.isnan(listed_usd)),
        is_reserved=is_reserved,
    )


def _as_listed(listed_usd: Floats, *, cost_usd: Floats) -> Invoice:
    """Return the invoice of a log without costs."""
    nothing = np.zeros(len(listed_usd), np.bool_)
    return Invoice(
        listed_usd=listed_usd,
        paid_usd=listed_usd,
        cost_usd=cost_usd,
        ratio=np.ones(len(listed_usd)),
        is_invoiced=nothing,
        is_reserved=nothing,
    )


def _dollars(events: Events) -> Floats:
    """Return the logged costs in US dollars; other currencies are not converted."""
    if events.cost is None:
        return np.full(len(events), np.nan)
    if events.currency is None:
        return events.cost
    is_usd = np.array(
        [name == "USD" for name in events.currency.names] + [True]
    )  # without a currency: dollars
    return np.where(is_usd[events.currency.codes], events.cost, np.nan)


def _groups(events: Events) -> Ints:
    """Return a number for each model, tier and day."""
    day = events.at_ns // _NS_PER_DAY
    tier = events.service_tier
    days = np.unique(day)
    cells = np.searchsorted(days, day)
    for labels in (events.model, *(() if tier is None else (tier,))):
        size = len(labels.names) + 1
        cells = cells * size + labels.codes % size
    return places_of(cells)[1]
