"""What a log looks like, as numbers: counts, spans, arrivals and distributions. No prices, no advice.

Every function takes events in any order. Percentiles interpolate linearly between the two nearest
values; a value the log does not hold is None, never zero.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Floats, Ints, Labels
from netra.domain.workloads.derived import label_keys, written_tokens
from netra.domain.workloads.mappings import charges_of

NAMES_MAX: Final = 50  # rows of a table by name; a log can hold as many names as calls
_NS_PER_S: Final = 1_000_000_000


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """How calls come in: None where the log is too short to say."""

    rate_per_s: float
    gap_cv: float | None
    peak_to_mean_1s: float | None
    peak_to_mean_60s: float | None


NO_ARRIVALS: Final = Arrivals(rate_per_s=0.0, gap_cv=None, peak_to_mean_1s=None, peak_to_mean_60s=None)


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How the known values of a column are spread."""

    known: int
    mean: float
    p50: float
    p90: float
    p99: float
    max: float


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The calls under one name; `name` None are those without one."""

    name: str | None
    requests: int
    input_tokens: int
    output_tokens: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A log in numbers."""

    requests: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int | None  # None: not logged
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    cache_write_12h_tokens: int | None
    reasoning_tokens: int | None
    span_s: float
    arrivals: Arrivals
    input_tokens_spread: Spread | None
    output_tokens_spread: Spread | None
    latency_ms: Spread | None
    ttft_ms: Spread | None
    statuses: tuple[Slice, ...]
    models: tuple[Slice, ...]
    features: tuple[Slice, ...]
    tools: tuple[Slice, ...]
    service_tiers: tuple[Slice, ...]
    regions: tuple[Slice, ...]
    charges: dict[str, float]  # counts by name of charge
    label_keys: tuple[str, ...]
    currencies: tuple[str, ...]  # of logged costs; more than one is never added up


def profile_of(events: Events) -> Profile:
    """Return the log in numbers; a log of nothing has zeros and no distributions."""
    return Profile(
        requests=len(events),
        input_tokens=int(events.input_tokens.sum()),
        output_tokens=int(events.output_tokens.sum()),
        cached_input_tokens=_total(events.cached_input_tokens),
        cache_write_tokens=_total(written_tokens(events)),
        cache_write_1h_tokens=_total(events.cache_write_1h_tokens),
        cache_write_12h_tokens=_total(events.cache_write_12h_tokens),
        reasoning_tokens=_total(events.reasoning_tokens),
        span_s=span_s(events.at_ns),
        arrivals=arrivals_of(events.at_ns),
        input_tokens_spread=spread_of(events.input_tokens.astype(np.float64)),
        output_tokens_spread=spread_of(events.output_tokens.astype(np.float64)),
        latency_ms=spread_of(events.latency_ms),
        ttft_ms=spread_of(events.ttft_ms),
        statuses=slices_of(events, events.status),
        models=slices_of(events, events.model),
        features=slices_of(events, events.feature),
        tools=slices_of(events, events.tool),
        service_tiers=slices_of(events, events.service_tier),
        regions=slices_of(events, events.region),
        charges=counts_of(events),
        label_keys=label_keys(events)[:NAMES_MAX],
        currencies=_currencies(events),
    )


def span_s(at_ns: Ints) -> float:
    """Return seconds from the first call to the last; 0.0 for fewer than two.

    >>> span_s(np.array([5_000_000_000, 1_500_000_000]))
    3.5
    """
    return float(at_ns.max() - at_ns.min()) / _NS_PER_S if len(at_ns) else 0.0


