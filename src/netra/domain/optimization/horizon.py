"""Apply published price changes and retirements of the next 12 months to a change's savings.

Formula: `sum over 12 months = 12 x sum of (share of the days x dollars saved a month at that part's prices)`;
the days on which a price changes divide the horizon into parts. Exact at published prices for traffic like
the log's.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.metrics import PriceChange, Retirement
from netra.domain.optimization.model import Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.supply_config import NO_SETTINGS
from netra.domain.optimization.tariff import HORIZON_MONTHS, months_after
from netra.domain.optimization.traffic import UNPRICED, Bools, Change, Traffic, call_usd, on_day, routed
from netra.domain.optimization.wording import listed, money


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the horizon in which no price changes, and the dollars a month that a change saves in it."""

    since: date
    share: float  # of the horizon's days
    saved_usd_per_month: float


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The savings of a change over the horizon, by part."""

    parts: tuple[Part, ...]
    changing: tuple[tuple[str, date], ...]  # models and the days on which their prices change
    is_month_known: bool = True  # False: the log covers less than a day, so only the signs are valid

    @property
    def saved_usd(self) -> float:
        """Dollars saved over 12 months; negative is a loss."""
        return HORIZON_MONTHS * sum(part.share * part.saved_usd_per_month for part in self.parts)

    @property
    def sentence(self) -> str:
        """The change of the savings over time, in sentences."""
        parts = [f"The price of {model} changes on {day.isoformat()}." for model, day in self.changing]
        first, *later = [
            f"{'saves' if usd >= 0 else 'costs'} {self.amount(usd, unit=' a month')}"
            for usd in (part.saved_usd_per_month for part in self.parts)
        ]
        after = ", ".join(
            f"from {part.since.isoformat()} on it {words}"
            for part, words in zip(self.parts[1:], later, strict=True)
        )
        total = f"{'saves' if self.saved_usd >= 0 else 'loses'} {self.amount(self.saved_usd)}"
        return " ".join([*parts, f"Until then this {first}, {after}; over 12 months it {total}."])

    def amount(self, usd: float, *, unit: str = "") -> str:
        """Return the dollars without their sign, or just "money" if no monthly cost is known."""
        return f"{money(abs(usd))}{unit}" if self.is_month_known else "money"


def outlook(study: Study, change: Change) -> Outlook | None:
    """Return the savings over the next 12 months, or None if no relevant price changes in them."""
    as_of = study.prices.as_of
    if as_of is None:
        return None
    changed = change(study.traffic)
    until = months_after(as_of, HORIZON_MONTHS)
    changing = {
        (tariff.model, day)
        for tariff in (*_used(study.traffic), *_used(changed))
        for day in tariff.changes_within(as_of, until)
    }
    days = sorted({day for _, day in changing})
    if not days:
        return None
    hosting = study.traffic.hosting_usd_in_window - changed.hosting_usd_in_window
    parts: list[Part] = []
    for since, end in zip([as_of, *days], [*days, until], strict=True):
        saved = call_usd(on_day(study.traffic, since)) - call_usd(on_day(changed, since))
        parts.append(
            Part(
                since=since,
                share=(end - since).days / (until - as_of).days,
                saved_usd_per_month=study.month.usd(saved, hosting_usd=hosting),
            )
        )
    return Outlook(
        parts=tuple(parts),
        changing=tuple(sorted(changing, key=lambda pair: (pair[1], pair[0]))),
        is_month_known=study.span.is_month_known,
    )


def is_lasting(study: Study, change: Change) -> bool:
    """Return whether a change that saves at today's prices also saves over 12 months, on models that stay."""
    found = outlook(study, change)
    return (found is None or found.saved_usd > 0) and not _retiring(study, change(study.traffic))


def judged(study: Study, finding: Finding) -> Finding:
    """Adjust the finding to the next 12 months.

    A move that loses money, or to a retiring model, becomes one to avoid; changing prices are named.
    """
    if finding.change is None or finding.stance is Stance.INFORM:
        return finding
    retiring = _retiring(study, finding.change(study.traffic))
    if retiring:
        model, day = retiring[0]
        why = f"its provider stops serving it on {day.isoformat()}"
        return _avoided(finding, f"Do not move calls to {model}: {why}", sentence="")
    found = outlook(study, finding.change)
    if found is None:
        return finding
    if finding.stance is not Stance.AVOID and found.saved_usd < 0:
        return _avoided(finding, _loss(study, finding, found), sentence=found.sentence)
    return msgspec.structs.replace(finding, impact=f"{finding.impact} {found.sentence}")


