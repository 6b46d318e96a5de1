"""Batch: calls that nobody waits for, at the model's own batch prices.

Formula: `sum over eligible calls of (standard price - the same model's batch price)`; a model without
a published batch price saves an unknown amount, never an assumed half. Eligible is a call tagged
`offline` or with a deadline of at least a day, which is what a batch promises (grade A); calls that
only look tolerant (not streamed, no session, no short deadline) are counted apart (grade C). Sources: the
providers' batch guides, turnaround 24 h, October 2026.
"""

from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import groups_of, rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.supply_config import CallGroup, SupplySettings
from netra.domain.optimization.traffic import Bools, batched, call_usd
from netra.domain.optimization.wording import count, listed, money, percent
from netra.domain.workloads.columns import Floats

KIND: Final = "batch"
FORMULA: Final = (
    "saved = sum over eligible calls of (price - the same model's batch price), the cheaper of the two a call"
)
TURNAROUND_S: Final = 86_400.0  # what a batch interface promises
TOLERANT_S: Final = 3_600.0  # what a batch mostly needs


class BatchInputs(Inputs, frozen=True, kw_only=True):
    """The calls that can wait, and their price in a batch."""

    calls: int
    eligible_usd_in_window: float
    saved_usd_in_window: float
    discount_share: float
    groups: tuple[str, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what sending patient calls in batches saves."""
    checkpoint(0.0, "Looking for calls nobody waits for")
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
    """Return what each call would save in a batch, whether or not it may go there."""
    everything = np.ones(len(study.traffic), np.bool_)
    return study.now_usd - call_usd(batched(study.traffic, everything))


def tagged_patient(study: Study) -> Bools:
    """Return the calls the log itself says can wait a day."""
    events = study.events
    patient = np.zeros(len(events), np.bool_)
    if events.offline is not None:
        patient |= events.offline == 1
    if events.deadline_s is not None:
        patient |= events.deadline_s >= TURNAROUND_S
    return patient


def inferred_patient(study: Study) -> Bools:
    """Return the calls of groups where nothing shows that anybody waits.

    A group is patient when none of its calls is streamed, belongs to a session, is tagged as not
    offline or has a deadline under an hour, and when streaming is logged, so that its absence means
    something; or when every deadline it has is an hour or more.
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
            "A call tagged offline, or with a deadline of a day or more, can wait the 24 h a batch may take.",
        ),
        risk="Answers come up to 24 h later. Prompt caching inside batches is priced at what is known of it.",
        supply=SupplySettings(batch=_settings(study, where)),
    )


def _inferred(study: Study, where: Bools, *, by_call: Floats) -> Finding:
    return msgspec.structs.replace(
        _finding(study, where, by_call=by_call),
        stance=Stance.EVALUATE,
        grade=Grade.MODEL,
        action="Ask the owners of calls that look patient whether they can go through the batch interface",
        assumptions=(
            (
                "No call of these groups is streamed, in a session or due within an hour, so nobody seems to "
                "wait."
            ),
            "That is inferred, so the low end of the saving is nothing.",
        ),
        risk=(
            "If somebody does wait, the answer comes hours late: confirm with the owner of each group first."
        ),
        low_share=0.0,
    )


def _finding(study: Study, where: Bools, *, by_call: Floats) -> Finding:
    """Return what both kinds of patient calls have in common."""
    saved_usd, eligible_usd = float(by_call[where].sum()), float(study.now_usd[where].sum())
    names = [group.match for group in _settings(study, where)]
    return Finding(
        kind=KIND,
        stance=Stance.DO,
        action="",
        impact=(
            f"{count(int(where.sum()), 'call')} that cost {money(eligible_usd)} {study.month.told} would "
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
            "Compare dollars a call of these groups on the bill's batch lines with the standard ones."
        ),
        effort="medium",
        risk="",
        change=partial(batched, where=where),
        steps=(
            f"Collect the calls of {listed(names)} into batch files, hourly or nightly.",
            "Submit them with a 24 h window and read the results by their custom ids.",
            "Send what a batch returns as expired through the standard interface.",
        ),
        roll_back="Send the same calls to the standard interface again; the requests are identical.",
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
                "No batch price is published for the models of this log, which is not the same as half price."
            ),
            would_add="What sending patient calls in batches saves.",
        ),
    )


def _untagged(study: Study, *, most_usd: float) -> Gap:
    return Gap(
        kind=KIND,
        missing=("offline", "deadline_s"),
        reason="The log does not say which calls can wait.",
        would_add=(
            "What batches save, exactly. The ceiling, every call in a batch, is "
            f"{money(most_usd)} of {money(float(study.now_usd.sum()))} over the log."
        ),
    )
