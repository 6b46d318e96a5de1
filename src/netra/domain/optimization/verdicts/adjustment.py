"""Adjust a call's dollars for its input length and hour, fitted to the calls before a change."""

from typing import Final

import numpy as np

from netra.domain.optimization.traffic import Bools
from netra.domain.workloads.columns import Codes, Events, Floats, Ints, Labels

DAYS_FOR_HOURS: Final = 7  # days of calls before the change needed to fit hours of the day: with fewer, the
# fit absorbs the drift that the placebo should show (17 % of verdicts on no change claimed an effect)
DAYS_FOR_WEEKDAYS: Final = 28  # days needed to fit hours of the week
_HOUR_NS: Final = 3_600 * 10**9
_DAY_NS: Final = 24 * _HOUR_NS


def adjusted(usd: Floats, *, events: Events, groups: Labels, after: Bools) -> Floats:
    """Return each call's dollars minus the effect of its input length and hour; needs an earlier call."""
    count = len(groups.names)
    before = ~after
    tokens = events.input_tokens.astype(np.float64)
    centred = tokens - means(tokens, groups.codes, before, size=count)[groups.codes]
    left = usd - _slopes(usd, centred, groups=groups, before=before)[groups.codes] * centred
    days = float(np.ptp(events.at_ns[before])) / _DAY_NS
    if days < DAYS_FOR_HOURS:
        return left
    hours = 168 if days >= DAYS_FOR_WEEKDAYS else 24
    slot = events.at_ns // _HOUR_NS % hours + groups.codes.astype(np.int64) * hours
    usual = means(left, groups.codes, before, size=count)[groups.codes]
    seen = np.bincount(slot[before], minlength=hours * count) > 0
    by_hour = means(left, slot, before, size=hours * count)
    return left - np.where(seen[slot], by_hour[slot], usual)


def means(values: Floats, codes: Ints | Codes, where: Bools, *, size: int) -> Floats:
    """Return the mean of each code over the calls in `where`; 0 for a code without calls.

    >>> means(np.array([1.0, 3.0, 9.0]), np.array([0, 0, 1]), np.array([True, True, False]), size=2).tolist()
    [2.0, 0.0]
    """
    calls = np.bincount(codes[where], minlength=size)
    return np.bincount(codes[where], weights=values[where], minlength=size) / np.maximum(calls, 1)


def _slopes(usd: Floats, centred: Floats, *, groups: Labels, before: Bools) -> Floats:
    """Fit the dollars per input token of each kind to its calls before the change."""
    codes, size = groups.codes[before], len(groups.names)
    spread = np.bincount(codes, weights=np.square(centred[before]), minlength=size)
    together = np.bincount(codes, weights=(centred * usd)[before], minlength=size)
    return np.where(spread > 0, together, 0.0) / np.where(spread > 0, spread, 1.0)
