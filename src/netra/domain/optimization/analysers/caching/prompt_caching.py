"""Prompt caching: on or off, and with which time to live, by replay of the real prefixes (grade B).

Formula, in dollars over the window, with H the tokens read from the cache and W those written:
`sum H (p_in - p_read) - sum W (p_write - p_in)`. H is the replayed reuse of each call, rounded down to
the provider's granularity and zero below its minimum. W is the rest of the cacheable prefix, charged where
the provider charges writes. Each scheme is compared with the caching in the log, which is kept unless a
scheme saves more. Valid where prompts are identified by prefix blocks and the provider keeps a block at
least its time to live after the last use. Sources: the providers' prompt caching guides and price lists,
October 2026.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.caching import cache_audit
from netra.domain.optimization.analysers.caching.cache_schemes import (
    Replays,
    Scheme,
    TriedScheme,
    change_of,
    is_explicit,
    schemes_for,
)
from netra.domain.optimization.analysers.caching.cache_wording import (
    cached_part,
    grouped_by_instruction,
    instruction_of,
    key_parts,
    setting_of,
    steps_of,
    too_short,
    warming_of,
)
from netra.domain.optimization.analysers.evidence import rows, saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Evidence, Gap, Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.progress import within
from netra.domain.optimization.supply_config import NO_SETTINGS, CacheSetting, SupplySettings
from netra.domain.optimization.wording import listed, money, percent

KIND: Final = "prompt_caching"
FORMULA: Final = (
    "saved = sum over calls of H (p_in - p_read) - W (p_write - p_in); H = replayed prefix reuse floored "
    "to the "
    "provider's granularity and minimum, W = the rest of the cacheable prefix where writes are charged"
)


class SchemeInputs(Inputs, frozen=True, kw_only=True):
    """The caching schemes advised, and all those replayed."""

    schemes: tuple[TriedScheme, ...]
    tried: tuple[TriedScheme, ...]


def break_even_hit_share(*, write: float, read: float) -> float:
    """Return the share of cacheable tokens that must be hits for explicit caching to pay.

    `(w - 1) / (w - r)` with the write and read prices as multiples of the input price, w >= 1 > r:
    the solution of `h (1 - r) = (1 - h) (w - 1)`.

    >>> [round(break_even_hit_share(write=write, read=0.1), 3) for write in (1.25, 2)]
    [0.217, 0.526]
    """
    return (write - 1) / (write - read)


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return which prompts to cache and for how long; schemes that lose money become warnings."""
    if study.events.prefixes is None:
        return cache_audit.analyse(study, checkpoint=checkpoint)
    replays = Replays(study)
    gaps: list[Finding | Gap] = []
    tried: list[list[Scheme]] = []
    for code, tariff in enumerate(study.traffic.tariffs):
        share = 1 / len(study.traffic.tariffs)
        inside = within(checkpoint, begin=code * share, end=(code + 1) * share)
        if tariff.cached_input is None:
            gaps.append(cache_audit.unknown_price(tariff))
            continue
        tried.append(schemes_for(replays, code=code, checkpoint=inside))
    table = [_row(replays, scheme) for schemes in tried for scheme in schemes]
    best = [max(schemes, key=lambda scheme: scheme.saved_usd) for schemes in tried]
    paying = [scheme for scheme in best if scheme.saved_usd > 0]
    stays = [schemes for schemes, most in zip(tried, best, strict=True) if most.saved_usd <= 0]
    unseen = [scheme for scheme in paying if _may_be_in_force(study, scheme)]
    switched = [scheme for scheme in paying if not _may_be_in_force(study, scheme)]
    found = [_switch(replays, switched, table=table)] if switched else []
    found += [_unseen(replays, unseen, table=table)] if unseen else []
    lost = _losing(study, stays)
    losing = [scheme for scheme in lost if not replays.is_cold(scheme.ttl_s)]
    warned = [_leave_off(replays, losing, table=table)] if losing else []
    gaps += [too_short(study, scheme) for scheme in lost if replays.is_cold(scheme.ttl_s)]
    return (*found, *_kept(study, stays, table=table), *warned, *gaps)


def _may_be_in_force(study: Study, scheme: Scheme) -> bool:
    """Return whether the provider caches by itself and the log does not show what it cached."""
    logged = study.events.cached_input_tokens
    is_shown = logged is not None and bool((logged[scheme.where] >= 0).any())
    return not is_shown and not is_explicit(scheme.tariff)


