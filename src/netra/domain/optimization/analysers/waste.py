"""Waste: calls that were billed and gave nothing, because they failed or repeated an answer that was there.

Formula: `sum of the list price of (failed calls that were billed + retries of calls that had succeeded)`.
A failed call counts as billed when its cost says so or, without costs, when it has output or timed out;
a call refused at the door (a 4xx status, a rate limit) does no work and is not billed. Money is exact
(grade A) where costs are logged, else C. Valid for any log with `status` or `retry_of`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.model import Finding, Stance, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade
from netra.domain.optimization.traffic import Bools, dropped
from netra.domain.optimization.wording import count, money, percent
from netra.domain.workloads.columns import Events

KIND: Final = "waste"
FORMULA: Final = (
    "wasted = sum of list prices of (failed calls that were billed + retries of calls that had succeeded)"
)
SUCCEEDED: Final = frozenset(
    ("ok", "success", "succeeded", "completed", "complete", "done", "stop", "length")
)
REFUSED: Final = frozenset(
    ("rate_limited", "rate_limit", "ratelimited", "throttled", "rejected", "refused", "invalid")
)


def has_failed(status: str) -> bool:
    """Return whether a status label says that the call gave no answer.

    >>> [has_failed(status) for status in ("ok", "200", "Timeout", "429", "error")]
    [False, False, True, True, True]
    """
    word = status.strip().lower()
    if word.isdecimal():
        return not 200 <= int(word) < 400
    return word not in SUCCEEDED


def was_refused(status: str) -> bool:
    """Return whether a failed call was turned away before any work was done.

    >>> [was_refused(status) for status in ("429", "timeout", "500")]
    [True, False, False]
    """
    word = status.strip().lower()
    if word.isdecimal():
        return 400 <= int(word) < 500 and int(word) not in {408, 499}
    return word in REFUSED


def failed_calls(events: Events) -> Bools:
    """Return which calls failed; a call without a status is taken to have succeeded."""
    if events.status is None:
        return np.zeros(len(events), np.bool_)
    verdicts = np.array([has_failed(name) for name in events.status.names] + [False])
    return verdicts[events.status.codes]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return what was paid for calls that gave nothing."""
    checkpoint(0.0, "Looking for calls that were paid and gave nothing")
    events = study.events
    if events.status is None and events.retry_of is None:
        return (
            Gap(
                kind=KIND,
                missing=("status", "retry_of"),
                reason="The log does not say which calls failed or repeat another.",
                would_add="What failures, timeouts and needless retries cost.",
            ),
        )
    failed = failed_calls(events)
    useless = failed & _billed(events, failed=failed)
    needless = _needless_retries(events, failed=failed)
    wasted = useless | needless
    if not (study.now_usd[wasted] > 0).any():
        return ()
    return (_finding(study, failed=failed, useless=useless, needless=needless),)


def _billed(events: Events, *, failed: Bools) -> Bools:
    """Return which failed calls were charged: by their cost where it is logged, else by their work."""
    status = events.status
    if status is None:
        return failed
    refused = np.array([was_refused(name) for name in status.names] + [False])[status.codes]
    worked = ~refused | (events.output_tokens > 0)
    if events.cost is None:
        return worked
    return np.where(np.isnan(events.cost), worked, events.cost > 0)


def _needless_retries(events: Events, *, failed: Bools) -> Bools:
    """Return the calls that repeat one which had succeeded."""
    if events.retry_of is None or events.id is None:
        return np.zeros(len(events), np.bool_)
    succeeded = {events.id[index] for index in np.flatnonzero(~failed) if events.id[index] is not None}
    repeats = np.array([name in succeeded for name in events.retry_of.names] + [False])
    return repeats[events.retry_of.codes]


def _retried(events: Events, *, useless: Bools) -> Bools:
    """Return the useless calls whose work was done again by a later call."""
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
        stance=Stance.DO,
        action="Stop paying for calls that give nothing: fix what fails and retry only what failed",
        impact=(
            f"{count(inputs['billed_failures'], 'failed call')} and "
            f"{count(inputs['needless_retries'], 'needless repeat')} of {count(len(wasted), 'call')} cost "
            f"{money(inputs['wasted_usd_in_window'])} over the log."
        ),
        grade=Grade.MODEL if study.events.cost is None else Grade.EXACT,
        formula=FORMULA,
        inputs=inputs,
        assumptions=(
            "All of it is saved only if every such call goes away; the low end is what was done twice.",
            "A call without a status succeeded.",
            *_billing_assumption(study.events),
        ),
        evidence=rows(study, wasted, weight=study.now_usd),
        how_to_verify="Watch the share of failed calls and the dollars on them fall, and successes stay.",
        effort="medium",
        risk="Shorter retry chains can surface failures to users: alert on them first.",
        change=partial(dropped, where=wasted),
        low_share=inputs["surely_avoidable_usd_in_window"] / inputs["wasted_usd_in_window"],
        steps=(
            (
                f"Read the {percent(inputs['failed_share'])} of calls that failed, by status, largest cost "
                "first."
            ),
            "Check requests before sending (context length, schema), and set timeouts above the slow tail.",
            "Retry only failed calls, with backoff and an idempotency key, and stop after two tries.",
        ),
        roll_back="Put the earlier timeouts and retry limits back.",
        supply={"retries": {"max_attempts": 2, "retry_only_failed": True}},
    )


def _inputs(study: Study, *, failed: Bools, useless: Bools, needless: Bools) -> Mapping[str, Any]:
    usd = study.now_usd
    avoidable = needless | _retried(study.events, useless=useless)
    return {
        "calls": len(usd),
        "failed_calls": int(failed.sum()),
        "failed_share": float(failed.mean()),
        "billed_failures": int(useless.sum()),
        "needless_retries": int(needless.sum()),
        "wasted_usd_in_window": float(usd[useless | needless].sum()),
        "surely_avoidable_usd_in_window": float(usd[avoidable].sum()),
        "by_status": _by_status(study, useless),
    }


def _billing_assumption(events: Events) -> tuple[str, ...]:
    if events.cost is not None:
        return ()
    return (
        "The log has no costs: a failed call counts as billed when it has output or was not turned away.",
    )


def _by_status(study: Study, useless: Bools) -> Mapping[str, Any]:
    status = study.events.status
    if status is None:
        return {}
    usd = study.now_usd
    return {
        name: {
            "calls": int((useless & (status.codes == code)).sum()),
            "usd_in_window": float(usd[useless & (status.codes == code)].sum()),
        }
        for code, name in enumerate(status.names)
        if has_failed(name)
    }
