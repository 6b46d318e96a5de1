"""Build a study: the question, the log oldest first, and its calls as priced columns."""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.invoice import invoice_of
from netra.domain.optimization.measures.span import Month, Span, month_of, span_of
from netra.domain.optimization.model import Checkpoint, Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import TTLS_S, reuse_of, shared_blocks
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import costs_usd
from netra.domain.optimization.progress import within
from netra.domain.optimization.traffic import Bools, call_usd, traffic_of
from netra.domain.optimization.uncertainty.level import swing_of
from netra.domain.optimization.uncertainty.share import sampling_of
from netra.domain.workloads.columns import Events, Floats, Labels, nanoseconds
from netra.domain.workloads.folding import folded


def study_of(
    events: Events,
    *,
    goals: Goals,
    prices: PriceList,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> Study:
    """Return the study of `events`, given in any order.

    If the question names features that the log has, only their calls are studied. Excluded calls are
    not studied, so that no analyser can change them.
    """
    checkpoint(0.0, "Putting the calls in order")
    excluded = is_excluded(events, excluded=goals.excluded)
    chosen = np.flatnonzero(in_scope(events, features=goals.features) & ~excluded)
    places = chosen[np.argsort(events.at_ns[chosen], kind="stable")]
    ordered, folds = folded(events if _is_everything_in_order(places, of=events) else events.take(places))
    checkpoint(0.3, "Pricing every call")
    invoice = invoice_of(ordered, costs_usd(ordered, prices))
    traffic = traffic_of(ordered, prices, invoice=invoice)
    checkpoint(0.4, "Finding prompt prefixes that come again")
    ttls_s: set[int | None] = {*TTLS_S}.union(*(tariff.cache_ttl_s for tariff in traffic.tariffs))
    in_order = sorted(ttls_s, key=lambda ttl_s: (ttl_s is None, ttl_s or 0))
    shared = None if ordered.prefixes is None else shared_blocks(ordered, ordered.prefixes)
    replaying = within(checkpoint, begin=0.6, end=0.8)
    reuse = () if shared is None else reuse_of(ordered, shared, ttls_s=in_order, checkpoint=replaying)
    now_usd = call_usd(traffic)
    month, span = _month(ordered, now_usd, goals=goals)
    since = np.arange(month.first, len(ordered))
    session = None if ordered.session is None else ordered.session.take(since)
    return Study(
        events=ordered,
        places=places,
        goals=goals,
        excluded_calls=int(excluded.sum()),
        excluded_usd=_usd_of(events.take(np.flatnonzero(excluded)), prices),
        prices=prices,
        hardware=hardware,
        traffic=traffic,
        now_usd=now_usd,
        invoice=invoice,
        span=span,
        month=month,
        sampling=sampling_of(ordered.at_ns[month.first :], session),
        reuse=reuse,
        shared_blocks=shared,
        folds=folds,
    )


def _month(ordered: Events, now_usd: Floats, *, goals: Goals) -> tuple[Month, Span]:
    """Return the month that the log stands for, with the uncertainty of its traffic, and the log's span."""
    change_at_ns = None if goals.change_at is None else nanoseconds(goals.change_at)
    month, span = month_of(ordered.at_ns, span_of(ordered.at_ns), change_at_ns=change_at_ns)
    if span.is_month_known:
        paid = now_usd[month.first :]
        swing = swing_of(ordered.at_ns[month.first :], paid, seconds=month.seconds)
        month = msgspec.structs.replace(month, swing=swing)
    return month, span


def in_scope(events: Events, *, features: tuple[str, ...]) -> Bools:
    """Return the events of the named features, templates or tools; all events without names or matches."""
    found = calls_named(events, names=features)
    return found if found.any() else np.ones(len(events), np.bool_)


def selectors_of(study: Study) -> tuple[str, ...]:
    """Return which calls the question is about, as names in the log; empty for all of them."""
    goals = study.goals
    unknown = unknown_features(study.events, features=goals.features)
    asked = {name.lower() for name in goals.features} - {name.lower() for name in unknown}
    return (*sorted(asked), *sorted(f"not {name.lower()}" for name in goals.excluded))


def calls_named(events: Events, *, names: tuple[str, ...]) -> Bools:
    """Return the events of the named features, templates or tools."""
    found = np.zeros(len(events), np.bool_)
    for labels in _named_columns(events):
        wanted = np.array([name.lower() in _lowered(names) for name in labels.names] + [False])
        found |= wanted[labels.codes]
    return found


def _usd_of(events: Events, prices: PriceList) -> float:
    """Return what the events cost as paid; calls without a price cost 0."""
    if not len(events):
        return 0.0
    paid_usd = invoice_of(events, costs_usd(events, prices)).paid_usd
    return float(np.nan_to_num(paid_usd).sum())


def is_excluded(events: Events, *, excluded: tuple[str, ...]) -> Bools:
    """Return the events of the excluded features, templates, tools and models."""
    if not excluded:
        return np.zeros(len(events), np.bool_)
    models = np.array([name.lower() in _lowered(excluded) for name in events.model.names] + [False])
    of_models: Bools = models[events.model.codes]
    return calls_named(events, names=excluded) | of_models


def without_excluded(events: Events, *, excluded: tuple[str, ...]) -> Events:
    """Return the events without the excluded ones, in their order."""
    found = is_excluded(events, excluded=excluded)
    return events.take(np.flatnonzero(~found)) if found.any() else events


def unknown_features(events: Events, *, features: tuple[str, ...]) -> tuple[str, ...]:
    """Return the features in the question that no column of the log names."""
    known = {name.lower() for labels in _named_columns(events) for name in labels.names}
    return tuple(feature for feature in features if feature.lower() not in known)


def _named_columns(events: Events) -> list[Labels]:
    columns = [events.feature, events.template, events.tool]
    return [labels for labels in columns if labels is not None]


def _lowered(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _is_everything_in_order(places: np.ndarray[tuple[int], np.dtype[np.intp]], *, of: Events) -> bool:
    return len(places) == len(of) and bool(np.all(places[1:] > places[:-1]))
