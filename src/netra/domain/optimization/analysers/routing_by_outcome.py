"""Routing by outcome: where the log itself shows a cheaper model's answers accepted as often.

Formula: for each kind of call that two models served, the 95 % interval of the difference of their
accept rates (Newcombe 1998); the dearer model's calls move where the lower end is above -2 points.
Grade C: outcomes are a sample, and calls were not assigned to models by chance. Valid with `accepted`
on at least 50 calls of each model and kind.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Stance, Study
from netra.domain.optimization.analysers.outcomes import difference, wilson
from netra.domain.optimization.model import Checkpoint, Grade
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, call_usd, routed
from netra.domain.optimization.wording import count, money, percent

KIND: Final = "right_sizing"
FORMULA: Final = (
    "a kind of call moves to the cheaper model where the 95 % interval of (its accept rate - the present "
    "one's) "
    "stays above -0.02; saved = sum of (price now - its price)"
)
MARGIN: Final = -0.02  # how much worse an accept rate may be and still count as equal
FEWEST_OUTCOMES: Final = 50


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call that a cheaper model serves as well."""

    group: str
    code: int  # the dearer tariff in the traffic
    to: int  # the cheaper one
    accepted: tuple[int, int]  # (accepted, judged) of the cheaper model
    incumbent: tuple[int, int]
    where: Bools
    saved_usd: float


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding, ...]:
    """Return the calls whose outcomes show that a cheaper model is as good; nothing without outcomes."""
    if study.events.accepted is None:
        return ()
    checkpoint(0.5, "Comparing accepted answers by model")
    proofs = _proofs(study)
    return (_finding(study, proofs),) if proofs else ()


def _proofs(study: Study) -> list[Proof]:
    """Return, for each kind of call and dearer model, the cheapest model proven as good."""
    traffic = study.traffic
    _, groups = groups_of(study)
    accepted = (
        study.events.accepted if study.events.accepted is not None else np.full(len(traffic), -1, np.int8)
    )
    cells = groups.codes.astype(np.int64) * len(traffic.tariffs) + traffic.tariff
    known = (accepted >= 0) & (traffic.tariff != UNPRICED)
    size = len(groups.names) * len(traffic.tariffs)
    judged = np.bincount(cells[known], minlength=size).reshape(len(groups.names), -1)
    good = np.bincount(cells[known & (accepted == 1)], minlength=size).reshape(len(groups.names), -1)
    proofs: list[Proof] = []
    for group, name in enumerate(groups.names):
        seasoned = [int(code) for code in np.flatnonzero(judged[group] >= FEWEST_OUTCOMES)]
        for code in seasoned:
            outcomes = {other: (int(good[group, other]), int(judged[group, other])) for other in seasoned}
            where = (groups.codes == group) & (traffic.tariff == code)
            best = _cheapest_as_good(traffic, where, code=code, outcomes=outcomes)
            if best is not None:
                to, saved_usd = best
                proofs.append(
                    Proof(
                        group=name,
                        code=code,
                        to=to,
                        accepted=outcomes[to],
                        incumbent=outcomes[code],
                        where=where,
                        saved_usd=saved_usd,
                    )
                )
    return proofs


def _cheapest_as_good(
    traffic: Traffic, where: Bools, *, code: int, outcomes: Mapping[int, tuple[int, int]]
) -> tuple[int, float] | None:
    now_usd = float(call_usd(traffic)[where].sum())
    best: tuple[int, float] | None = None
    for other, (good, judged) in outcomes.items():
        if other == code or difference(good, judged, than=outcomes[code])[0] < MARGIN:
            continue
        moved = routed(traffic, where, to=traffic.tariffs[other])
        saved_usd = now_usd - float(call_usd(moved)[where].sum())
        if saved_usd > (0.0 if best is None else best[1]):
            best = (other, saved_usd)
    return best


def _finding(study: Study, proofs: Sequence[Proof]) -> Finding:
    field, _ = groups_of(study)
    where = np.any([proof.where for proof in proofs], axis=0)
    moves = tuple((proof.where, study.traffic.tariffs[proof.to]) for proof in proofs)
    saved_usd = sum(proof.saved_usd for proof in proofs)
    table = [_row(study, field, proof) for proof in proofs]
    return Finding(
        kind=KIND,
        stance=Stance.DO,
        action="; ".join(
            f"Move {proof.group} from {study.traffic.tariffs[proof.code].model} to {to.model}"
            for proof, (_, to) in zip(proofs, moves, strict=True)
        ),
        impact=(
            f"{count(int(where.sum()), 'call')} cost {money(saved_usd)} less over the log, with answers "
            "accepted "
            "as often: " + "; ".join(_sentence(row, field) for row in table) + "."
        ),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs={"by": field, "moves": table},
        assumptions=(
            "Calls of one kind that went to different models are alike; nobody sorted the easy ones out.",
            "An answer marked accepted was good enough.",
        ),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify=(
            "Keep a tenth of these calls on the present model for two weeks and compare accept rates."
        ),
        effort="low",
        risk="If easier calls went to the cheaper model, its accept rate will fall when it gets them all.",
        change=partial(_moved, moves=moves),
        supply={
            "routes": [
                {"by": field, "match": proof.group, "to": to.model, "provider": to.provider}
                for proof, (_, to) in zip(proofs, moves, strict=True)
            ]
        },
        steps=tuple(
            f"Route {proof.group} to {to.model}: a tenth for a week, then all of it."
            for proof, (_, to) in zip(proofs, moves, strict=True)
        ),
        roll_back="Route these kinds of calls to their present model again.",
    )


def _moved(traffic: Traffic, *, moves: tuple[tuple[Bools, Tariff], ...]) -> Traffic:
    for where, to in moves:
        traffic = routed(traffic, where & traffic.kept & ~traffic.hosted, to=to)
    return traffic


def _row(study: Study, field: str, proof: Proof) -> Mapping[str, Any]:
    return {
        field: proof.group,
        "from": study.traffic.tariffs[proof.code].model,
        "to": study.traffic.tariffs[proof.to].model,
        "calls": int(proof.where.sum()),
        "accept_rate_from": proof.incumbent[0] / proof.incumbent[1],
        "accept_rate_to": proof.accepted[0] / proof.accepted[1],
        "accept_rate_to_95": list(wilson(*proof.accepted)),
        "difference_95": list(difference(*proof.accepted, than=proof.incumbent)),
        "saved_usd_in_window": proof.saved_usd,
    }


def _sentence(row: Mapping[str, Any], field: str) -> str:
    return f"{row[field]} {percent(row['accept_rate_to'])} against {percent(row['accept_rate_from'])}"
