"""Measures the bill of a log: in all and by name, what it leaves out, and the costs that were logged."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.horizon import price_changes, retirements
from netra.domain.optimization.measures.latency import latency_of
from netra.domain.optimization.measures.reserved import reserved_calls
from netra.domain.optimization.metrics import (
    AnalysisScope,
    BilledMetrics,
    BillSource,
    LogMetrics,
    MonthlyBill,
    PaidRatio,
    Rent,
    Spend,
    UnpricedCalls,
)
from netra.domain.optimization.own_fleet import OwnFleet, unpriced_calls
from netra.domain.optimization.price_list import unpriced_labels
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.study import unknown_features
from netra.domain.optimization.uncertainty.level import month_range
from netra.domain.workloads.columns import Events, Labels

_LISTED: Final = 50  # names in one table, the dearest first


def billed_metrics(study: Study, log: LogMetrics) -> BilledMetrics:
    """Return the metrics of the log with its bill: as invoiced where costs are logged, else as listed."""
    events, invoice = study.events, study.invoice
    names = _unpriced_names(study)
    month, basis = monthly_bill(study)
    return BilledMetrics(
        **msgspec.structs.asdict(log),
        bill_usd=float(np.nansum(invoice.paid_usd)),
        bill_usd_per_month=month,
        bill_usd_per_month_basis=basis,
        bill_list_usd=float(np.nansum(invoice.listed_usd)),
        span=study.span,
        requests_unpriced=int(unpriced_calls(study.traffic).sum()),
        requests_unpaid=int(study.traffic.unpaid.sum()),
        unpaid_usd=float(study.traffic.unpaid_usd[study.traffic.unpaid].sum()),
        models_unpriced=names,
        models_assumed=dict(study.prices.assumed),
        billed=bill_source(study),
        unpriced=_unpriced(study, names),
        price_changes=price_changes(study, asked=_asked(study)),
        retirements=retirements(study),
        by_model=_by(study, events.model),
        by_feature=_by_column(study, events.feature),
        by_template=_by_column(study, events.template),
        by_tool=_by_column(study, events.tool),
        latency=latency_of(study),
        scope=_scope(study),
    )


def bill_source(study: Study) -> BillSource:
    """Return where the bill comes from, and what is paid for a dollar of list price by model and tier."""
    invoice, reserved, own = study.invoice, reserved_calls(study), study.own_fleet
    return BillSource(
        source="rent" if own is not None and own.where.all() else invoice.source,
        ratio=invoice.ratio_of_all,
        by_currency=billed_by_currency(study.events),
        by_model=_ratios(study),
        reserved_calls=int(reserved.where.sum()),
        reserved_list_usd=reserved.list_usd,
        rent=UNSET if own is None else rent_of(own),
    )


def rent_of(own: OwnFleet) -> Rent:
    """Return the rent as the metrics show it."""
    return Rent(
        model=own.model.name,
        gpu=own.gpu,
        gpus=own.gpus,
        replicas=own.replicas,
        usd_per_gpu_hour=own.usd_per_gpu_hour,
        usd_per_hour=own.usd_per_hour,
        usd_in_window=own.usd_in_window,
        calls=int(own.where.sum()),
    )


def _ratios(study: Study) -> tuple[PaidRatio, ...]:
    """Return the ratio of cost to list price by model and service tier, the largest list price first."""
    events, invoice = study.events, study.invoice
    both = (
        ~np.isnan(invoice.cost_usd) & ~np.isnan(invoice.listed_usd) & (np.nan_to_num(invoice.listed_usd) > 0)
    )
    tiers = (None,) if events.service_tier is None else (*events.service_tier.names, None)
    tier_codes = np.zeros(len(events), np.int64) if events.service_tier is None else events.service_tier.codes
    cells = events.model.codes.astype(np.int64) * len(tiers) + tier_codes % len(tiers)
    found: list[PaidRatio] = []
    met: list[int] = np.unique(cells[both]).tolist()
    for cell in met:
        mine = both & (cells == cell)
        cost, listed = float(invoice.cost_usd[mine].sum()), float(invoice.listed_usd[mine].sum())
        found.append(
            PaidRatio(
                model=events.model.names[cell // len(tiers)],
                service_tier=tiers[cell % len(tiers)],
                calls=int(mine.sum()),
                cost_usd=cost,
                list_usd=listed,
                ratio=cost / listed,
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.list_usd, one.model))[:_LISTED])


def _unpriced(study: Study, names: tuple[str, ...]) -> UnpricedCalls | UnsetType:
    """Return the calls without a known price, with their share of calls and tokens."""
    where = unpriced_calls(study.traffic)
    if not where.any():
        return UNSET
    tokens = study.events.input_tokens + study.events.output_tokens
    return UnpricedCalls(
        calls=int(where.sum()),
        call_share=float(where.mean()),
        token_share=int(tokens[where].sum()) / max(int(tokens.sum()), 1),
        names=names[:_LISTED],
        suggestions={label: names for label, names in study.prices.suggestions.items() if names},
    )


def _unpriced_names(study: Study) -> tuple[str, ...]:
    """Return the models without a known price, without those that own GPUs serve."""
    return unpriced_labels(study.bought, study.prices)


def _asked(study: Study) -> list[Tariff]:
    wanted = {name.lower() for name in study.goals.models}
    return [tariff for tariff in study.prices.candidates if tariff.model.lower() in wanted]


def monthly_bill(study: Study) -> tuple[MonthlyBill | None, str]:
    """Return the bill of a month with its interval, and what that rests on or why no month is known."""
    if not study.span.is_month_known:
        return None, study.span.notes[-1]
    usd = study.month.usd(study.now_usd)
    low, high, basis = month_range(usd, seconds=study.month.seconds, swing=study.month.swing)
    rent_usd = study.bill_usd_a_month - usd  # the same whatever the traffic
    return MonthlyBill(value=usd + rent_usd, low=low + rent_usd, high=high + rent_usd), basis


def billed_by_currency(events: Events) -> Mapping[str, float]:
    """Return the logged costs by currency, unconverted; a cost without a currency is in USD."""
    if events.cost is None:
        return {}
    cost = np.nan_to_num(events.cost, nan=0.0)
    if events.currency is None:
        return {"USD": float(cost.sum())}
    names = (*events.currency.names, "USD")
    codes = np.where(events.currency.codes < 0, len(names) - 1, events.currency.codes)
    sums = np.bincount(codes, weights=cost, minlength=len(names))
    found: dict[str, float] = {}
    for name, total in zip(names, sums, strict=True):
        found[name] = found.get(name, 0.0) + float(total)
    return {name: total for name, total in sorted(found.items()) if total}


def _by_column(study: Study, labels: Labels | None) -> tuple[Spend, ...] | UnsetType:
    return UNSET if labels is None else _by(study, labels)


def _by(study: Study, labels: Labels) -> tuple[Spend, ...]:
    """Return calls, tokens and dollars by name, dearest first."""
    codes = np.where(labels.codes < 0, len(labels.names), labels.codes)
    size = len(labels.names) + 1
    calls = np.bincount(codes, minlength=size)
    usd = np.bincount(codes, weights=np.nan_to_num(study.invoice.paid_usd), minlength=size)
    tokens_in = np.bincount(codes, weights=study.events.input_tokens, minlength=size)
    tokens_out = np.bincount(codes, weights=study.events.output_tokens, minlength=size)
    names = (*labels.names, None)
    return tuple(
        Spend(
            name=names[int(code)],
            requests=int(calls[code]),
            input_tokens=int(tokens_in[code]),
            output_tokens=int(tokens_out[code]),
            usd_in_window=float(usd[code]),
        )
        for code in np.argsort(-usd, kind="stable")[:_LISTED]
        if calls[code]
    )


def _scope(study: Study) -> AnalysisScope | UnsetType:
    asked, excluded = study.goals.features, study.goals.excluded
    if not asked and not excluded:
        return UNSET
    return AnalysisScope(
        features=tuple(asked),
        unknown=tuple(unknown_features(study.events, features=asked)),
        requests=len(study.events),
        excluded=tuple(excluded) or UNSET,
        requests_excluded=study.excluded_calls if excluded else UNSET,
        excluded_usd_in_window=study.excluded_usd if excluded else UNSET,
    )
