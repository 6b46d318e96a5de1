"""Roll back a change for some kinds of call: the actions, and the modelled saving.

Grade C: the later calls at the earlier model's price and with the earlier length of answers.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.analysers.models.upgrade_wording import reason
from netra.domain.optimization.measures.before_after import Side
from netra.domain.optimization.model import Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import RouteRule, SupplySettings
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, capped, routed
from netra.domain.optimization.verdicts.ruling import Ruling
from netra.domain.optimization.verdicts.verdict import Kind, Quality
from netra.domain.optimization.wording import percent
from netra.domain.workloads.columns import Ints, Labels

KIND: Final = "upgrade_review"
FORMULA: Final = "saved = cost - cost at the earlier model's price and the earlier length of answers"


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call to roll back."""

    where: Bools  # its calls that are served in another way since the change
    to: Tariff  # the earlier model
    output_tokens: Ints  # as long as before, on average; of every call of the log


class ReviewedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call before and after; dollars are savings in the time after, None if unknown."""

    group: str
    before: Side
    after: Side
    saved_usd: float | None
    mechanical_usd: float | None
    behavioural_usd: float | None
    low_usd: float | None
    high_usd: float | None
    accept_rate_change_95: tuple[float, float] | None
    cost: Ruling
    quality: Quality
    roll_back: bool


class RollBackInputs(Inputs, frozen=True, kw_only=True):
    """The kinds of call whose change should be rolled back."""

    groups: tuple[ReviewedGroup, ...]
    calls: int


def roll_back(study: Study, undone: Sequence[Kind], *, after: Bools, groups: Labels) -> Finding:
    """Return the advice to roll back the change for the kinds of call in `undone`."""
    earlier = [(kind, _earlier(study, kind, after=after, groups=groups)) for kind in undone]
    returns = tuple(
        _return(study, kind, to=to, after=after, groups=groups)
        for kind, to in earlier
        if to is not None and kind.money.saved_usd is not None
    )
    mine = np.isin(groups.codes, [groups.names.index(kind.group) for kind in undone])
    where = after & mine & ~study.traffic.unpaid
    names = ", ".join(kind.group for kind in undone)
    surely = all(kind.money.ruling == "not_worth_it" for kind in undone)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="roll back", scope=tuple(f"kind={kind.group}" for kind in undone)),
        stance=Stance.DO if surely else Stance.EVALUATE,
        action=f"Roll back {names}",
        impact=" ".join(reason(kind) for kind in undone),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=RollBackInputs(groups=tuple(reviewed(kind) for kind in undone), calls=int(where.sum())),
        assumptions=(
            "Rolled back, these calls get the earlier model and answers as long as before.",
            f"Only the {percent(float(after.mean()))} of the calls that came after the change can save.",
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify="Compare dollars a call and accept rates of these kinds a week after the roll-back.",
        effort="low",
        risk="What the change was made for is lost for these kinds of call.",
        change=partial(_returned, returns=returns) if returns else None,
        supply=SupplySettings(
            route_rules=tuple(
                RouteRule(match=kind.group, to=to.model, provider=to.provider)
                for kind, to in earlier
                if to is not None
            )
        ),
        steps=tuple(
            f"Set {kind.group} back to {'what it was' if to is None else to.model}." for kind, to in earlier
        ),
        roll_back="Apply the change to these kinds of call again.",
    )


def reviewed(kind: Kind) -> ReviewedGroup:
    """Return one kind of call as a result shows it."""
    worth = kind.money
    return ReviewedGroup(
        group=kind.group,
        before=kind.before,
        after=kind.after,
        saved_usd=worth.saved_usd,
        mechanical_usd=worth.mechanical_usd,
        behavioural_usd=worth.behavioural_usd,
        low_usd=worth.low_usd,
        high_usd=worth.high_usd,
        accept_rate_change_95=kind.accept_rate_change_95,
        cost=worth.ruling,
        quality=kind.quality,
        roll_back=kind.is_to_roll_back,
    )


def _earlier(study: Study, kind: Kind, *, after: Bools, groups: Labels) -> Tariff | None:
    """Return the model that served most of these calls before the change; None where no price is known.

    A model that only refused calls served no call.
    """
    mine = groups.codes == groups.names.index(kind.group)
    earlier = study.traffic.tariff[mine & ~after & ~study.traffic.unpaid]
    known = earlier[earlier != UNPRICED]
    return study.traffic.tariffs[int(np.bincount(known).argmax())] if len(known) else None


def _return(study: Study, kind: Kind, *, to: Tariff, after: Bools, groups: Labels) -> Return:
    mine = groups.codes == groups.names.index(kind.group)
    scale = kind.before.output_tokens_per_call / max(kind.after.output_tokens_per_call, 1e-9)
    shorter = np.rint(study.traffic.output_tokens * min(scale, 1.0)).astype(np.int64)
    return Return(where=mine & after, to=to, output_tokens=shorter)


def _returned(traffic: Traffic, *, returns: tuple[Return, ...]) -> Traffic:
    for back in returns:
        where = back.where & traffic.kept & ~traffic.hosted
        traffic = routed(traffic, where, to=back.to)
        traffic = capped(traffic, where, output_tokens=back.output_tokens)
    return traffic
