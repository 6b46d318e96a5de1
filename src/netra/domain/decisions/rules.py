"""Rules of decisions: which fields go with which state, and when a decision is in force."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from netra.domain.decisions.model import Decide, DecidedOn, Decision, DecisionState
from netra.domain.errors import PreconditionFailed, ValidationFailed
from netra.domain.texts import check_can_be_kept

DECISIONS_PER_WORKLOAD_MAX: Final = 1_000  # about 1 MB; a result has some 20 recommendations
SOME_VERSION: Final = -1  # the caller wants to change a decision, whichever its version is
NOTE_MAX: Final = 1_000  # characters
UNTIL_MAX: Final = timedelta(days=5 * 366)  # longest dismissal with an end
CLOCKS_DIFFER: Final = timedelta(minutes=5)  # an adoption may be this far in the future


def decided(asked: Decide, *, before: Decision | None, on: DecidedOn, now: datetime) -> Decision:
    """Return the decision as it is to be stored.

    Raises `ValidationFailed`, and `PreconditionFailed` unless the caller has seen the latest version.
    """
    check_version(asked.if_version, before)
    _check_fields(asked, now=now)
    effective_at = asked.effective_at
    if asked.state is DecisionState.ADOPTED and effective_at is None:
        effective_at = now
    return Decision(
        workload_id=asked.workload_id,
        owner_id=asked.owner_id,
        key=asked.key,
        state=asked.state,
        on=on,
        at=now,
        version=1 if before is None else before.version + 1,
        reason=asked.reason,
        note=asked.note,
        effective_at=effective_at,
        until=asked.until,
    )


def check_version(seen: int | None, stored: Decision | None) -> None:
    """Raise `PreconditionFailed` unless `seen` is the stored version.

    None accepts any, `SOME_VERSION` any but none.
    """
    if seen is not None and (stored is None or seen not in {SOME_VERSION, stored.version}):
        raise PreconditionFailed("The decision was changed meanwhile; read it again and repeat the change.")


def check_room(count: int, *, most: int) -> None:
    """Raise `ValidationFailed` if a workload with `count` decisions takes no further key."""
    if count >= most:
        message = f"the workload has {count} decisions, the limit is {most}"
        raise ValidationFailed.of("key", "too_many", message)


def is_in_force(decision: Decision, *, now: datetime) -> bool:
    """Return whether the decision still says something: it is not open, nor a dismissal that has lapsed."""
    return decision.state is not DecisionState.OPEN and not is_lapsed(decision, now=now)


def is_lapsed(decision: Decision, *, now: datetime) -> bool:
    """Return whether the decision is a dismissal whose end has passed."""
    return decision.until is not None and decision.until <= now


def reopened(asked: Decide) -> Decide:
    """Return the command without the fields that an open recommendation does not have."""
    if asked.state is not DecisionState.OPEN:
        return asked
    return msgspec.structs.replace(asked, reason=None, note=None, effective_at=None, until=None)


def _check_fields(asked: Decide, *, now: datetime) -> None:
    is_dismissed = asked.state is DecisionState.DISMISSED
    if is_dismissed and asked.reason is None:
        raise ValidationFailed.of("reason", "missing", "a dismissal needs a reason")
    if not is_dismissed and asked.reason is not None:
        raise ValidationFailed.of("reason", "not_allowed", "only a dismissal has a reason")
    if not is_dismissed and asked.until is not None:
        raise ValidationFailed.of("until", "not_allowed", "only a dismissal has an end")
    if is_dismissed and asked.effective_at is not None:
        raise ValidationFailed.of("effective_at", "not_allowed", "a dismissed change is never in force")
    if asked.until is not None and not now < asked.until <= now + UNTIL_MAX:
        message = "until must be a future instant within five years"
        raise ValidationFailed.of("until", "out_of_range", message)
    if asked.state is DecisionState.ADOPTED and (asked.effective_at or now) > now + CLOCKS_DIFFER:
        message = "an adopted change is in force already; use planned for a future one"
        raise ValidationFailed.of("effective_at", "out_of_range", message)
    if asked.note is not None and len(asked.note) > NOTE_MAX:
        raise ValidationFailed.of("note", "length", f"note must have at most {NOTE_MAX} characters")
    check_can_be_kept(asked.note, path="note")
