"""Rate-limit headroom: the load of the busiest minute, now and after growth.

Formula: the most requests and tokens in any 60 s (a sliding window over the real arrivals, grade A),
times `1 + growth`. Valid for peaks like those in the log; a reliable peak needs at least a day of data.
"""

from math import ceil
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.span import DAY_S
from netra.domain.optimization.measures.statuses import is_turned_away
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import ProviderRateLimits, SupplySettings
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.wording import count, percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "rate_limits"
FORMULA: Final = "limit needed = max over sliding 60 s windows of requests and tokens x (1 + growth)"
WINDOW_NS: Final = 60_000_000_000


class BusiestMinute(msgspec.Struct, frozen=True, kw_only=True):
    """The maximum of each in any 60 s of the log; the four may fall in different minutes."""

    requests: float
    input_tokens: float
    output_tokens: float
    tokens: float  # input and output together


class RateLimitInputs(Inputs, frozen=True, kw_only=True):
    """The numbers behind the limits; `calls_turned_away` is None if the log has no status."""

    busiest_minute: BusiestMinute
    traffic_growth: float
    limits_needed: ProviderRateLimits
    calls_turned_away: int | None
    calls: int


def busiest_window(at_ns: Ints, amount: Ints | Floats, *, window_ns: int) -> tuple[float, int]:
    """Return the largest sum of `amount` in any window `(t - window, t]`, and the event that ends it.

    `at_ns` ascends; equal instants fall in the same window.

    >>> busiest_window(np.array([0, 10, 69]), np.array([1, 2, 4]), window_ns=60)
    (6.0, 2)
    """
    sums = np.concatenate(([0], np.cumsum(amount)))
    begins = np.searchsorted(at_ns, at_ns - window_ns, side="right")
    inside = sums[np.searchsorted(at_ns, at_ns, side="right")] - sums[begins]
    last = int(inside.argmax())
    return float(inside[last]), last


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the rate limits this traffic needs."""
    checkpoint(0.0, "Finding the busiest minute")
    if len(study.events) < 2 or study.span.seconds < 60:
        return (_too_short(study),)
    return (_finding(study, _needed(study)),)


def _finding(study: Study, needed: BusiestMinute) -> Finding:
    growth = study.goals.traffic_growth or 0.0
    limits = _limits(needed, growth=growth)
    more = f"; {percent(growth)} more traffic is added" if growth else ""
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="rate limits"),
        stance=Stance.INFORM,
        action=(
            f"Ask for rate limits of at least {count(limits.requests_per_minute, 'request')} and "
            f"{count(limits.tokens_per_minute, 'token')} a minute"
        ),
        impact=(
            f"The busiest minute had {count(needed.requests, 'request')} and "
            f"{count(needed.tokens, 'token')}{more}."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=RateLimitInputs(
            busiest_minute=needed,
            traffic_growth=growth,
            limits_needed=limits,
            calls_turned_away=_turned_away(study),
            calls=len(study.events),
        ),
        assumptions=(
            "The provider counts a call's input and output tokens in the minute in which the call begins.",
            *_short_log(study),
        ),
        evidence=rows(study, _busiest_minute(study)),
        how_to_verify="Compare with the limits and the remaining-quota headers that the provider reports.",
        effort="low",
        risk="A limit below the busiest minute rejects calls exactly when most users are active.",
        supply=SupplySettings(rate_limits=limits),
    )


def _limits(needed: BusiestMinute, *, growth: float) -> ProviderRateLimits:
    return ProviderRateLimits(
        requests_per_minute=ceil(needed.requests * (1 + growth)),
        input_tokens_per_minute=ceil(needed.input_tokens * (1 + growth)),
        output_tokens_per_minute=ceil(needed.output_tokens * (1 + growth)),
        tokens_per_minute=ceil(needed.tokens * (1 + growth)),
    )


def _short_log(study: Study) -> tuple[str, ...]:
    if study.span.seconds >= DAY_S:
        return ()
    return (f"The log covers {study.span.seconds / 3600:,.2f} h; a reliable peak needs a day or more.",)


def _busiest_minute(study: Study) -> Bools:
    """Return the calls of the minute with the most requests."""
    at_ns = study.events.at_ns
    end_ns = at_ns[busiest_window(at_ns, _ones(study), window_ns=WINDOW_NS)[1]]
    busiest: Bools = (at_ns > end_ns - WINDOW_NS) & (at_ns <= end_ns)
    return busiest


def _ones(study: Study) -> Ints:
    return np.ones(len(study.events), np.int64)


def _needed(study: Study) -> BusiestMinute:
    events = study.events
    return BusiestMinute(
        requests=_most(study, _ones(study)),
        input_tokens=_most(study, events.input_tokens),
        output_tokens=_most(study, events.output_tokens),
        tokens=_most(study, events.input_tokens + events.output_tokens),
    )


def _most(study: Study, amount: Ints) -> float:
    return busiest_window(study.events.at_ns, amount, window_ns=WINDOW_NS)[0]


def _turned_away(study: Study) -> int | None:
    refused = is_turned_away(study.events)
    return None if refused is None else int(refused.sum())


def _too_short(study: Study) -> Gap:
    return Gap(
        kind=KIND,
        missing=("at least 60 s of calls",),
        reason=f"The log spans {study.span.seconds:,.1f} s, so it has no busiest minute.",
        would_add="The rate limits this traffic needs.",
    )
