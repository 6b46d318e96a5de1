"""Routing by outcome: moves calls where the log shows a cheaper model's answers accepted as often.

Formula: for each group of calls served by two models, the 95 % interval of the difference of their
acceptance rates (Newcombe 1998); the dearer model's calls move where the lower end is above -2 percentage
points. Grade C: outcomes are a sample, and calls were not assigned to models at random. Valid with
`accepted` on at least 50 calls of each model and group.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.intervals import difference, wilson
from netra.domain.optimization.model import Checkpoint, Grade, Stance
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import RouteRule, SupplySettings
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, call_usd, routed
from netra.domain.optimization.wording import count, listed, money, percent
from netra.domain.workloads.columns import Codes, Flags, Floats, Ints, Labels

KIND: Final = "right_sizing"
FORMULA: Final = (
    "a group of calls moves to the cheaper model where the 95 % interval of (its acceptance rate - the "
    "present one's) stays above -0.02; saved = sum of (price now - its price)"
)
MARGIN: Final = -0.02  # largest drop in acceptance rate that still counts as equal
FEWEST_OUTCOMES: Final = 50
_LISTED: Final = 20
_ASSUMPTIONS: Final = (
    "Within a group, both models got calls of the same difficulty.",
    "An answer marked as accepted was good enough.",
)


class OutcomeMove(msgspec.Struct, frozen=True, kw_only=True):
    """One group of calls that moves, with both models' acceptance rates and their 95 % intervals."""

    by: str
    match: str
    from_model: str = msgspec.field(name="from")
    to: str
    calls: int
    accept_rate_from: float
    accept_rate_to: float
    accept_rate_to_95: tuple[float, float]
    difference_95: tuple[float, float]
    saved_usd_in_window: float


