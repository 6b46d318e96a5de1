"""Audits prompt caching without prefix hashes: whether the present caching pays, and which data is missing.

Formula: `sum read (p_in - p_read) - sum written (p_write - p_in)` over the calls as they were billed
(grade A). Further savings need prefix hashes; without them only an upper bound is known.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from msgspec import UNSET, UnsetType

from netra.domain.optimization.analysers.caching.cache_schemes import TriedScheme
from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import CacheSetting, SupplySettings
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, cached, call_usd
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "prompt_caching"
NOISE_SHARE: Final = 1e-9  # largest share of a bill that counts as floating-point rounding
FORMULA: Final = "paid back = sum over calls of read (p_in - p_read) - written (p_write - p_in), as billed"


class CachingInputs(Inputs, frozen=True, kw_only=True):
    """The saving of the caching in force; `tried` lists the alternatives, which save less."""

    calls: int
    read_share: float
    paid_back_usd_in_window: float
    tried: tuple[TriedScheme, ...] | UnsetType = UNSET


class LosingInputs(Inputs, frozen=True, kw_only=True):
    """The loss from the caching in force."""

    calls: int
    read_share: float
    lost_usd_in_window: float
    models: tuple[str, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the net saving of the caching in the log, and the gap that prefix hashes would close."""
    checkpoint(0.0, "Auditing the prompt cache as billed")
    gap = _gap(study)
    read: list[int] = np.unique(study.traffic.tariff[study.traffic.cached_input_tokens > 0]).tolist()
    priceless = [
        code for code in read if code != UNPRICED and study.traffic.tariffs[code].cached_input is None
    ]
    unknown = tuple(unknown_price(study.traffic.tariffs[code]) for code in priceless)
    used = in_use(study) & study.recurring & ~np.isin(study.traffic.tariff, [UNPRICED, *priceless])
    paid_back = paid_back_usd(study, where=used)
    by_setting = _by_setting(study, used, paid_back)
    losing, paying = used & (by_setting < 0), used & (by_setting > 0)
    found: list[Finding] = []
    if paying.any():
        found.append(keep(study, paying, paid_back_usd=float(paid_back[paying].sum())))
    if losing.any():
        found.append(_turn_off(study, losing, lost_usd=-float(paid_back[losing].sum())))
    return (*found, *unknown, gap)


def in_use(study: Study) -> Bools:
    """Return the calls that, according to the log, read or wrote a cache."""
    return (study.traffic.cached_input_tokens + study.traffic.cache_write_tokens) > 0


def _by_setting(study: Study, used: Bools, paid_back: Floats) -> Floats:
    """Return for each call the net saving of caching for its model and provider; 0.0 within rounding error.

    A log may use several labels for one model at one provider; they share one cache setting.
    """
    settings: dict[tuple[str, str], int] = {}
    numbers = [settings.setdefault(_setting_of(tariff), len(settings)) for tariff in study.traffic.tariffs]
    setting: Ints = np.array([*numbers, len(settings)])[study.traffic.tariff]  # the last: unknown price
    back_usd, bill_usd = (
        np.bincount(setting[used], weights=usd[used], minlength=len(settings) + 1)
        for usd in (paid_back, study.now_usd)
    )
    by_call: Floats = np.where(np.abs(back_usd) > NOISE_SHARE * bill_usd, back_usd, 0.0)[setting]
    return by_call


def _setting_of(tariff: Tariff) -> tuple[str, str]:
    return tariff.model, tariff.provider


def paid_back_usd(study: Study, *, where: Bools) -> Floats:
    """Return the extra cost of each call if those in `where` neither read nor wrote the cache."""
    return call_usd(_uncached(study.traffic, where=where)) - study.now_usd


def _uncached(traffic: Traffic, *, where: Bools) -> Traffic:
    nothing = np.zeros(len(traffic), np.int64)
    return cached(traffic, where, read_tokens=nothing, write_tokens=nothing)


def unknown_price(tariff: Tariff) -> Gap:
    """Return the gap for a model without a known price of cached input."""
    return Gap(
        kind=KIND,
        missing=(f"the price of cached input of {tariff.model}",),
        reason=f"The price of cached input is not known for {tariff.model}, so neither is the saving.",
        would_add="The saving or loss from caching its prompts.",
    )


