"""Prompt caching where the log names no prefixes: does the caching that is on now pay, and what is missing.

Formula: `sum read (p_in - p_read) - sum written (p_write - p_in)` over the calls as they were billed
(grade A). What more could be cached needs prefix hashes; without them only the ceiling is known.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Stance, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import Bools, Traffic, cached, call_usd
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "prompt_caching"
FORMULA: Final = "paid back = sum over calls of read (p_in - p_read) - written (p_write - p_in), as billed"


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what the caching in the log is worth, and the gap that prefix hashes would close."""
    checkpoint(0.0, "Auditing the prompt cache as billed")
    gap = _gap(study)
    used = (study.traffic.cached_input_tokens + study.traffic.cache_write_tokens) > 0
    if not used.any():
        return (gap,)
    paid_back = paid_back_usd(study, where=used)
    losing = used & _in_losing_settings(study, used, paid_back)
    found = (
        [keep(study, used & ~losing, paid_back_usd=float(paid_back[~losing].sum()))]
        if (used & ~losing).any()
        else []
    )
    if losing.any():
        found.append(_turn_off(study, losing, lost_usd=-float(paid_back[losing].sum())))
    return (*found, gap)


def _in_losing_settings(study: Study, used: Bools, paid_back: Floats) -> Bools:
    """Return the calls whose model, at their provider, pays more for caching than it gets back.

    A log may name one model at one provider in several ways; its caching is one setting all the same.
    """
    settings: dict[tuple[str, str], int] = {}
    numbers = [settings.setdefault(_setting_of(tariff), len(settings)) for tariff in study.traffic.tariffs]
    setting: Ints = np.array([*numbers, len(settings)])[study.traffic.tariff]  # the last: of unknown price
    by_setting = np.bincount(setting[used], weights=paid_back[used], minlength=len(settings) + 1)
    losing: Bools = (by_setting < 0)[setting]
    return losing


def _setting_of(tariff: Tariff) -> tuple[str, str]:
    return tariff.model, tariff.provider


def paid_back_usd(study: Study, *, where: Bools) -> Floats:
    """Return what each call would cost more if those in `where` neither read nor wrote the cache."""
    return call_usd(_uncached(study.traffic, where=where)) - study.now_usd


def _uncached(traffic: Traffic, *, where: Bools) -> Traffic:
    nothing = np.zeros(len(traffic), np.int64)
    return cached(traffic, where, read_tokens=nothing, write_tokens=nothing)


def keep(study: Study, where: Bools, *, paid_back_usd: float) -> Finding:
    """Return that the caching of the calls in `where` pays as it is."""
    share = _read_share(study, where)
    return Finding(
        kind=KIND,
        stance=Stance.INFORM,
        action="Keep prompt caching as it is: it pays",
        impact=(
            f"{percent(share)} of the input tokens of {count(int(where.sum()), 'call')} are read from the "
            "cache; "
            f"that made the log's bill {money(paid_back_usd)} smaller."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs={"calls": int(where.sum()), "read_share": share, "paid_back_usd_in_window": paid_back_usd},
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
        stance=Stance.DO,
        action=f"Turn prompt caching off for {', '.join(names)}: its writes cost more than its reads save",
        impact=(
            f"Only {percent(share)} of the input tokens of {count(int(where.sum()), 'call')} are read back; "
            f"caching made the log's bill {money(lost_usd)} larger."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs={
            "calls": int(where.sum()),
            "read_share": share,
            "lost_usd_in_window": lost_usd,
            "models": list(dict.fromkeys(model for model, _ in settings)),
        },
        assumptions=("The cached and cache-write counts of the log are those that were billed.",),
        evidence=rows(study, where, weight=study.traffic.cache_write_tokens),
        how_to_verify="Compare dollars a call before and after on the same templates.",
        effort="low",
        risk="None to answers; the first token comes later on calls that were hits.",
        change=partial(_uncached, where=where),
        supply={
            "caching": [
                {"model": model, "provider": provider, "enabled": False} for model, provider in settings
            ]
        },
        steps=tuple(f"Remove the cache markers from the prompts sent to {name}." for name in names),
        roll_back="Set the cache markers again.",
    )


def _names(study: Study, settings: Sequence[tuple[str, str]]) -> list[str]:
    """Return the models, with their provider where the log has one at several."""
    places = Counter(model for model, _ in {_setting_of(tariff) for tariff in study.traffic.tariffs})
    return [f"{model} at {provider}" if places[model] > 1 else model for model, provider in settings]


def _read_share(study: Study, where: Bools) -> float:
    total = int(study.traffic.input_tokens[where].sum())
    return int(study.traffic.cached_input_tokens[where].sum()) / total if total else 0.0


def _gap(study: Study) -> Gap:
    """Say what prefix hashes would tell, with the most that any caching could save."""
    everything = np.array([tariff.cached_input is not None for tariff in study.traffic.tariffs] + [False])
    where = everything[study.traffic.tariff]
    nothing = np.zeros(len(study.traffic), np.int64)
    all_read = cached(study.traffic, where, read_tokens=study.traffic.input_tokens, write_tokens=nothing)
    most_usd = max(float((study.now_usd - call_usd(all_read)).sum()), 0.0)
    return Gap(
        kind=KIND,
        missing=("prefix_hashes",),
        reason="The log does not say which prompts begin alike, so reuse cannot be replayed.",
        would_add=(
            "What caching saves at each time to live, or that it loses. The ceiling, every input token a "
            "hit, is "
            f"{money(most_usd)} over the log."
        ),
    )
