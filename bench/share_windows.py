"""Windows of a trace whose share of the bill in the rest is known: intervals of shares are judged on them.

Arrivals are those of a ServeGen file, by client and 600 s; each client has its own lengths of input and
output (log-normal, sigma 0.8 and 0.6 between clients, 0.7 and 0.8 between calls), and in some logs its
output wanders over days (sigma 0.3). A log is of all clients, a third of them or twelve, of 1,000 or 20,000
calls, with or without sessions of six calls. Four changes are priced: answers cut at 200 tokens, a cheaper
model, one feature's calls at half price, and cached input. `fit` finds the constants of
`netra.domain.optimization.uncertainty.share`; `told` prints how often an interval holds the share of the
rest of the trace.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from netra.domain.optimization.uncertainty.ratio import ratio_of
from netra.domain.optimization.uncertainty.share import FALL, SEEN, T_90, UNSEEN, Terms, sampling_of
from netra.domain.workloads.columns import Labels

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
WINDOW_S: Final = 600  # of the ServeGen files
SAVINGS: Final = ("cap", "model", "feature", "cache")
CALLS: Final = (1_000, 20_000)
TURNS: Final = (0, 6)  # calls of a client in a session
WANDER: Final = (0.0, 0.3)  # log-normal sigma of a client's lengths over days
HOURS: Final = (0.5, 1, 3, 6, 12, 24, 48, 96, 168)  # of the windows of the fit
FREEDOM: Final = 4  # of Student's t: 3 and 4 are likelier than any others of 2 to 30
IN_USD, OUT_USD = 2.5e-6, 10e-6  # a token
_DAY: Final = 144  # windows of 600 s
_GRID: Final = np.linspace(-4.0, 4.0, 9)  # sigmas of a client's wandering at which its means are computed


class Seen(NamedTuple):
    """What a window shows of a share, and how far that is from the rest of the trace."""

    error: float
    terms: Terms
    margin: float | None  # of the shipped interval; None: none is given
    hours: float
    clients: int


class Clients(NamedTuple):
    """The habits of each client of a log."""

    tokens_in: Floats
    tokens_out: Floats
    is_feature: npt.NDArray[np.bool_]
    cached: Floats  # share of the input

    def money(
        self, saving: str, client: Ints, tokens_in: Floats, tokens_out: Floats
    ) -> tuple[Floats, Floats]:
        """Return what a change saves of each call, and its cost."""
        usd = tokens_in * IN_USD + tokens_out * OUT_USD
        if saving == "cap":
            return np.maximum(tokens_out - 200, 0) * OUT_USD, usd
        if saving == "model":
            return tokens_in * 0.5e-6 + tokens_out * 6e-6, usd
        if saving == "feature":
            return np.where(self.is_feature[client], 0.5 * usd, 0.0), usd
        return tokens_in * self.cached[client] * 0.9 * IN_USD, usd


def clients_of(count: int, rng: np.random.Generator) -> Clients:
    """Draw the habits of so many clients."""
    return Clients(
        tokens_in=rng.lognormal(7, 0.8, count),
        tokens_out=rng.lognormal(5, 0.6, count),
        is_feature=rng.random(count) < 0.3,
        cached=rng.random(count),
    )


def wandering(clients: int, windows: int, sigma: float, rng: np.random.Generator) -> Floats:
    """Return the logarithm of each client's factor on its output by window, correlated over about a day."""
    found = np.zeros((windows, clients))
    if sigma:
        keep = float(np.exp(-1 / _DAY))
        steps = rng.normal(0, sigma * np.sqrt(1 - keep**2), (windows, clients))
        found[0] = rng.normal(0, sigma, clients)
        for window in range(1, windows):
            found[window] = keep * found[window - 1] + steps[window]
    return found.T


def rest_share(
    rates: Floats, clients: Clients, factor: Floats, saving: str, sigma: float, rng: np.random.Generator
) -> float:
    """Return the share of the bill that a change saves at these rates, in expectation."""
    who = np.arange(len(rates), dtype=np.int64)[:, None]
    drawn_in, drawn_out = rng.lognormal(0, 0.7, 400), rng.lognormal(0, 0.8, 400)
    grid = _GRID * sigma if sigma else np.zeros(1)
    means = np.array(
        [
            [
                one.mean(axis=1)
                for one in clients.money(
                    saving,
                    who,
                    clients.tokens_in[:, None] * drawn_in,
                    clients.tokens_out[:, None] * np.exp(at) * drawn_out,
                )
            ]
            for at in grid
        ]
    )
    sums = [
        sum(float(rates[k] @ np.interp(factor[k], grid, means[:, which, k])) for k in range(len(rates)))
        for which in (0, 1)
    ]
    return sums[0] / sums[1] if sums[1] else float("nan")


