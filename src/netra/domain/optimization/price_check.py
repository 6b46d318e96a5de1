"""Compares a computed bill with per-request list prices and with the logged costs."""

from datetime import date
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.invoice import invoice_of
from netra.domain.optimization.price_list import PriceList, unpriced_labels
from netra.domain.optimization.pricing import costs_usd
from netra.domain.workloads.columns import Events, Floats, instant_of

ALLOWED_SHARE: Final = 1e-4  # 0.01 %
WORST_MAX: Final = 5
GROUPS_MAX: Final = 50  # groups of calls in the comparison with the costs


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """One call whose two prices differ."""

    event: str
    model: str | None
    bill_usd: float
    listed_usd: float


class CostCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The costs that the log has, in US dollars, against the list prices of the same calls."""

    rows: int  # calls with a cost and a known price
    cost_usd: float
    list_usd: float
    ratio: float | None  # None: their list price is nothing
    reserved_rows: int  # of them, those that cost nothing though they have a list price
    rows_without_price: int  # calls with a cost and no known price
    by_group: tuple["GroupCost", ...]  # by model, tier and day, the largest difference first


class GroupCost(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one model, service tier and UTC day."""

    model: str | None
    service_tier: str | None
    day: date
    rows: int
    cost_usd: float
    list_usd: float


class PriceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The bill against the list, over the calls that have both."""

    rows: int
    rows_compared: int
    models_unpriced: tuple[str, ...]
    bill_usd: float
    listed_usd: float
    bill_error: float  # |bill - list| / list; 0.0 if both are zero
    row_error_max: float  # the largest relative difference of a single call
    agrees: bool  # the bill and every call agree within 0.01 %
    worst: tuple[Disagreement, ...]
    costs: CostCheck | None = None  # None: the log has no costs in US dollars


def price_check(events: Events, prices: PriceList, *, listed_usd: Floats) -> PriceCheck:
    """Compare the bill of `events` with `listed_usd`, NaN where no price is listed."""
    computed_usd = costs_usd(events, prices)
    compared = np.flatnonzero(~np.isnan(computed_usd) & ~np.isnan(listed_usd))
    ours, theirs = computed_usd[compared], listed_usd[compared]
    errors = _shares(ours, theirs)
    bill_error = float(_shares(np.array([ours.sum()]), np.array([theirs.sum()]))[0])
    row_error_max = float(errors.max()) if len(errors) else 0.0
    worst = [int(place) for place in np.argsort(-errors, kind="stable")[:WORST_MAX] if errors[place] > 0]
    return PriceCheck(
        rows=len(events),
        rows_compared=len(compared),
        models_unpriced=unpriced_labels(events, prices),
        bill_usd=float(ours.sum()),
        listed_usd=float(theirs.sum()),
        bill_error=bill_error,
        row_error_max=row_error_max,
        agrees=len(compared) > 0 and max(bill_error, row_error_max) <= ALLOWED_SHARE,
        worst=tuple(
            Disagreement(
                event=events.name_of(int(compared[place])),
                model=events.model.of(int(compared[place])),
                bill_usd=float(ours[place]),
                listed_usd=float(theirs[place]),
            )
            for place in worst
        ),
        costs=_costs(events, computed_usd),
    )


def _costs(events: Events, listed_usd: Floats) -> CostCheck | None:
    """Return how the logged costs compare with the list prices of their calls."""
    invoice = invoice_of(events, listed_usd)
    has_cost = ~np.isnan(invoice.cost_usd)
    if not has_cost.any():
        return None
    both = np.flatnonzero(has_cost & ~np.isnan(listed_usd))
    cost, listed = float(invoice.cost_usd[both].sum()), float(listed_usd[both].sum())
    return CostCheck(
        rows=len(both),
        cost_usd=cost,
        list_usd=listed,
        ratio=cost / listed if listed else None,
        reserved_rows=int(invoice.is_reserved.sum()),
        rows_without_price=int((has_cost & np.isnan(listed_usd)).sum()),
        by_group=_by_group(events, both, cost_usd=invoice.cost_usd, listed_usd=listed_usd),
    )


def _by_group(
    events: Events, places: npt.NDArray[np.intp], *, cost_usd: Floats, listed_usd: Floats
) -> tuple[GroupCost, ...]:
    groups: dict[tuple[str | None, str | None, date], list[int]] = {}
    for place in places.tolist():
        tier = None if events.service_tier is None else events.service_tier.of(place)
        day = instant_of(int(events.at_ns[place])).date()
        groups.setdefault((events.model.of(place), tier, day), []).append(place)
    found = [
        GroupCost(
            model=model,
            service_tier=tier,
            day=day,
            rows=len(rows),
            cost_usd=float(cost_usd[rows].sum()),
            list_usd=float(listed_usd[rows].sum()),
        )
        for (model, tier, day), rows in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.cost_usd - one.list_usd))[:GROUPS_MAX])


def evenly(events: Events, *, at_most: int) -> Events:
    """Return at most `at_most` events, evenly spaced over the log; all of a shorter log."""
    if len(events) <= at_most:
        return events
    return events.take(np.linspace(0, len(events) - 1, at_most).astype(np.intp))


def _shares(ours: Floats, theirs: Floats) -> Floats:
    """Return |ours - theirs| over theirs; infinite where only theirs is zero, 0.0 where both are."""
    difference: Floats = np.abs(ours - theirs)
    share: Floats = np.divide(difference, theirs, out=np.full(len(ours), np.inf), where=theirs > 0)
    return np.where(difference == 0, 0.0, share)