class OutcomeInputs(Inputs, frozen=True, kw_only=True):
    """The groups of calls that move."""

    by: str
    moves: tuple[OutcomeMove, ...]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One group of calls that a cheaper model serves as well."""

    group: int  # its index among the groups
    name: str
    code: int  # the dearer tariff in the traffic
    to: int  # the cheaper one
    accepted: tuple[int, int]  # (accepted, judged) of the cheaper model
    incumbent: tuple[int, int]
    calls: int  # of the recurring ones
    saved_usd: float  # on those


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding, ...]:
    """Return the move of calls whose outcomes show a cheaper model to be as good; empty without outcomes."""
    accepted = study.events.accepted
    if accepted is None:
        return ()
    checkpoint(0.5, "Comparing accepted answers by model")
    proofs = _proofs(study, accepted)
    return (_finding(study, proofs),) if proofs else ()


def _proofs(study: Study, accepted: Flags) -> list[Proof]:
    """Return, for each group and dearer model, the cheapest model shown to be as good; most saved first."""
    traffic = study.traffic
    _, groups = groups_of(study)
    shape = (len(groups.names), len(traffic.tariffs))
    cells = groups.codes.astype(np.int64) * shape[1] + traffic.tariff
    priced = traffic.tariff != UNPRICED
    known = priced & (accepted >= 0) & ~traffic.unpaid  # a refused call has no answer to accept
    movable = priced & study.recurring
    calls = np.bincount(cells[movable], minlength=shape[0] * shape[1]).reshape(shape)
    judged = np.bincount(cells[known], minlength=shape[0] * shape[1]).reshape(shape)
    good = np.bincount(cells[known & (accepted == 1)], minlength=shape[0] * shape[1]).reshape(shape)
    seasoned = judged >= FEWEST_OUTCOMES
    rivals_anywhere = np.flatnonzero(seasoned.any(axis=0))
    saved = _saved(study, cells[movable], movable=movable, shape=shape, to=rivals_anywhere)
    proofs: list[Proof] = []
    for group, name in enumerate(groups.names):
        rivals = [int(code) for code in np.flatnonzero(seasoned[group])]
        outcomes = {code: (int(good[group, code]), int(judged[group, code])) for code in rivals}
        for code in rivals:
            gains = {to: float(saved[to][group, code]) for to in rivals if to != code}
            best = _cheapest_as_good(gains, code=code, outcomes=outcomes)
            if best is not None:
                proofs.append(
                    Proof(
                        group=group,
                        name=name,
                        code=code,
                        to=best,
                        accepted=outcomes[best],
                        incumbent=outcomes[code],
                        calls=int(calls[group, code]),
                        saved_usd=gains[best],
                    )
                )
    return sorted(proofs, key=lambda proof: -proof.saved_usd)


def _saved(
    study: Study, cells: Ints, *, movable: Bools, shape: tuple[int, int], to: npt.NDArray[np.intp]
) -> dict[int, Floats]:
    """Return, by target tariff, the saving of moving each (group, present tariff) there."""
    found: dict[int, Floats] = {}
    for code in to:
        moved = routed(study.traffic, movable, to=study.traffic.tariffs[int(code)])
        by_call = (study.now_usd - call_usd(moved))[movable]
        sums: Floats = np.bincount(cells, weights=by_call, minlength=shape[0] * shape[1]).astype(np.float64)
        found[int(code)] = sums.reshape(shape)
    return found


def _cheapest_as_good(
    gains: Mapping[int, float], *, code: int, outcomes: Mapping[int, tuple[int, int]]
) -> int | None:
    """Return the rival that saves most among those shown to be accepted as often; None if no rival saves."""
    as_good = [
        to
        for to, saved_usd in gains.items()
        if saved_usd > 0 and difference(*outcomes[to], than=outcomes[code])[0] >= MARGIN
    ]
    return max(as_good, key=lambda to: gains[to], default=None)


def _finding(study: Study, proofs: Sequence[Proof]) -> Finding:
    field, groups = groups_of(study)
    targets = _targets(study, proofs, groups)
    where = targets >= 0
    table = tuple(_row(study, field, proof) for proof in proofs)
    moves = [f"{row.match} from {row.from_model} to {row.to}" for row in table]
    saved_usd = sum(proof.saved_usd for proof in proofs)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="by outcome", scope=tuple(f"{field}={move}" for move in moves)),
        stance=Stance.DO,
        action=f"Move {listed(moves)}",
        impact=(
            f"{count(int(where.sum()), 'call')} cost {money(saved_usd)} less {study.month.period}, with "
            "answers accepted "
            f"as often: {listed([_sentence(row) for row in table])}."
        ),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=OutcomeInputs(by=field, moves=table),
        assumptions=_ASSUMPTIONS,
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify=(
            "Keep a tenth of these calls on the present model for two weeks and compare acceptance rates."
        ),
        effort="low",
        risk=(
            "If the cheaper model got the easier calls, its acceptance rate will fall once it gets "
            "all of them."
        ),
        change=partial(_moved, targets=targets, tariffs=study.traffic.tariffs),
        supply=SupplySettings(
            route_rules=tuple(
                RouteRule(by=field, match=row.match, from_model=row.from_model, to=row.to) for row in table
            )
        ),
        steps=tuple(
            f"Route {move}: a tenth of the calls for a week, then all of them." for move in moves[:_LISTED]
        ),
        roll_back="Route these groups of calls to their present model again.",
    )


def _targets(study: Study, proofs: Sequence[Proof], groups: Labels) -> Codes:
    """Return the tariff each call moves to; -1 where it stays."""
    lookup = np.full((len(groups.names), len(study.traffic.tariffs) + 1), -1, np.int32)
    for proof in proofs:
        lookup[proof.group, proof.code] = proof.to
    targets = lookup[groups.codes, study.traffic.tariff]  # an unpriced call reads the last column
    moving: Codes = np.where(study.recurring, targets, -1).astype(np.int32)
    return moving


def _moved(traffic: Traffic, *, targets: Codes, tariffs: tuple[Tariff, ...]) -> Traffic:
    free = traffic.kept & ~traffic.hosted
    for code in np.unique(targets[targets >= 0]):
        traffic = routed(traffic, (targets == code) & free, to=tariffs[int(code)])
    return traffic


def _row(study: Study, field: str, proof: Proof) -> OutcomeMove:
    return OutcomeMove(
        by=field,
        match=proof.name,
        from_model=study.traffic.tariffs[proof.code].model,
        to=study.traffic.tariffs[proof.to].model,
        calls=proof.calls,
        accept_rate_from=proof.incumbent[0] / proof.incumbent[1],
        accept_rate_to=proof.accepted[0] / proof.accepted[1],
        accept_rate_to_95=wilson(*proof.accepted),
        difference_95=difference(*proof.accepted, than=proof.incumbent),
        saved_usd_in_window=proof.saved_usd,
    )


def _sentence(row: OutcomeMove) -> str:
    return f"{row.match} {percent(row.accept_rate_to)} against {percent(row.accept_rate_from)}"