def _losing(study: Study, stays: Sequence[Sequence[Scheme]]) -> list[Scheme]:
    """Return the least costly scheme of each model with explicit caching that is not cached yet."""
    in_use = np.unique(study.traffic.tariff[cache_audit.in_use(study) & study.recurring])
    losing: list[Scheme] = []
    for schemes in stays:
        lost = [one for one in schemes if one.saved_usd < 0 and is_explicit(one.tariff)]
        if lost and schemes[0].code not in in_use:
            losing.append(max(lost, key=lambda scheme: scheme.saved_usd))
    return losing


def _kept(
    study: Study, stays: Sequence[Sequence[Scheme]], *, table: Sequence[TriedScheme]
) -> tuple[Finding, ...]:
    """Return the finding that the present caching is the best scheme, if it saves money at all."""
    codes = [schemes[0].code for schemes in stays]
    where = cache_audit.in_use(study) & study.recurring & np.isin(study.traffic.tariff, codes)
    paid_back_usd = float(cache_audit.paid_back_usd(study, where=where).sum())
    if paid_back_usd <= cache_audit.NOISE_SHARE * float(study.now_usd[where].sum()):
        return ()
    kept = cache_audit.keep(study, where, paid_back_usd=paid_back_usd)
    return (msgspec.structs.replace(kept, inputs=msgspec.structs.replace(kept.inputs, tried=tuple(table))),)


def _switch(replays: Replays, schemes: Sequence[Scheme], *, table: Sequence[TriedScheme]) -> Finding:
    return Finding(
        kind=KIND,
        key_parts=key_parts(schemes),
        stance=Stance.DO,
        action=listed([instruction_of(alike) for alike in grouped_by_instruction(schemes)]),
        impact=_impact(replays, schemes),
        grade=Grade.REPLAY,
        formula=FORMULA,
        inputs=SchemeInputs(schemes=tuple(_row(replays, scheme) for scheme in schemes), tried=tuple(table)),
        assumptions=_assumptions(replays, schemes),
        evidence=_evidence(replays, schemes),
        how_to_verify=(
            "Compare the cached and cache-write token counts in the provider's responses with the replay's "
            "every day, and the cached-input lines of the bill with the monthly saving."
        ),
        effort="medium" if any(is_explicit(scheme.tariff) for scheme in schemes) else "low",
        risk=(
            "Answers do not change. A cache split over several deployments has a lower hit rate than the "
            "replay shows."
        ),
        change=change_of(replays, schemes),
        supply=SupplySettings(caching=tuple(setting_of(scheme) for scheme in schemes)),
        steps=tuple(step for alike in grouped_by_instruction(schemes) for step in steps_of(alike)),
        roll_back=("Restore the earlier cache markers and their time to live; nothing else depends on them."),
    )


def _unseen(replays: Replays, schemes: Sequence[Scheme], *, table: Sequence[TriedScheme]) -> Finding:
    """Return what automatic caching may already save: anything from nothing to all that the replay shows."""
    models = ", ".join(dict.fromkeys(scheme.tariff.model for scheme in schemes))
    return msgspec.structs.replace(
        _switch(replays, schemes, table=table),
        stance=Stance.INFORM,
        action=f"Log cached_input_tokens: {models} caches by itself, and the log does not show how much",
        impact=(
            f"{_impact(replays, schemes)} How much of it the bill already has is not known, so the saving is "
            "between nothing and this, and in no plan."
        ),
        key_parts=key_parts(schemes, lever="log"),
        low_share=0.0,
        supply=NO_SETTINGS,
        steps=("Send the cached input tokens that the provider's responses report with each call.",),
        roll_back="",
    )


