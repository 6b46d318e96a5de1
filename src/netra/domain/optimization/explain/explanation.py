"""Why the bill of one period differs from that of another: the effect of each factor, in dollars."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.explain.factors import NAMES, EffectName, Sums, factors_of, summed
from netra.domain.optimization.explain.lmdi import Matrix, effects
from netra.domain.optimization.explain.periods import Period, Periods
from netra.domain.optimization.explain.sides import Calls, sides_of
from netra.domain.optimization.explain.units import KIND, Units, units_of
from netra.domain.optimization.invoice import invoice_of
from netra.domain.optimization.model import Grade
from netra.domain.optimization.price_list import PriceList, unpriced_labels
from netra.domain.optimization.pricing import billed
from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Events, Floats, Ints, Labels, instant_of
from netra.domain.workloads.folding import folded

KINDS_SHOWN: Final = 20  # kinds of call in an answer, those whose bill changed most
SAME_LENGTH: Final = 0.01  # share by which two periods of the same length may differ
UNNAMED: Final = "(none)"  # the kind of calls without a name
_NS_PER_H: Final = 3.6e12

_NEEDS: Final[Mapping[EffectName, str]] = {
    "mix_feature": "feature or template",
    "retries": "retry_of",
    "mix_tier": "service_tier",
    "region": "region",
    "cache_share": "cached_input_tokens",
    "write_share": "cache_write_tokens",
    "discount": "cost",
    "charges": "charges",
}
"""The column without which an effect is not known; it is then left out, for it need not be zero."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one factor adds to the bill; negative is less."""

    name: EffectName
    usd: float
    usd_per_hour: float  # of the change of the dollars an hour
    mostly: str | None = None  # the kind of call with the largest part; None: there is only one
    mostly_usd: float | None = None


class PeriodBill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of one period."""

    since: datetime
    until: datetime
    hours: float
    calls: int
    usd: float
    usd_per_hour: float


class ComparedBills(msgspec.Struct, frozen=True, kw_only=True):
    """The two bills as they can be compared: of the whole periods, or by the hour where lengths differ."""

    before_usd: float
    after_usd: float
    change_usd: float
    change_share: float | None  # of the bill before; None: that was nothing
    is_hourly: bool


class KindChange(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of one kind of call in both periods."""

    name: str
    before_usd: float
    after_usd: float