def _loss(study: Study, finding: Finding, found: Outlook) -> str:
    """Word the advice against a change that loses money over the 12 months."""
    amount = f" of {money(-found.saved_usd)}" if found.is_month_known else ""
    loss = f"published prices make it a loss{amount} over 12 months"
    own = {tariff.model for tariff in _used(study.traffic)}
    changed = study.traffic if finding.change is None else finding.change(study.traffic)
    models = [tariff.model for tariff in _used(changed) if tariff.model not in own]
    if not models:
        return f"Leave this: {loss}. It was: {finding.action}"
    return f"Do not move calls to {listed(list(dict.fromkeys(models)))}: {loss}"


def _avoided(finding: Finding, action: str, *, sentence: str) -> Finding:
    return msgspec.structs.replace(
        finding,
        stance=Stance.AVOID,
        action=action,
        impact=f"{sentence} {finding.impact}".strip(),
        supply=NO_SETTINGS,
        steps=(),
        options=(),
    )


def price_changes(study: Study, *, asked: Sequence[Tariff]) -> tuple[PriceChange, ...]:
    """Return the published price changes of the next 12 months for the log's and the requested models.

    For a model in use the dollars are for its own calls, for another model for all calls.
    """
    as_of = study.prices.as_of
    if as_of is None:
        return ()
    until = months_after(as_of, HORIZON_MONTHS)
    found: list[PriceChange] = []
    used = _used(study.traffic)
    for tariff in used:
        mine = study.traffic.tariff == study.traffic.tariffs.index(tariff)
        days = tariff.changes_within(as_of, until)
        found += [_change(study, study.traffic, mine, tariff, day, in_use=True) for day in days]
    for tariff in asked:
        if any((own.model, own.provider) == (tariff.model, tariff.provider) for own in used):
            continue
        priced = study.traffic.tariff != UNPRICED
        moved = routed(study.traffic, priced, to=tariff)
        days = tariff.changes_within(as_of, until)
        found += [_change(study, moved, priced, tariff, day, in_use=False) for day in days]
    return tuple(sorted(found, key=lambda one: (not one.in_use, one.on, -abs(one.usd_per_month or 0.0))))


def _change(
    study: Study, traffic: Traffic, where: Bools, tariff: Tariff, day: date, *, in_use: bool
) -> PriceChange:
    before, after = (
        study.month.usd(np.where(where, call_usd(on_day(traffic, at)), 0.0))
        for at in (day - timedelta(days=1), day)
    )
    return PriceChange(
        model=tariff.model,
        provider=tariff.provider,
        on=day,
        factor=after / before if before else 1.0,
        usd_per_month=after - before if study.span.is_month_known else None,
        in_use=in_use,
    )


def retirements(study: Study) -> tuple[Retirement, ...]:
    """Return the models of the log that their provider retires or has deprecated."""
    found: dict[tuple[str, str], Retirement] = {}
    for tariff in _used(study.traffic):
        if tariff.retires is None and not tariff.is_deprecated:
            continue
        calls = int((study.traffic.tariff == study.traffic.tariffs.index(tariff)).sum())
        key = (tariff.model, tariff.provider)
        earlier = found[key].calls if key in found else 0
        found[key] = Retirement(
            model=tariff.model, provider=tariff.provider, on=tariff.retires, calls=earlier + calls
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.calls, one.model)))


def _retiring(study: Study, changed: Traffic) -> list[tuple[str, date]]:
    """Return the models that a change moves calls to and that retire within the horizon."""
    as_of = study.prices.as_of
    if as_of is None:
        return []
    own = {(tariff.model, tariff.provider) for tariff in _used(study.traffic)}
    until = months_after(as_of, HORIZON_MONTHS)
    return [
        (tariff.model, tariff.retires)
        for tariff in _used(changed)
        if tariff.retires is not None
        and tariff.retires <= until
        and (tariff.model, tariff.provider) not in own
    ]


def _used(traffic: Traffic) -> list[Tariff]:
    """Return the tariffs of calls that are sent and charged by the token."""
    codes: list[int] = np.unique(traffic.tariff[traffic.kept & ~traffic.hosted]).tolist()
    return [traffic.tariffs[code] for code in codes if code != UNPRICED]