def keep(study: Study, where: Bools, *, paid_back_usd: float) -> Finding:
    """Return the finding that the present caching of the calls in `where` pays."""
    share = _read_share(study, where)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="keep"),
        stance=Stance.INFORM,
        action="Keep prompt caching as it is: it saves money",
        impact=(
            f"{percent(share)} of the input tokens of {count(int(where.sum()), 'call')} are read from the "
            f"cache, which reduced the bill {study.month.period} by {money(paid_back_usd)}."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=CachingInputs(calls=int(where.sum()), read_share=share, paid_back_usd_in_window=paid_back_usd),
        assumptions=("The cached and cache-write counts of the log are those that were billed.",),
        evidence=rows(study, where, weight=study.traffic.cached_input_tokens),
        how_to_verify="Sum the cached-input and cache-write lines of the bill.",
        effort="low",
        risk="None: nothing changes.",
    )


def _turn_off(study: Study, where: Bools, *, lost_usd: float) -> Finding:
    codes = np.unique(study.traffic.tariff[where])
    settings = list(dict.fromkeys(_setting_of(study.traffic.tariffs[int(code)]) for code in codes))
    names = _names(study, settings)
    share = _read_share(study, where)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(
            lever="off", scope=tuple(f"model={provider}/{model}" for model, provider in settings)
        ),
        stance=Stance.DO,
        action=f"Turn prompt caching off for {', '.join(names)}: its writes cost more than its reads save",
        impact=(
            f"Only {percent(share)} of the input tokens of {count(int(where.sum()), 'call')} "
            "are read from the "
            f"cache; caching increased the bill {study.month.period} by {money(lost_usd)}."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=LosingInputs(
            calls=int(where.sum()),
            read_share=share,
            lost_usd_in_window=lost_usd,
            models=tuple(dict.fromkeys(model for model, _ in settings)),
        ),
        assumptions=("The cached and cache-write counts of the log are those that were billed.",),
        evidence=rows(study, where, weight=study.traffic.cache_write_tokens),
        how_to_verify="Compare the cost per call before and after the change on the same templates.",
        effort="low",
        risk="Answers do not change; the time to first token rises on calls that were cache hits.",
        change=partial(_uncached, where=where),
        supply=SupplySettings(
            caching=tuple(
                CacheSetting(model=model, provider=provider, enabled=False) for model, provider in settings
            )
        ),
        steps=tuple(f"Remove the cache markers from the prompts sent to {name}." for name in names),
        roll_back="Restore the cache markers.",
    )


def _names(study: Study, settings: Sequence[tuple[str, str]]) -> list[str]:
    """Return the model names, with the provider where the log has one model at several."""
    places = Counter(model for model, _ in {_setting_of(tariff) for tariff in study.traffic.tariffs})
    return [f"{model} at {provider}" if places[model] > 1 else model for model, provider in settings]


def _read_share(study: Study, where: Bools) -> float:
    total = int(study.traffic.input_tokens[where].sum())
    return int(study.traffic.cached_input_tokens[where].sum()) / total if total else 0.0


def _gap(study: Study) -> Gap:
    """Return the gap that prefix hashes would close, with an upper bound on the saving of any caching."""
    everything = np.array([tariff.cached_input is not None for tariff in study.traffic.tariffs] + [False])
    where = everything[study.traffic.tariff]
    nothing = np.zeros(len(study.traffic), np.int64)
    all_read = cached(study.traffic, where, read_tokens=study.traffic.input_tokens, write_tokens=nothing)
    most_usd = max(float((study.now_usd - call_usd(all_read)).sum()), 0.0)
    return Gap(
        kind=KIND,
        missing=("prefix_hashes",),
        reason="The log does not show which prompts share a prefix, so reuse cannot be replayed.",
        would_add=(
            "The saving or loss from caching at each time to live. Its upper bound, with every input token a "
            "hit, is "
            f"{money(most_usd)} over the log."
        ),
    )
