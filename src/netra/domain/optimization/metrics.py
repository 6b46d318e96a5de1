"""The numbers about a log and its bill, under the names that clients rely on.

What each is computed from stands with its rule; here they only get their documented names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Option, Study
from netra.domain.optimization.measures.latency import by_feature, tails_of
from netra.domain.optimization.pareto import Pick
from netra.domain.optimization.pricing import unpriced_labels
from netra.domain.optimization.study import unknown_features
from netra.domain.optimization.traffic import UNPRICED
from netra.domain.workloads.columns import Events, Labels

_LISTED: Final = 50


def bill_metrics(study: Study) -> Mapping[str, Any]:
    """Return the bill at list prices, what it leaves out, and what was billed where the log says so.

    `unpaid_usd` is the part of the bill of calls that were refused and never paid: none of it can be saved.
    """
    bill_usd = float(study.now_usd.sum())
    unpriced = study.traffic.tariff == UNPRICED
    return {
        "bill_usd": bill_usd,
        "bill_usd_per_month": study.month.usd(study.now_usd),
        "span": msgspec.to_builtins(study.span),
        "requests_unpriced": int(unpriced.sum()),
        "requests_unpaid": int(study.traffic.unpaid.sum()),
        "unpaid_usd": float(study.traffic.unpaid_usd.sum()),
        "models_unpriced": list(unpriced_labels(study.events, study.prices)),
        "models_assumed": dict(study.prices.assumed),
        "billed": billed_by_currency(study.events),
        "by_model": _by(study, study.events.model),
        **{
            f"by_{name}": _by(study, labels)
            for name, labels in (
                ("feature", study.events.feature),
                ("template", study.events.template),
                ("tool", study.events.tool),
            )
            if labels is not None
        },
        "latency": {**msgspec.to_builtins(tails_of(study)), "by_feature": by_feature(study)},
        **_scope(study),
    }


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


def pareto_metrics(options: Sequence[Option], pick: Pick) -> Mapping[str, Any]:
    """Return the options, the front, the pick and why."""
    return {
        "options": [msgspec.to_builtins(option) for option in options],
        "front": [option.name for option in pick.front],
        "pick": None if pick.option is None else pick.option.name,
        "candidate": None if pick.candidate is None else pick.candidate.name,
        "why": pick.why,
        "measure": pick.measure,
        "refused": [{"option": name, "why": why} for name, why in pick.refused],
    }


def _by(study: Study, labels: Labels) -> list[Mapping[str, Any]]:
    """Return requests, tokens and dollars by name, dearest first."""
    codes = np.where(labels.codes < 0, len(labels.names), labels.codes)
    size = len(labels.names) + 1
    calls = np.bincount(codes, minlength=size)
    usd = np.bincount(codes, weights=study.now_usd, minlength=size)
    tokens_in = np.bincount(codes, weights=study.events.input_tokens, minlength=size)
    tokens_out = np.bincount(codes, weights=study.events.output_tokens, minlength=size)
    names = (*labels.names, None)
    return [
        {
            "name": names[int(code)],
            "requests": int(calls[code]),
            "input_tokens": int(tokens_in[code]),
            "output_tokens": int(tokens_out[code]),
            "usd_in_window": float(usd[code]),
        }
        for code in np.argsort(-usd, kind="stable")[:_LISTED]
        if calls[code]
    ]


def _scope(study: Study) -> Mapping[str, Any]:
    asked = study.goals.features
    if not asked:
        return {}
    unknown = unknown_features(study.events, features=asked)
    return {"scope": {"features": list(asked), "unknown": list(unknown), "requests": len(study.events)}}
