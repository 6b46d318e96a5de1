"""Batch: calls that are not latency-sensitive, at the model's own batch prices.

Formula: `sum over eligible calls of (standard price - the same model's batch price)`. A model without
a published batch price saves an unknown amount, never an assumed half. A call is eligible if it is tagged
`offline` or has a deadline of at least a day, the turnaround of a batch (grade A). Calls that only appear
to tolerate the delay (not streamed, no session, no short deadline) are counted separately (grade C).
Sources: the providers' batch guides, turnaround 24 h, October 2026.
"""

from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import CallGroup, SupplySettings
from netra.domain.optimization.traffic import Bools, batched, call_usd
from netra.domain.optimization.wording import count, listed, money, percent
from netra.domain.workloads.columns import Floats

KIND: Final = "batch"
FORMULA: Final = (
    "saved = sum over eligible calls of (price - the same model's batch price), the cheaper of the two a call"
)
TURNAROUND_S: Final = 86_400.0  # the turnaround that batch interfaces guarantee
TOLERANT_S: Final = 3_600.0  # the usual turnaround: calls with this much time may tolerate a batch


class BatchInputs(Inputs, frozen=True, kw_only=True):
    """The calls that can wait, and their price in a batch."""

    calls: int
    eligible_usd_in_window: float
    saved_usd_in_window: float
    discount_share: float
    groups: tuple[str, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the saving from sending delay-tolerant calls in batches."""
    checkpoint(0.0, "Looking for calls that can wait")
    by_call = _saved_by_call_usd(study)
    if not by_call.any():
        return _no_prices(study)
    patient = tagged_patient(study)
    tagged = patient & study.recurring
    inferred = inferred_patient(study) & ~patient & study.recurring
    found: list[Finding | Gap] = []
    if by_call[tagged].any():
        found.append(_tagged(study, tagged, by_call=by_call))
    if by_call[inferred].any():
        found.append(_inferred(study, inferred, by_call=by_call))
    if study.events.offline is None and study.events.deadline_s is None:
        found.append(_untagged(study, most_usd=float(by_call.sum())))
    return tuple(found)


def _saved_by_call_usd(study: Study) -> Floats:
    """Return what each call would save in a batch, eligible or not."""
    everything = np.ones(len(study.traffic), np.bool_)
    return study.now_usd - call_usd(batched(study.traffic, everything))


def tagged_patient(study: Study) -> Bools:
    """Return the calls that the log marks as able to wait a day."""
    events = study.events
    patient = np.zeros(len(events), np.bool_)
    if events.offline is not None:
        patient |= events.offline == 1
    if events.deadline_s is not None:
        patient |= events.deadline_s >= TURNAROUND_S
    return patient


def inferred_patient(study: Study) -> Bools:
    """Return the calls of groups that show no sign of being latency-sensitive.

    In such a group no call is streamed, belongs to a session, is tagged as not offline or has a deadline
    under an hour. There must also be positive evidence: streaming is logged (as off), or the deadlines
    are an hour or more.
    """
    events = study.events
    waits = np.zeros(len(events), np.bool_)
    shown = np.zeros(len(events), np.bool_)
    if events.streaming is not None:
        waits |= events.streaming == 1
        shown |= events.streaming == 0
    if events.session is not None:
        waits |= events.session.codes >= 0
    if events.offline is not None:
        waits |= events.offline == 0
    if events.deadline_s is not None:
        waits |= events.deadline_s < TOLERANT_S
        shown |= events.deadline_s >= TOLERANT_S
    _, groups = groups_of(study)
    waiting = np.bincount(groups.codes, weights=waits, minlength=len(groups.names)) > 0
    return shown & ~waiting[groups.codes]


def _tagged(study: Study, where: Bools, *, by_call: Floats) -> Finding:
    return msgspec.structs.replace(
        _finding(study, where, by_call=by_call),
        stance=Stance.DO,
        grade=Grade.EXACT,
        action="Send the calls that can wait a day through the batch interface",
        assumptions=(
            (
                "A call tagged offline, or with a deadline of a day or more, can wait the 24 h "
                "that a batch may take."
            ),
        ),
        risk=(
            "Answers arrive up to 24 h later. Cached input inside batches is priced by the published rules, "
            "which do not cover every case."
        ),
        supply=SupplySettings(batch=_settings(study, where)),
    )


def _inferred(study: Study, where: Bools, *, by_call: Floats) -> Finding:
    return msgspec.structs.replace(
        _finding(study, where, by_call=by_call),
        stance=Stance.EVALUATE,
        grade=Grade.MODEL,
        action="Move calls that appear to tolerate a delay to the batch interface, once their owners agree",
        key_parts=KeyParts(lever="batch", scope=tuple(group.match for group in _settings(study, where))),
        assumptions=(
            (
                "No call of these groups is streamed, belongs to a session or has a deadline under an hour, "
                "so a delay appears acceptable."
            ),
            "This is inferred, not logged, so the low end of the saving is zero.",
        ),
        risk=(
            "If a user does wait for these answers, they arrive hours late: confirm with the owner of each "
            "group first."
        ),
        low_share=0.0,
    )


def _finding(study: Study, where: Bools, *, by_call: Floats) -> Finding:
    """Return the part of the finding that tagged and inferred calls share."""
    saved_usd, eligible_usd = float(by_call[where].sum()), float(study.now_usd[where].sum())
    names = [group.match for group in _settings(study, where)]
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="batch", scope=("delay=tagged",)),
        stance=Stance.DO,
        action="",
        impact=(
            f"{count(int(where.sum()), 'call')} that cost {money(eligible_usd)} {study.month.period} would "
            f"cost {percent(saved_usd / eligible_usd)} less at batch prices."
        ),
        grade=Grade.EXACT,
        formula=FORMULA,
        inputs=BatchInputs(
            calls=int(where.sum()),
            eligible_usd_in_window=eligible_usd,
            saved_usd_in_window=saved_usd,
            discount_share=saved_usd / eligible_usd,
            groups=tuple(names),
        ),
        assumptions=(),
        evidence=rows(study, where, weight=study.now_usd),
        how_to_verify=(
            "On the bill, compare the cost per call of these groups at batch prices with that at standard "
            "prices."
        ),
        effort="medium",
        risk="",
        change=partial(batched, where=where),
        steps=(
            f"Collect the calls of {listed(names)} into batch files, hourly or nightly.",
            "Submit them with a 24 h completion window and match the results by their custom ids.",
            "Resend the requests that a batch returns as expired through the standard interface.",
        ),
        roll_back="Send these calls through the standard interface again; the requests are identical.",
    )


def _settings(study: Study, where: Bools) -> tuple[CallGroup, ...]:
    field, groups = groups_of(study)
    return tuple(
        CallGroup(by=field, match=groups.names[int(code)]) for code in np.unique(groups.codes[where])
    )


def _no_prices(study: Study) -> tuple[Gap, ...]:
    models = sorted({tariff.model for tariff in study.traffic.tariffs if tariff.batch is None})
    if not models:
        return ()
    return (
        Gap(
            kind=KIND,
            missing=tuple(f"the batch price of {model}" for model in models),
            reason=(
                "No batch price is published for these models, so the discount is unknown; it is not assumed "
                "to be half."
            ),
            would_add="The saving from sending delay-tolerant calls in batches.",
        ),
    )


def _untagged(study: Study, *, most_usd: float) -> Gap:
    return Gap(
        kind=KIND,
        missing=("offline", "deadline_s"),
        reason="The log does not show which calls can wait.",
        would_add=(
            "The exact saving from batches. Its upper bound, with every call in a batch, is "
            f"{money(most_usd)} of {money(float(study.now_usd.sum()))} over the log."
        ),
    )
