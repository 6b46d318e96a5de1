"""Waste: billed calls without use, because they failed or retried a call that had succeeded.

Formula: `sum of the list price of billed (failed calls + retries of calls that had succeeded)`.
A failed call counts as billed if its logged cost is above zero or, without costs, if it has output or
timed out. A rejected call (a 4xx status, a rate limit) does no work and is not billed. Exact (grade A)
where costs are logged, else grade C. Valid for any log with `status` or `retry_of`. An unrecognised status
(see `statuses`) is neither a failure nor a success, and is reported as a gap.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.measures.statuses import (
    CallOutcome,
    answered_calls,
    calls_of_unknown_outcome,
    failed_calls,
    outcome_of,
)
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import Retries, SupplySettings
from netra.domain.optimization.traffic import Bools, dropped
from netra.domain.optimization.wording import count, listed, money, percent
from netra.domain.workloads.columns import Events

KIND: Final = "waste"
FORMULA: Final = "wasted = sum of list prices of billed (failed calls + retries of calls that had succeeded)"


class StatusSpend(msgspec.Struct, frozen=True, kw_only=True):
    """Calls and dollars of one status."""

    calls: int
    usd_in_window: float


class WasteInputs(Inputs, frozen=True, kw_only=True):
    """The wasted calls, by cause."""

    calls: int
    failed_calls: int
    failed_share: float
    billed_failures: int
    needless_retries: int
    wasted_usd_in_window: float
    surely_avoidable_usd_in_window: float
    by_status: Mapping[str, StatusSpend]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the dollars spent on failed calls and needless retries."""
    checkpoint(0.0, "Looking for billed calls that failed or were repeated")
    events = study.events
    if events.status is None and events.retry_of is None:
        return (
            Gap(
                kind=KIND,
                missing=("status", "retry_of"),
                reason="The log does not show which calls failed or repeat another.",
                would_add="The cost of failures, timeouts and needless retries.",
            ),
        )
    failed = failed_calls(events) & study.month.holds(len(events))
    useless = failed & study.recurring
    needless = _needless_retries(events) & study.recurring
    wasted = useless | needless
    unread = _unread(study)
    if not (study.now_usd[wasted] > 0).any():
        return unread
    return (_finding(study, failed=failed, useless=useless, needless=needless), *unread)


def _needless_retries(events: Events) -> Bools:
    """Return the calls that retry a call which had succeeded."""
    if events.retry_of is None or events.id is None:
        return np.zeros(len(events), np.bool_)
    answered = answered_calls(events)
    succeeded = {events.id[index] for index in np.flatnonzero(answered) if events.id[index] is not None}
    repeats = np.array([name in succeeded for name in events.retry_of.names] + [False])
    return repeats[events.retry_of.codes]


def _unread(study: Study) -> tuple[Gap, ...]:
    """Return a gap that names the unrecognised statuses, since their calls may be waste."""
    status, unknown = study.events.status, calls_of_unknown_outcome(study.events)
    if status is None or not unknown.any():
        return ()
    codes: list[int] = np.unique(status.codes[unknown]).tolist()
    words = [status.names[code] for code in codes]
    return (
        Gap(
            kind=KIND,
            missing=("status",),
            reason=(
                f"{count(int(unknown.sum()), 'call')} have a status that Netra does not "
                "recognise as a success "
                f"or a failure: {listed([f'“{word}”' for word in words])}."
            ),
            would_add=(
                "Whether these calls failed, and what that cost: send ok, an HTTP status, a finish reason or "
                "an error name."
            ),
        ),
    )


def _retried(events: Events, *, useless: Bools) -> Bools:
    """Return the wasted calls whose work a later call repeated."""
    if events.retry_of is None or events.id is None:
        return np.zeros(len(events), np.bool_)
    repeated = set(events.retry_of.names)
    retried = np.zeros(len(events), np.bool_)
    for index in np.flatnonzero(useless):
        retried[index] = events.id[index] in repeated
    return retried


def _finding(study: Study, *, failed: Bools, useless: Bools, needless: Bools) -> Finding:
    wasted = useless | needless
    inputs = _inputs(study, failed=failed, useless=useless, needless=needless)
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="retries"),
        stance=Stance.DO,
        action="Stop paying for wasted calls: fix the causes of failure and retry only failed calls",
        impact=(
            f"{count(inputs.billed_failures, 'failed call')} and "
            f"{count(inputs.needless_retries, 'needless repeat')} of {count(inputs.calls, 'call')} "
            f"cost {money(inputs.wasted_usd_in_window)} {study.month.period}."
        ),
        grade=Grade.MODEL if study.events.cost is None else Grade.EXACT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "The full amount is saved only if no such call remains; the low end counts only repeated work.",
            "A call without a status is assumed to have succeeded.",
            *_billing_assumption(study.events),
        ),
        evidence=rows(study, wasted, weight=study.now_usd),
        how_to_verify=(
            "Check that the share and cost of failed calls fall while the number of successes stays the same."
        ),
        effort="medium",
        risk="With fewer retries, users may see more failures: set up alerts for them first.",
        change=partial(dropped, where=wasted),
        low_share=inputs.surely_avoidable_usd_in_window / inputs.wasted_usd_in_window,
        steps=(
            f"Review the {percent(inputs.failed_share)} of calls that failed, by status, largest cost first.",
            "Validate requests before sending (context length, schema); set timeouts above the p99 latency.",
            "Retry only failed calls, with backoff and an idempotency key; stop after two attempts.",
        ),
        roll_back="Restore the earlier timeouts and retry limits.",
        supply=SupplySettings(retries=Retries(max_attempts=2, retry_only_failed=True)),
    )


def _inputs(study: Study, *, failed: Bools, useless: Bools, needless: Bools) -> WasteInputs:
    usd, calls = study.now_usd, len(study.events) - study.month.first
    avoidable = needless | _retried(study.events, useless=useless)
    return WasteInputs(
        calls=calls,
        failed_calls=int(failed.sum()),
        failed_share=int(failed.sum()) / calls,
        billed_failures=int(useless.sum()),
        needless_retries=int(needless.sum()),
        wasted_usd_in_window=float(usd[useless | needless].sum()),
        surely_avoidable_usd_in_window=float(usd[avoidable].sum()),
        by_status=_by_status(study, useless),
    )


def _billing_assumption(events: Events) -> tuple[str, ...]:
    if events.cost is not None:
        return ()
    return ("The log has no costs: a failed call counts as billed if it has output or was not rejected.",)


def _by_status(study: Study, useless: Bools) -> Mapping[str, StatusSpend]:
    status = study.events.status
    if status is None:
        return {}
    usd = study.now_usd
    return {
        name: StatusSpend(
            calls=int((useless & (status.codes == code)).sum()),
            usd_in_window=float(usd[useless & (status.codes == code)].sum()),
        )
        for code, name in enumerate(status.names)
        if outcome_of(name) in {CallOutcome.FAILED, CallOutcome.REFUSED}
    }
