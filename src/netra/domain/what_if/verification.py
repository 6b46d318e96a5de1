"""Verify an adopted change: the log before it against the log after it, by the review of changes.

It compares all calls of the log. What else changed at that instant is in the figures too; `adopted` of the
verdict names what the log shows as changed.
"""

from datetime import datetime
from typing import Final

import msgspec

from netra.domain.decisions.model import Decision
from netra.domain.optimization.analysers.model import Finding
from netra.domain.optimization.analysers.models import upgrade_review
from netra.domain.optimization.analysers.models.roll_back import ReviewedGroup, RollBackInputs
from netra.domain.optimization.analysers.models.upgrade_review import ReviewInputs
from netra.domain.optimization.model import Checkpoint, Gap, Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.study import study_of
from netra.domain.optimization.verdicts.verdict import ChangeVerdict, cannot_tell
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events
from netra.ports.prices import PriceBook

NO_CALLS: Final = "The workload holds no calls."


class Realised(msgspec.Struct, frozen=True, kw_only=True):
    """What the log shows since a change; dollars are savings, negative if it costs more."""

    change: ChangeVerdict
    saved_usd: float | None = None  # in the log's time since the change; None: not known
    saved_usd_per_month: float | None = None  # None also below a day since the change
    groups: tuple[ReviewedGroup, ...] = ()  # kinds of call on both sides, of the most dollars first
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    roll_back: tuple[str, ...] = ()  # steps for the kinds of call that got dearer or worse


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What an adopted recommendation brought, and the saving that its run showed."""

    decision: Decision
    effective_at: datetime
    realised: Realised


def verified(
    events: Events,
    *,
    at: datetime,
    book: PriceBook,
    default_model: str,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> Realised:
    """Return what the log shows since `at`; "cannot_tell" with reasons where it does not show enough."""
    if not len(events):
        return Realised(change=cannot_tell(NO_CALLS))
    goals, prices = Goals(change_at=at), price_list(events, book, default_model=default_model)
    bare = msgspec.structs.replace(events, prefixes=None)  # no prompt cache is replayed for this
    study = study_of(bare, goals=goals, prices=prices, hardware=hardware, checkpoint=checkpoint)
    found = upgrade_review.analyse(study, checkpoint=checkpoint)
    findings = [one for one in found if isinstance(one, Finding)]
    gaps = [one for one in found if isinstance(one, Gap)]
    realised = Realised(
        change=upgrade_review.verdict_among(findings, gaps),
        roll_back=tuple(
            step for one in findings if isinstance(one.inputs, RollBackInputs) for step in one.steps
        ),
    )
    reviews = [one.inputs for one in findings if isinstance(one.inputs, ReviewInputs)]
    if not reviews:
        return realised
    review, is_month = reviews[0], study.span.is_month_known
    saved_usd = review.saved_usd
    return msgspec.structs.replace(
        realised,
        saved_usd=saved_usd,
        saved_usd_per_month=saved_usd * study.month.per_call if is_month and saved_usd is not None else None,
        groups=review.groups,
        only_before=review.only_before,
        only_after=review.only_after,
    )
