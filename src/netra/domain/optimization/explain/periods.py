"""The two periods whose bills are compared, as a person writes them."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.instants import iso_instant
from netra.domain.workloads.columns import nanoseconds

_FORM: Final = (
    "write an ISO 8601 date or instant, as 2026-11-20T14:00Z, or a period, as 2026-11-20/2026-11-21"
)


PeriodText = Annotated[str, msgspec.Meta(min_length=4, max_length=100)]
"""An ISO 8601 instant, or two with a slash between them."""


class PeriodTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The two periods to compare; an instant ends the period before, or begins the one after.

    Without `after`, it begins where the period before ends.
    """

    before: PeriodText
    after: PeriodText | None = None


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A half-open span of time; None is the log's own end on that side."""

    since: datetime | None = None
    until: datetime | None = None

    def bounds_ns(self, first_ns: int, last_ns: int) -> tuple[int, int]:
        """Return the instants that bound the period in a log from `first_ns` to `last_ns`, inclusive."""
        begin = first_ns if self.since is None else nanoseconds(self.since)
        end = last_ns + 1 if self.until is None else nanoseconds(self.until)
        return begin, end


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """The period before and the one after; they do not overlap."""

    before: Period
    after: Period


def periods_around(instant: datetime) -> Periods:
    """Return all that comes before an instant, and all from it on."""
    return Periods(before=Period(until=instant), after=Period(since=instant))


def periods_of(before: str, after: str | None) -> Periods:
    """Return the periods that two texts name; `after` None: from the end of the one before.

    An instant ends the period before, or begins the one after; a period is two instants with a slash.

    >>> periods = periods_of("2026-11-20", None)
    >>> periods.before.until == periods.after.since
    True

    Raises `ValidationFailed` for a text that is neither, and for periods that overlap.
    """
    first = _period(before, field="before", is_earlier=True)
    second = Period(since=first.until) if after is None else _period(after, field="after", is_earlier=False)
    if first.until is not None and second.since is not None and first.until > second.since:
        raise _refused(
            "before",
            f"ends at {first.until.isoformat()}, after the other period begins at "
            f"{second.since.isoformat()}; end it no later",
        )
    return Periods(before=first, after=second)


def _period(text: str, *, field: str, is_earlier: bool) -> Period:
    begin, slash, end = text.strip().partition("/")
    if slash:
        since, until = _instant(begin, field=field), _instant(end, field=field)
        if since >= until:
            raise _refused(field, f"{text!r} ends before it begins")
        return Period(since=since, until=until)
    instant = _instant(begin, field=field)
    return Period(until=instant) if is_earlier else Period(since=instant)


def _instant(text: str, *, field: str) -> datetime:
    found = iso_instant(text)
    if found is None:
        raise _refused(field, f"{text!r} is no instant; {_FORM}")
    return found


def _refused(field: str, why: str) -> ValidationFailed:
    return ValidationFailed.of(field, "invalid", f"{field}: {why}.")
