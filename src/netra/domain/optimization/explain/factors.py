"""The factors whose product is a bill, for each unit and kind of token on one side.

`bill = sum over units and kinds of token of calls x share of the kind of call x attempts per call x share of
the model x of the tier x of the region x tokens per attempt x share of those tokens x list price x factor of
the context threshold x paid per dollar of list price`. Requests, charges and calls without a list price are
further terms, with dollars an attempt in place of tokens and their price.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec
import numpy as np

from netra.domain.optimization.explain.lmdi import Matrix
from netra.domain.optimization.explain.units import KIND, MODEL, REGION, TIER, Units
from netra.domain.optimization.pricing import Billed
from netra.domain.workloads.columns import Floats, Ints

EffectName = Literal[
    "volume",
    "mix_feature",
    "retries",
    "mix_model",
    "mix_tier",
    "region",
    "input_length",
    "output_length",
    "cache_share",
    "write_share",
    "price_list",
    "long_context",
    "discount",
    "charges",
    "unlisted",
]
NAMES: Final[tuple[EffectName, ...]] = get_args(EffectName)
_ROW: Final[Mapping[str, int]] = {name: row for row, name in enumerate(NAMES)}

TOKENS: Final = (
    "uncached_input",
    "cached_input",
    "cache_write",
    "cache_write_1h",
    "cache_write_12h",
    "output",
)
_LEVELS: Final = {MODEL: "mix_model", TIER: "mix_tier", REGION: "region"}


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What the m units come to on one side."""

    attempts: Floats
    firsts: Floats  # attempts that are no retry
    tokens: Matrix  # by kind of token and unit
    usd: Matrix  # at list prices
    flat_usd: Matrix  # without context thresholds and prices of single hours
    requests_usd: Floats
    charges_usd: Floats
    paid_usd: Floats  # of the calls that have a list price
    unlisted_usd: Floats  # paid for calls without one

    @property
    def listed_usd(self) -> Floats:
        """The list price of all that the units' calls were charged for."""
        listed: Floats = self.usd.sum(axis=0) + self.requests_usd + self.charges_usd
        return listed


def summed(values: Floats | Ints, *, by: Ints, size: int = 0) -> Floats:
    """Return the sum of the values of each group, of at least `size` groups."""
    return np.asarray(np.bincount(by, weights=values, minlength=size), np.float64)


def tokens_and_usd(charged: Billed, units: Ints, *, size: int) -> tuple[Matrix, Matrix]:
    """Return the tokens and the dollars of each kind of token and unit."""
    tokens: list[Floats] = []
    usd: list[Floats] = []
    for kind in TOKENS:
        amount: Ints = getattr(charged, f"{kind}_tokens")
        rate: Floats = getattr(charged, f"usd_per_{kind}_token")
        tokens.append(summed(amount, by=units, size=size))
        usd.append(summed(np.nan_to_num(amount * rate), by=units, size=size))
    return np.array(tokens), np.array(usd)


def factors_of(sums: Sums, units: Units, *, mix: Matrix, per: float = 1.0) -> Matrix:
    """Return the factors (rows, as `NAMES`) of every term: each kind of token, requests, charges, unlisted.

    `per` divides the number of calls. `mix` is, by kind of token and unit, what other members of a pooled
    unit did to the average price: the effect of the level at which it is pooled, and not of list prices.
    """
    calls = _calls(sums, units, per=per)
    discount = _per(sums.paid_usd, sums.listed_usd)
    terms = [
        _token_term(sums, units, kind, calls=calls, discount=discount, mix=mix[kind])
        for kind in range(len(TOKENS))
    ]
    attempts = np.where(sums.attempts > 0, sums.attempts, np.nan)
    terms += [
        _term(calls, {"price_list": sums.requests_usd / attempts, "discount": discount}),
        _term(calls, {"charges": sums.charges_usd / attempts, "discount": discount}),
        _term(calls, {"unlisted": sums.unlisted_usd / attempts}),
    ]
    return np.concatenate(terms, axis=1)


def _calls(sums: Sums, units: Units, *, per: float) -> dict[str, Floats]:
    """Return the factors that make the attempts of each unit, by name of their effect."""
    kind, model, tier, region = (summed(sums.attempts, by=level)[level] for level in units.levels)
    by_kind = summed(sums.firsts, by=units.levels[KIND])[units.levels[KIND]]
    firsts = np.where(by_kind > 0, by_kind, kind)  # retries alone are counted as calls
    all_firsts = float(np.where(by_kind > 0, sums.firsts, sums.attempts).sum())
    return {
        "volume": np.full(len(kind), all_firsts / per),
        "mix_feature": firsts / all_firsts,
        "retries": _per(kind, firsts),
        "mix_model": _per(model, kind),
        "mix_tier": _per(tier, model),
        "region": _per(region, tier),
    }


def _token_term(
    sums: Sums, units: Units, kind: int, *, calls: Mapping[str, Floats], discount: Floats, mix: Floats
) -> Matrix:
    factors = dict(calls)
    factors["discount"] = discount
    factors |= _lengths(sums, kind)
    factors["price_list"] = _per(_per(sums.flat_usd[kind], sums.tokens[kind]), mix)
    factors["long_context"] = _per(sums.usd[kind], sums.flat_usd[kind])
    for level, name in _LEVELS.items():
        factors[name] = np.where(units.pooled_at == level, factors[name] * mix, factors[name])
    return _term(factors, {})


def _lengths(sums: Sums, kind: int) -> dict[str, Floats]:
    """Return the factors that make one kind of token of an attempt."""
    if TOKENS[kind] == "output":
        return {"output_length": _per(sums.tokens[kind], sums.attempts)}
    whole = sums.tokens[:-1].sum(axis=0)
    cached = sums.tokens[TOKENS.index("cached_input")]
    length = {"input_length": _per(whole, sums.attempts)}
    if TOKENS[kind] == "cached_input":
        return length | {"cache_share": _per(cached, whole)}
    rest = whole - cached
    return length | {"cache_share": _per(rest, whole), "write_share": _per(sums.tokens[kind], rest)}


def _term(factors: Mapping[str, Floats], more: Mapping[str, Floats]) -> Matrix:
    """Return the rows of one term, 1 for what is not a factor."""
    found = {**factors, **more}
    width = len(next(iter(found.values())))
    rows = np.ones((len(NAMES), width))
    for name, values in found.items():
        rows[_ROW[name]] = values
    return rows


def _per(part: Floats, whole: Floats) -> Floats:
    """Return part over whole, NaN where there is no whole."""
    quotient: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0)
    return quotient