def arrivals_of(at_ns: Ints) -> Arrivals:
    """Return rate, burstiness and peaks of instants in nanoseconds, in any order, ties allowed.

    `rate_per_s` is (n - 1) / span, one over the mean gap; 0.0 when the span is zero. `gap_cv` is the
    population standard deviation of the gaps over their mean: 1 for a Poisson stream. `peak_to_mean_w`
    cuts the span into windows of w seconds from the first call, the last one as it falls, and divides
    the fullest window by the mean over all of them, those without a call included. Gaps are differences of
    integers, so no digit of a timestamp is lost.

    >>> arrivals_of(np.array([0, 0, 0, 9_000_000_000])).peak_to_mean_1s
    7.5
    """
    ordered = np.sort(at_ns)
    gaps_s = np.diff(ordered) / _NS_PER_S
    mean_s = float(gaps_s.mean()) if len(gaps_s) else 0.0
    return Arrivals(
        rate_per_s=1 / mean_s if mean_s else 0.0,
        gap_cv=float(gaps_s.std()) / mean_s if mean_s else None,
        peak_to_mean_1s=_peak_to_mean(ordered, window_s=1) if mean_s else None,
        peak_to_mean_60s=_peak_to_mean(ordered, window_s=60) if mean_s else None,
    )


def _peak_to_mean(ordered_ns: Ints, *, window_s: int) -> float:
    windows = (ordered_ns - ordered_ns[0]) // (window_s * _NS_PER_S)
    changes = np.flatnonzero(np.diff(windows)) + 1
    fullest = int(np.diff(np.concatenate(([0], changes, [len(windows)]))).max())
    return fullest * (int(windows[-1]) + 1) / len(windows)


def spread_of(values: Floats | None) -> Spread | None:
    """Return the quantiles of the values that are not NaN, or None without values.

    >>> spread_of(np.array([1.0, 2.0, 3.0, np.nan])).p50
    2.0
    """
    known = np.zeros(0) if values is None else values[~np.isnan(values)]
    if not len(known):
        return None
    p50, p90, p99 = np.percentile(known, [50, 90, 99]).tolist()
    return Spread(
        known=len(known), mean=float(known.mean()), p50=p50, p90=p90, p99=p99, max=float(known.max())
    )


def slices_of(events: Events, labels: Labels | None) -> tuple[Slice, ...]:
    """Return calls and tokens by name, most calls first, ties by name; at most `NAMES_MAX` names.

    Calls without a name come last, under None. No labels at all give no slices.
    """
    if labels is None:
        return ()
    size = len(labels.names)
    codes = np.where(labels.codes < 0, size, labels.codes)
    calls = np.bincount(codes, minlength=size + 1)
    tokens_in = _sums(events.input_tokens, codes, size=size + 1)
    tokens_out = _sums(events.output_tokens, codes, size=size + 1)
    named = sorted(np.flatnonzero(calls[:size]).tolist(), key=lambda code: (-calls[code], labels.names[code]))
    chosen: list[int] = [*named[:NAMES_MAX], *([size] if calls[size] else [])]
    return tuple(
        Slice(
            name=labels.names[code] if code < size else None,
            requests=int(calls[code]),
            input_tokens=int(tokens_in[code]),
            output_tokens=int(tokens_out[code]),
        )
        for code in chosen
    )


def counts_of(events: Events) -> dict[str, float]:
    """Return how often each kind of charge was logged, by name; at most `NAMES_MAX` names."""
    found: dict[str, float] = {}
    if events.charges is None:
        return found
    names, codes = events.charges.names, events.charges.codes
    for name, calls in zip(names, np.bincount(codes[codes >= 0], minlength=len(names)).tolist(), strict=True):
        for charge, count in charges_of(name).items():
            found[charge] = found.get(charge, 0.0) + count * calls
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:NAMES_MAX])


def _sums(values: Ints, codes: npt.NDArray[np.int32], *, size: int) -> Ints:
    """Return the sum of values by code; in integers, since a float loses tokens above 2**53."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, codes, values)
    return sums


def _total(tokens: Ints | None) -> int | None:
    return None if tokens is None else int(tokens[tokens >= 0].sum())


def _currencies(events: Events) -> tuple[str, ...]:
    if events.cost is None:
        return ()
    is_billed = ~np.isnan(events.cost)
    if events.currency is None:
        return ("USD",) if is_billed.any() else ()
    codes = events.currency.codes[is_billed]
    used: list[int] = np.unique(codes).tolist()
    return tuple(sorted({"USD" if code < 0 else events.currency.names[code] for code in used}))
