"""Making a study: the question, the log oldest first, and its calls as priced columns."""

import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.invoice import invoice_of
from netra.domain.optimization.measures.span import month_of, span_of
from netra.domain.optimization.model import Checkpoint, Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import TTLS_S, reuse_of, shared_blocks
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import costs_usd
from netra.domain.optimization.progress import within
from netra.domain.optimization.traffic import Bools, call_usd, traffic_of
from netra.domain.optimization.uncertainty.share import sampling_of
from netra.domain.workloads.columns import Events, Labels, nanoseconds
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

    Where features are asked about and the log has them, only their calls are studied.
    """
    checkpoint(0.0, "Putting the calls in order")
    chosen = np.flatnonzero(in_scope(events, features=goals.features))
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
    change_at_ns = None if goals.change_at is None else nanoseconds(goals.change_at)
    month, span = month_of(ordered.at_ns, span_of(ordered.at_ns), change_at_ns=change_at_ns)
    since = np.arange(month.first, len(ordered))
    session = None if ordered.session is None else ordered.session.take(since)
    return Study(
        events=ordered,
        places=places,
        goals=goals,
        prices=prices,
        hardware=hardware,
        traffic=traffic,
        now_usd=call_usd(traffic),
        invoice=invoice,
        span=span,
        month=month,
        sampling=sampling_of(ordered.at_ns[month.first :], session),
        reuse=reuse,
        shared_blocks=shared,
        folds=folds,
    )


def in_scope(events: Events, *, features: tuple[str, ...]) -> Bools:
    """Return the events of the named features, templates or tools; all when none is named or found."""
    found = np.zeros(len(events), np.bool_)
    for labels in _named_columns(events):
        wanted = np.array([name.lower() in _lowered(features) for name in labels.names] + [False])
        found |= wanted[labels.codes]
    return found if found.any() else np.ones(len(events), np.bool_)


def unknown_features(events: Events, *, features: tuple[str, ...]) -> tuple[str, ...]:
    """Return the asked features that no column of the log names."""
    known = {name.lower() for labels in _named_columns(events) for name in labels.names}
    return tuple(feature for feature in features if feature.lower() not in known)


def _named_columns(events: Events) -> list[Labels]:
    columns = [events.feature, events.template, events.tool]
    return [labels for labels in columns if labels is not None]


def _lowered(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _is_everything_in_order(places: np.ndarray[tuple[int], np.dtype[np.intp]], *, of: Events) -> bool:
    return len(places) == len(of) and bool(np.all(places[1:] > places[:-1]))