class UnknownEffect(msgspec.Struct, frozen=True, kw_only=True):
    """An effect that the log cannot show, and the column it lacks."""

    name: EffectName
    needs: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The change of a bill by its factors; the effects sum to `after_usd - before_usd`."""

    before_usd: float
    after_usd: float
    effects: tuple[Effect, ...]
    before: PeriodBill
    after: PeriodBill
    compared: ComparedBills
    by_kind: tuple[KindChange, ...]
    not_known: tuple[UnknownEffect, ...]
    calls_without_price: int  # in neither bill
    models_without_price: tuple[str, ...]
    grade: Grade = Grade.EXACT


def explained(events: Events, *, prices: PriceList, periods: Periods) -> Explanation:
    """Return why the bill of the one period differs from that of the other; grade A.

    Raises `ValidationFailed` where a period holds no call with a known price or cost.
    """
    events, _ = folded(events)
    paid_usd, listed_usd = _paid(events, prices)
    bounds = [_bounds(period, events) for period in (periods.before, periods.after)]
    inside = [(events.at_ns >= since) & (events.at_ns < until) for since, until in bounds]
    known = ~np.isnan(paid_usd)
    for name, period, where in zip(("before", "after"), bounds, inside, strict=True):
        _check(events, where, known, name=name, bounds=period)
    places = np.flatnonzero((inside[0] | inside[1]) & known)
    chosen, after = events.take(places), inside[1][places]
    units = units_of(chosen, _kinds(chosen), after=after)
    calls = Calls(events=chosen, paid_usd=paid_usd[places], listed_usd=listed_usd[places], unit=units.of_call)
    sums, mix = sides_of(calls, prices, units, after=after)
    hours = [(until - since) / _NS_PER_H for since, until in bounds]
    missing = (inside[0] | inside[1]) & ~known
    return _explanation(
        units,
        sums,
        mix,
        bills=tuple(_bill(bounds[side], hours[side], after == bool(side), calls.paid_usd) for side in (0, 1)),
        not_known=_not_known(chosen),
        missing=int(missing.sum()),
        models=unpriced_labels(events.take(np.flatnonzero(missing)), prices),
    )


def _paid(events: Events, prices: PriceList) -> tuple[Floats, Floats]:
    """Return what was paid for each call, NaN where it is not known, and its list price."""
    listed = billed(events, prices).usd()
    return invoice_of(events, listed).paid_usd, listed


def _bounds(period: Period, events: Events) -> tuple[int, int]:
    if not len(events):
        return period.bounds_ns(0, 0)
    return period.bounds_ns(int(events.at_ns.min()), int(events.at_ns.max()))


def _check(events: Events, where: Bools, known: Bools, *, name: str, bounds: tuple[int, int]) -> None:
    """Refuse a period without a call, or without one of known price."""
    if (where & known).any():
        return
    since, until = (instant_of(at).isoformat() for at in bounds)
    if where.any():
        why = "no call in it has a known price; --prices FILE or --model NAME gives them one"
    elif len(events):
        first, last = (instant_of(int(at)).isoformat() for at in (events.at_ns.min(), events.at_ns.max()))
        why = f"it holds no call; the log is from {first} to {last}"
    else:
        why = "the log holds no call"
    raise ValidationFailed.of(name, "no_calls", f"{name}: the period from {since} to {until}: {why}.")


def _kinds(events: Events) -> Labels:
    """Return the kind of each call: its feature, else its template; one of all calls without either."""
    labels = events.template if events.feature is None else events.feature
    if labels is None:
        return Labels(codes=np.zeros(len(events), np.int32), names=("all calls",))
    unnamed = labels.codes < 0
    return Labels(codes=np.where(unnamed, len(labels.names), labels.codes), names=(*labels.names, UNNAMED))


def _bill(bounds: tuple[int, int], hours: float, mine: Bools, paid_usd: Floats) -> PeriodBill:
    usd = float(paid_usd[mine].sum())
    return PeriodBill(
        since=instant_of(bounds[0]),
        until=instant_of(bounds[1]),
        hours=hours,
        calls=int(mine.sum()),
        usd=usd,
        usd_per_hour=usd / hours,
    )


def _not_known(events: Events) -> tuple[UnknownEffect, ...]:
    known: Mapping[EffectName, bool] = {
        "mix_feature": events.feature is not None or events.template is not None,
        "retries": events.retry_of is not None,
        "mix_tier": events.service_tier is not None,
        "region": events.region is not None,
        "cache_share": events.cached_input_tokens is not None,
        "write_share": _has_writes(events),
        "discount": events.cost is not None,
        "charges": events.charges is not None,
    }
    return tuple(
        UnknownEffect(name=name, needs=_NEEDS[name]) for name, is_known in known.items() if not is_known
    )


def _has_writes(events: Events) -> bool:
    columns = (events.cache_write_tokens, events.cache_write_1h_tokens, events.cache_write_12h_tokens)
    return any(column is not None for column in columns)


def _explanation(
    units: Units,
    sums: tuple[Sums, Sums],
    mix: tuple[Matrix, Matrix],
    *,
    bills: Sequence[PeriodBill],
    not_known: tuple[UnknownEffect, ...],
    missing: int,
    models: tuple[str, ...],
) -> Explanation:
    before, after = bills
    by_unit = _by_unit(units, sums, mix, hours=(1.0, 1.0))
    per_hour = _by_unit(units, sums, mix, hours=(before.hours, after.hours)).sum(axis=1)
    left_out = {one.name for one in not_known}
    return Explanation(
        before_usd=before.usd,
        after_usd=after.usd,
        effects=tuple(
            _effect(name, by_unit[row], float(per_hour[row]), units)
            for row, name in enumerate(NAMES)
            if name not in left_out
        ),
        before=before,
        after=after,
        compared=_compared(before, after),
        by_kind=_by_kind(units, sums),
        not_known=not_known,
        calls_without_price=missing,
        models_without_price=models,
    )


def _compared(before: PeriodBill, after: PeriodBill) -> ComparedBills:
    is_hourly = abs(after.hours / before.hours - 1) > SAME_LENGTH
    was = before.usd_per_hour if is_hourly else before.usd
    now = after.usd_per_hour if is_hourly else after.usd
    return ComparedBills(
        before_usd=was,
        after_usd=now,
        change_usd=now - was,
        change_share=(now - was) / was if was else None,
        is_hourly=is_hourly,
    )


def _by_unit(
    units: Units, sums: tuple[Sums, Sums], mix: tuple[Matrix, Matrix], *, hours: tuple[float, float]
) -> Matrix:
    """Return the effects by name and unit."""
    before, after = (factors_of(sums[side], units, mix=mix[side], per=hours[side]) for side in (0, 1))
    terms = effects(before, after)
    by_unit: Matrix = terms.reshape(len(NAMES), -1, len(units.pooled_at)).sum(axis=1)
    return by_unit


def _effect(name: EffectName, by_unit: Floats, per_hour: float, units: Units) -> Effect:
    by_kind = summed(by_unit, by=units.levels[KIND])
    most = int(np.abs(by_kind).argmax())
    is_one_of_several = len(by_kind) > 1 and by_kind[most] != 0
    return Effect(
        name=name,
        usd=float(by_unit.sum()),
        usd_per_hour=per_hour,
        mostly=units.kinds[most] if is_one_of_several else None,
        mostly_usd=float(by_kind[most]) if is_one_of_several else None,
    )


def _by_kind(units: Units, sums: tuple[Sums, Sums]) -> tuple[KindChange, ...]:
    """Return the bill of each kind of call, the largest change first."""
    kind = units.levels[KIND]
    before, after = (summed(side.paid_usd + side.unlisted_usd, by=kind) for side in sums)
    order: Ints = np.argsort(-np.abs(after - before), kind="stable")[:KINDS_SHOWN]
    return tuple(
        KindChange(name=units.kinds[at], before_usd=float(before[at]), after_usd=float(after[at]))
        for at in map(int, order)
    )
