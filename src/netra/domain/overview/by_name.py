"""Lists of names: the table of what each costs, and what there is to filter by."""

import numpy as np

from netra.domain.overview.model import NAMES_MAX, ROWS_MAX, Dimension, NameCount, Names, OverviewQuery, Row
from netra.domain.overview.over_time import Groups, groups_of
from netra.domain.overview.priced_calls import PricedCalls
from netra.domain.workloads.columns import Ints


def breakdown_of(calls: PricedCalls, query: OverviewQuery) -> tuple[Row, ...]:
    """Return the sums by name, dearest first; beyond `ROWS_MAX` rows the last is that of all others."""
    labels, money = calls.labels[query.by], query.money
    groups = groups_of(calls, labels, money, most=ROWS_MAX)
    if groups.has_others:
        groups = groups_of(calls, labels, money, most=ROWS_MAX - 1)
    usd, size = calls.usd[money], len(groups)
    requests = np.bincount(groups.codes, minlength=size)
    priced = np.bincount(groups.codes[~np.isnan(usd)], minlength=size)
    dollars = np.bincount(groups.codes, weights=np.nan_to_num(usd), minlength=size)
    tokens_in = np.bincount(groups.codes, weights=calls.input_tokens, minlength=size)
    tokens_out = np.bincount(groups.codes, weights=calls.output_tokens, minlength=size)
    failed = np.bincount(groups.codes[calls.is_failed], minlength=size)
    tails = _tails(calls, groups)
    whole = dollars if dollars.sum() > 0 else requests
    return tuple(
        Row(
            name=name,
            is_other=groups.has_others and place == size - 1,
            requests=int(requests[place]),
            usd=float(dollars[place]) if priced[place] else None,
            share=float(whole[place] / whole.sum()),
            input_tokens=int(tokens_in[place]),
            output_tokens=int(tokens_out[place]),
            failed=int(failed[place]),
            latency_ms_p99=tails[place],
        )
        for place, name in enumerate(groups.names)
    )


def names_of(calls: PricedCalls) -> Names:
    """Return the names of every column."""
    return Names(
        models=counts_of(calls, "model"),
        providers=counts_of(calls, "provider"),
        features=counts_of(calls, "feature"),
        templates=counts_of(calls, "template"),
        tools=counts_of(calls, "tool"),
        statuses=counts_of(calls, "status"),
    )


def counts_of(calls: PricedCalls, column: Dimension) -> tuple[NameCount, ...]:
    """Return the names of a column and their calls, at most `NAMES_MAX`, most calls first."""
    labels = calls.labels[column]
    if labels is None:
        return ()
    names = (*labels.names, None)
    codes: Ints = labels.codes.astype(np.int64) % len(names)
    requests = np.bincount(codes, minlength=len(names))
    order: list[int] = np.argsort(-requests, kind="stable")[:NAMES_MAX].tolist()
    return tuple(
        NameCount(name=names[place], requests=int(requests[place])) for place in order if requests[place]
    )


def _tails(calls: PricedCalls, groups: Groups) -> list[float | None]:
    """Return the 99th percentile of each group's answered calls, in milliseconds."""
    if calls.latency_ms is None:
        return [None] * len(groups)
    where = ~calls.is_failed & ~np.isnan(calls.latency_ms)
    codes, values = groups.codes[where].astype(np.int16), calls.latency_ms[where]  # 16 bits sort by radix
    values = values[np.argsort(codes, kind="stable")]
    edges: list[int] = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=len(groups))))).tolist()
    return [
        float(np.percentile(values[edges[place] : edges[place + 1]], 99))
        if edges[place + 1] > edges[place]
        else None
        for place in range(len(groups))
    ]