def _leave_off(replays: Replays, schemes: Sequence[Scheme], *, table: Sequence[TriedScheme]) -> Finding:
    models = ", ".join(dict.fromkeys(scheme.tariff.model for scheme in schemes))
    lost_usd = -sum(scheme.saved_usd for scheme in schemes)
    return Finding(
        kind=KIND,
        key_parts=key_parts(schemes, lever="leave off"),
        stance=Stance.AVOID,
        action=f"Do not turn on explicit prompt caching for {models}: it would cost money on this traffic",
        impact=(
            f"Even its best setting loses {money(lost_usd)} {replays.study.month.period}. "
            f"{_impact(replays, schemes)} " + " ".join(_break_even(scheme) for scheme in schemes)
        ),
        grade=Grade.REPLAY,
        formula=FORMULA,
        inputs=SchemeInputs(schemes=tuple(_row(replays, scheme) for scheme in schemes), tried=tuple(table)),
        assumptions=_assumptions(replays, schemes),
        evidence=_evidence(replays, schemes),
        how_to_verify=(
            "Cache the prompts of one template for a day and compare the cost of writes with the saving of "
            "reads."
        ),
        effort="low",
        risk="None: nothing changes.",
        change=change_of(replays, schemes),
        supply=SupplySettings(
            caching=tuple(
                CacheSetting(model=one.tariff.model, provider=one.tariff.provider, enabled=False)
                for one in schemes
            )
        ),
    )


def _impact(replays: Replays, schemes: Sequence[Scheme]) -> str:
    parts = [_row(replays, scheme) for scheme in schemes]
    return " ".join(
        f"{row.model} at {row.ttl_s} s reads {percent(row.read_share)} and writes "
        f"{percent(row.write_share)} of its input tokens through the cache."
        for row in parts
    )


def _break_even(scheme: Scheme) -> str:
    share = _break_even_of(scheme.tariff)
    if share is None:
        return ""
    return f"Caching on {scheme.tariff.model} pays only if {percent(share)} of the cacheable tokens are hits."


def _break_even_of(tariff: Tariff) -> float | None:
    """Return the break-even hit share at base prices; None where writes cost no extra."""
    price = tariff.input.usd_per_token
    if tariff.cached_input is None or tariff.cache_write is None or price <= 0:
        return None
    write, read = tariff.cache_write.usd_per_token / price, tariff.cached_input.usd_per_token / price
    return break_even_hit_share(write=write, read=read) if write > 1 > read else None


def _row(replays: Replays, scheme: Scheme) -> TriedScheme:
    study = replays.study
    mine = (study.traffic.tariff == scheme.code) & study.recurring & replays.counted(scheme)
    after = change_of(replays, [scheme])(study.traffic)
    input_tokens = int(study.traffic.input_tokens[mine].sum())
    read = int(after.cached_input_tokens[mine].sum())
    written = int(after.cache_write_tokens[mine].sum())
    return TriedScheme(
        model=scheme.tariff.model,
        provider=scheme.tariff.provider,
        ttl_s=scheme.ttl_s,
        cached_part=cached_part(scheme),
        calls=int((scheme.where & study.recurring).sum()),
        input_tokens=input_tokens,
        read_tokens=read,
        write_tokens=written,
        read_share=read / input_tokens if input_tokens else 0.0,
        write_share=written / input_tokens if input_tokens else 0.0,
        saved_usd_in_window=scheme.saved_usd,
        break_even_hit_share=_break_even_of(scheme.tariff),
    )


def _evidence(replays: Replays, schemes: Sequence[Scheme]) -> Evidence:
    where = np.any([scheme.where for scheme in schemes], axis=0) & replays.study.recurring
    saved = saved_by_call_usd(replays.study, change_of(replays, schemes))
    return rows(replays.study, where, weight=np.abs(saved))


def _assumptions(replays: Replays, schemes: Sequence[Scheme]) -> tuple[str, ...]:
    study = replays.study
    assumed = [
        "Equal prefix hashes mean equal prompts up to that block; one cache serves all calls of a model.",
        "A block stays cached until its last use, hit or write, is longer ago than the time to live.",
        *warming_of(replays, schemes),
    ]
    if study.events.cached_input_tokens is None:
        assumed.append(
            "The log does not show which tokens were cached, so the present bill counts all input at the "
            "full price; if the provider already caches, part of this saving is already realised."
        )
    guessed = {one.tariff.model: one.tariff for one in schemes if not one.tariff.cache_min_known}
    assumed += [
        f"The minimum number of tokens that {model} caches is not known; "
        f"{tariff.cache_min_tokens:,} is assumed."
        for model, tariff in guessed.items()
    ]
    if any(scheme.tariff.caching is None for scheme in schemes):
        assumed.append(
            "The price book does not say whether caching is automatic; a model with a price on cache writes "
            "is assumed to need explicit markers."
        )
    return tuple(assumed)
