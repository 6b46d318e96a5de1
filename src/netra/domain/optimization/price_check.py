"""Compares a computed bill with per-request list prices."""

from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.pricing import PriceList, costs_usd, unpriced_labels
from netra.domain.workloads.columns import Events, Floats

ALLOWED_SHARE: Final = 1e-4  # 0.01 %
WORST_MAX: Final = 5


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """One call whose two prices differ."""

    event: str
    model: str | None
    bill_usd: float
    listed_usd: float


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
    )


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
