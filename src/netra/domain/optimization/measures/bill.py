"""Measures the bill of a log: in all and by name, what it leaves out, and the costs that were logged."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.measures.latency import latency_of
from netra.domain.optimization.metrics import BilledMetrics, LogMetrics, MonthlyBill, Scope, Spend
from netra.domain.optimization.pricing import unpriced_labels
from netra.domain.optimization.study import unknown_features
from netra.domain.optimization.traffic import UNPRICED
from netra.domain.optimization.uncertainty.level import month_range
from netra.domain.workloads.columns import Events, Labels

_LISTED: Final = 50  # names in one table, the dearest first


def billed_metrics(study: Study, log: LogMetrics) -> BilledMetrics:
    """Return the metrics of the log with its bill at list prices."""
    events = study.events
    month, basis = monthly_bill(study)
    return BilledMetrics(
        **msgspec.structs.asdict(log),
        bill_usd=float(study.now_usd.sum()),
        bill_usd_per_month=month,
        bill_usd_per_month_basis=basis,
        span=study.span,
        requests_unpriced=int((study.traffic.tariff == UNPRICED).sum()),
        requests_unpaid=int(study.traffic.unpaid.sum()),
        unpaid_usd=float(study.traffic.unpaid_usd.sum()),
        models_unpriced=unpriced_labels(events, study.prices),
        models_assumed=dict(study.prices.assumed),
        billed=billed_by_currency(events),
        by_model=_by(study, events.model),
        by_feature=_by_column(study, events.feature),
        by_template=_by_column(study, events.template),
        by_tool=_by_column(study, events.tool),
        latency=latency_of(study),
        scope=_scope(study),
    )


def monthly_bill(study: Study) -> tuple[MonthlyBill | None, str]:
    """Return the bill of a month with its interval, and what that rests on or why no month is known."""
    if not study.span.is_month_known:
        return None, study.span.notes[-1]
    usd = study.month.usd(study.now_usd)
    low, high, basis = month_range(usd, seconds=study.month.seconds)
    return MonthlyBill(value=usd, low=low, high=high), basis


def billed_by_currency(events: Events) -> Mapping[str, float]:
    """Return the logged costs by currency; USD where a cost names none. Nothing is converted."""
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
    usd = np.bincount(codes, weights=study.now_usd, minlength=size)
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


def _scope(study: Study) -> Scope | UnsetType:
    asked = study.goals.features
    if not asked:
        return UNSET
    unknown = unknown_features(study.events, features=asked)
    return Scope(features=tuple(asked), unknown=tuple(unknown), requests=len(study.events))
