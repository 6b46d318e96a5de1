"""Is priority worth it: dollars for milliseconds, priority calls against default calls of the same kind.

The money is exact: the same tokens at both tiers' prices. The time is a difference of means within model and
kind of call, with a 90 % interval clustered by session, else by blocks of time.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows, saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.tier_moves import is_at, move_to
from netra.domain.optimization.measures.latency import tails_of, tpot_ms
from netra.domain.optimization.measures.statuses import failed_calls
from netra.domain.optimization.model import Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.uncertainty.clusters import Clusters, blocks_of, every_length_of, sessions_of
from netra.domain.optimization.uncertainty.difference import Difference, difference_of
from netra.domain.optimization.wording import both, count, money, percent

_SHORTEST_S: Final = 60.0  # of a block of time, where even blocks of a minute are few


class Gained(msgspec.Struct, frozen=True, kw_only=True):
    """What priority gains in one latency; negative is slower."""

    measure: str
    gained_ms: float
    low_ms: float | None  # the 90 % interval; None: too few sessions or blocks of time
    high_ms: float | None
    priority_calls: int
    default_calls: int


class PriorityInputs(Inputs, frozen=True, kw_only=True):
    """The premium of the priority calls and what it bought."""

    calls: int
    priority_usd_in_window: float
    premium_usd_in_window: float
    gained: tuple[Gained, ...]  # empty: the log has nothing to compare


def priority_findings(study: Study, *, kind: str, formula: str) -> tuple[Finding, ...]:
    """Return what the priority calls cost more and gain; nothing without such calls."""
    priority = is_at(study, "priority", "fast") & study.recurring
    move = move_to(study, "default")
    change = partial(move.apply, where=priority)
    premium_usd = float(saved_by_call_usd(study, change).sum())
    if not priority.any() or premium_usd <= 0:
        return ()
    gained = _gained(study, priority)
    broken = _broken_limits(study)
    return (
        Finding(
            kind=kind,
            key_parts=KeyParts(lever="default tier", scope=("tier=priority",)),
            stance=Stance.AVOID if broken else Stance.EVALUATE,
            action="Keep these calls at priority"
            if broken
            else "Send these priority calls at the default tier",
            impact=_impact(study, priority, premium_usd, gained, broken),
            grade=Grade.EXACT,
            formula=formula,
            inputs=PriorityInputs(
                calls=int(priority.sum()),
                priority_usd_in_window=float(study.now_usd[priority].sum()),
                premium_usd_in_window=premium_usd,
                gained=gained,
            ),
            assumptions=(
                "Priority and default calls of one model and kind differ in nothing else that takes time.",
            ),
            evidence=rows(study, priority, weight=study.now_usd),
            how_to_verify=(
                "Send every second session of these calls at the default tier for a week and compare the "
                "time to first token and per output token."
            ),
            effort="low",
            risk="Answers come later at busy times: the default tier has no promise of latency.",
            change=change,
            steps=("Remove `service_tier` from these calls, for some sessions first.",),
            roll_back='Set `service_tier` to "priority" again.',
        ),
    )


def _gained(study: Study, priority: Bools) -> tuple[Gained, ...]:
    """Return what priority gains in each latency that both tiers have."""
    compared = (priority | is_at(study, None)) & ~failed_calls(study.events)
    where = np.flatnonzero(compared)
    _, groups = groups_of(study)
    cells = study.events.model.codes.astype(np.int64)[where] * len(groups.names) + groups.codes[where]
    cells = np.unique(cells, return_inverse=True)[1].reshape(-1).astype(np.int64)
    clusters = _clusters(study, where)
    found: list[Gained] = []
    for name, values in (
        ("time to first token", study.events.ttft_ms),
        ("time per output token", tpot_ms(study)),
    ):
        if values is None:
            continue
        difference = difference_of(values[where], priority[where], cells, clusters)
        if difference is not None:
            found.append(_row(name, difference))
    return tuple(found)


def _clusters(study: Study, where: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Clusters:
    session = study.events.session
    by_session = None if session is None else sessions_of(session.take(where))
    if by_session is not None:
        return by_session
    at_ns = study.events.at_ns[where]
    lengths = list(every_length_of(at_ns))
    return lengths[-1] if lengths else blocks_of(at_ns, block_s=_SHORTEST_S)


def _row(name: str, difference: Difference) -> Gained:
    return Gained(
        measure=name,
        gained_ms=difference.value,
        low_ms=difference.low,
        high_ms=difference.high,
        priority_calls=difference.treated,
        default_calls=difference.others,
    )


def _broken_limits(study: Study) -> tuple[str, ...]:
    """Return the limits asked for that the log's default calls break."""
    goals, tails = study.goals, tails_of(study, among=is_at(study, None))
    limits: Sequence[tuple[str, float | None, float | None]] = (
        ("time to first token", tails.ttft_ms_p99, goals.ttft_ms_p99),
        ("time per output token", tails.tpot_ms_p99, goals.tpot_ms_p99),
        ("latency", tails.latency_ms_p99, goals.latency_ms.get("")),
    )
    return tuple(
        name for name, value, limit in limits if value is not None and limit is not None and value > limit
    )


def _impact(
    study: Study, priority: Bools, premium_usd: float, gained: Sequence[Gained], broken: Sequence[str]
) -> str:
    cost_usd = float(study.now_usd[priority].sum())
    calls = count(int(priority.sum()), "call")
    price = (
        f"Priority costs {money(premium_usd)} {study.month.period} more for {calls}, "
        f"{percent(premium_usd / cost_usd)} of what they cost."
    )
    if not gained:
        return f"{price} The log has no calls of the same kind at the default tier with a latency to compare."
    words = " ".join(_in_words(one) for one in gained)
    kept = f" At the default tier the p99 {both(broken)} breaks the limit." if broken else ""
    return f"{price} {words}{kept}"


def _in_words(gained: Gained) -> str:
    way = "sooner" if gained.gained_ms > 0 else "later"
    value = f"{abs(gained.gained_ms):,.1f} ms"
    if gained.low_ms is None or gained.high_ms is None:
        return f"Its {gained.measure} is {value} {way} on average; too few sessions for an interval."
    interval = f"90 % interval {gained.low_ms:,.1f} to {gained.high_ms:,.1f} ms"
    if gained.low_ms <= 0 <= gained.high_ms:
        return f"No difference in {gained.measure} is visible ({interval})."
    return f"Its {gained.measure} is {value} {way} on average ({interval})."