def seen_in(rates: Floats, rng: np.random.Generator, *, hours: float, clients: int | None) -> Seen | None:
    """Draw a log of so many clients (None: all) and hours; None where it has nothing to save or no rest."""
    chosen = (
        rates if clients is None else rates[rng.choice(len(rates), min(clients, len(rates)), replace=False)]
    )
    length = round(hours * 3600 / WINDOW_S)
    begin = int(rng.integers(0, rates.shape[1] - length + 1))
    part = chosen[:, begin : begin + length]
    calls, turns = int(rng.choice(CALLS)), int(rng.choice(TURNS))
    saving, sigma = str(rng.choice(SAVINGS)), float(rng.choice(WANDER))
    habits = clients_of(len(chosen), rng)
    factor = wandering(len(chosen), rates.shape[1], sigma, rng)
    outside = chosen.copy()
    outside[:, begin : begin + length] = 0.0
    truth = rest_share(outside, habits, factor, saving, sigma, rng)
    if not part.any() or np.isnan(truth):
        return None
    counts = rng.poisson(part * calls / part.sum())
    client, window = np.nonzero(counts)
    repeats = counts[client, window]
    client, window = np.repeat(client, repeats), np.repeat(window, repeats)
    at_s = (window + rng.random(len(window))) * WINDOW_S
    order = np.argsort(at_s, kind="stable")
    client, window, at_s = client[order], window[order], at_s[order]
    tokens_in = np.ceil(habits.tokens_in[client] * rng.lognormal(0, 0.7, len(client)))
    grown = habits.tokens_out[client] * np.exp(factor[client, begin + window])
    saved, usd = habits.money(saving, client, tokens_in, np.ceil(grown * rng.lognormal(0, 0.8, len(client))))
    if not saved.any():
        return None
    sampling = sampling_of((at_s * 1e9).astype(np.int64), sessions(client, at_s, turns))
    if sampling.clusters is None:
        return None
    found, given = ratio_of(saved, usd, sampling.clusters), sampling.share(saved, usd)
    return Seen(
        error=found.value - truth,
        terms=sampling.terms(found, saved, usd),
        margin=None if isinstance(given, str) else given.margin,
        hours=hours,
        clients=len(chosen),
    )


def sessions(client: Ints, at_s: Floats, turns: int) -> Labels | None:
    """Return sessions of so many calls of a client after one another; None for 0."""
    if not turns:
        return None
    place = np.empty(len(client), np.int64)
    place[np.lexsort((at_s, client))] = np.arange(len(client))
    starts = np.searchsorted(np.sort(client), client)
    codes = np.unique(client * 10**6 + (place - starts) // turns, return_inverse=True)[1]
    return Labels(codes=codes.astype(np.int32), names=tuple(map(str, range(int(codes.max()) + 1))))


def gathered(
    rates: Floats,
    rng: np.random.Generator,
    *,
    hours: Iterable[float],
    runs: int,
    clients: Sequence[int | None],
) -> list[Seen]:
    """Draw `runs` logs of each length and number of clients."""
    tried = (
        seen_in(rates, rng, hours=each, clients=count)
        for each, count in product(hours, clients)
        for _ in range(runs)
    )
    return [one for one in tried if one is not None]


def likelihood(windows: Sequence[Seen], *, seen: float, unseen: float, fall: float) -> float:
    """Return the mean log-likelihood of the errors, as Student's t about 0 with these constants."""
    scale = [one.terms.margin(one.hours, seen=seen, unseen=unseen, fall=fall) / T_90 for one in windows]
    squares = np.square([one.error for one in windows] / np.array(scale))
    return float((-np.log(scale) - (FREEDOM + 1) / 2 * np.log1p(squares / FREEDOM)).mean())


def fit(rates: Floats, rng: np.random.Generator, *, runs: int) -> None:
    """Print the constants of the highest likelihood on a trace, and what the shipped ones give there."""
    few = (None, len(rates) // 3, 12)
    windows = [
        one for one in gathered(rates, rng, hours=HOURS, runs=runs, clients=few) if one.terms.between_calls
    ]
    tried = product((0.25, 0.5, 0.75, 1.0), (0.03, 0.04, 0.045, 0.05, 0.06), (0.3, 0.35, 0.4, 0.45))
    best = max(tried, key=lambda one: likelihood(windows, seen=one[0], unseen=one[1], fall=one[2]))
    highest = likelihood(windows, seen=best[0], unseen=best[1], fall=best[2])
    shipped = likelihood(windows, seen=SEEN, unseen=UNSEEN, fall=FALL)
    print(
        f"  fitted now: seen {best[0]}, unseen {best[1]}, fall {best[2]} (log-likelihood {highest:.3f}); "
        f"shipped {SEEN}, {UNSEEN}, {FALL} ({shipped:.3f})"
    )
    told("m-large, on which the constants are fitted", windows)


def told(name: str, windows: Sequence[Seen]) -> None:
    """Print the coverage by length and by number of clients."""
    keys: tuple[tuple[str, Callable[[Seen], float]], ...] = (
        ("h", lambda one: one.hours),
        ("clients", lambda one: one.clients),
    )
    for unit, key in keys:
        parts = [
            f"{value:g} {unit} {covered([one for one in windows if key(one) == value])}"
            for value in sorted({key(one) for one in windows})
        ]
        print(f"  {name}: {', '.join(parts)}")
    print(f"  {name}: all {covered(windows)}")


def covered(windows: Sequence[Seen]) -> str:
    """Return the share of the intervals given that hold the rest's share, and how many are given."""
    held = [abs(one.error) <= one.margin for one in windows if one.margin is not None]
    return f"{np.mean(held):.1%} of {len(held)}" if held else "none given"
