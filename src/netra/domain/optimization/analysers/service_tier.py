"""Service tier: calls that can wait at flex prices, and what priority buys for its price.

Formula: `saved = sum over the calls of (price at their tier - price at the other tier)`, the same tokens at
the published prices of both (grade A). Flex suits calls tagged `offline` or with a deadline of 15 minutes or
more: it may answer late, or refuse with 429, and such a call is sent again at the default tier. Sources: the
providers' flex and priority guides, November 2026.
"""

from functools import partial
from typing import Final

import numpy as np

from netra.domain.optimization.analysers.batch import tagged_patient
from netra.domain.optimization.analysers.evidence import rows, saved_by_call_usd
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.priority_tier import priority_findings
from netra.domain.optimization.analysers.tier_moves import Move, is_at, move_to
from netra.domain.optimization.measures.statuses import is_turned_away
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "service_tier"
FORMULA: Final = "saved = sum over the calls of (price at their service tier - price at the other one)"
WAIT_S: Final = 900.0  # the time that a flex call may take (the providers' timeout)


class FlexInputs(Inputs, frozen=True, kw_only=True):
    """The calls that can wait, their cost now, and how often the log's calls were refused with 429."""

    calls: int
    eligible_usd_in_window: float
    saved_usd_in_window: float
    refused_share: float | None  # None: the log has no status
    refused_share_is_of_flex_calls: bool


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what flex saves on calls that can wait, and what priority costs and buys."""
    checkpoint(0.0, "Comparing service tiers")
    if not len(study.events):
        return ()
    return (*_flex(study), *priority_findings(study, kind=KIND, formula=FORMULA))


def _flex(study: Study) -> tuple[Finding | Gap, ...]:
    """Return the saving of flex; nothing where no call can wait or no model has a flex price."""
    waiting = _patient(study) & study.recurring & is_at(study, None, "priority", "fast")
    move = move_to(study, "flex")
    by_call = saved_by_call_usd(study, partial(move.apply, where=waiting))
    where = waiting & (by_call > 0)
    if where.any():
        return (_finding(study, move, where, saved_usd=float(by_call[where].sum())),)
    if study.events.offline is not None or study.events.deadline_s is not None:
        return ()
    everything = study.recurring & is_at(study, None, "priority", "fast")
    most_usd = float(saved_by_call_usd(study, partial(move.apply, where=everything)).clip(min=0.0).sum())
    return (_untagged(study, most_usd),) if most_usd > 0 else ()


def _patient(study: Study) -> Bools:
    """Return the calls that the log marks as able to wait a quarter of an hour."""
    deadline_s = study.events.deadline_s
    patient = tagged_patient(study)
    return patient if deadline_s is None else patient | (deadline_s >= WAIT_S)


def _finding(study: Study, move: Move, where: Bools, *, saved_usd: float) -> Finding:
    eligible_usd = float(study.now_usd[where].sum())
    refused, is_flex = _refused(study)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="flex tier"),
        stance=Stance.DO,
        action="Send the calls that can wait 15 minutes at the flex service tier",
        impact=(
            f"{count(int(where.sum()), 'call')} that cost {money(eligible_usd)} {study.month.period} would "
            f"cost {percent(saved_usd / eligible_usd)} less at flex prices, with the same model and caching."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=FlexInputs(
            calls=int(where.sum()),
            eligible_usd_in_window=eligible_usd,
            saved_usd_in_window=saved_usd,
            refused_share=refused,
            refused_share_is_of_flex_calls=is_flex,
        ),
        assumptions=(
            "A call tagged offline, or with a deadline of 15 minutes or more, can wait that long.",
            _refusals(refused, is_flex=is_flex),
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify="Send a tenth of these calls at flex for a day; count refusals and late answers.",
        effort="low",
        risk="At busy times flex answers late or refuses with 429; send such a call at the default tier.",
        change=partial(move.apply, where=where),
        low_share=0.0 if refused is None else 1.0 - refused,
        steps=(
            'Set `service_tier` to "flex" on these calls, with a timeout of 15 minutes.',
            "On a 429 of the flex tier, wait, then send the call at the default tier.",
        ),
        roll_back="Remove `service_tier` from these calls.",
    )


def _refused(study: Study) -> tuple[float | None, bool]:
    """Return the share of calls that were refused with 429, of flex calls where there are any."""
    refused = is_turned_away(study.events)
    if refused is None:
        return None, False
    flex = is_at(study, "flex")
    chosen = refused[flex] if flex.any() else refused
    return float(chosen.mean()), bool(flex.any())


def _refusals(refused: float | None, *, is_flex: bool) -> str:
    if refused is None:
        return "The log has no status, so how many calls flex refuses is not known: the low end is zero."
    whose = "flex calls" if is_flex else "calls, none of them at flex, which may refuse more"
    return f"As many are refused with 429 as in the log, {percent(refused)} of its {whose}; they pay as now."


def _untagged(study: Study, most_usd: float) -> Gap:
    return Gap(
        kind=KIND,
        missing=("offline", "deadline_s"),
        reason="The log does not show which calls can wait 15 minutes.",
        would_add=(
            "The exact saving from the flex tier. Its upper bound, with every call at flex, is "
            f"{money(most_usd)} of {money(float(np.sum(study.now_usd)))} over the log."
        ),
    )
