"""Find dates in a text: "since 2026-11-20", "yesterday", "last Monday", "3 days ago".

A day without a time of day starts at midnight UTC. The current time is the argument `now`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A date in the text and its position; `at` is None if the date does not exist."""

    at: datetime | None
    start: int
    end: int
    text: str


_CALENDAR: Final = "january february march april may june july august september october november december"
_WEEK: Final = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS: Final = _CALENDAR.split()
_DAYS: Final = _WEEK.split()
_MONTH: Final = "|".join(f"{name}|{name[:3]}" for name in _MONTHS) + "|sept"
_AGO_H: Final = {"hour": 1, "day": 24, "week": 168}
_FEW: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}

_DATED: Final = re.compile(
    r"(?<![\w-])(?:"
    r"(?P<iso>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:\s?Z|[+-][0-9]{2}:?[0-9]{2})?)?)"
    rf"|(?P<day_first>[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b\.?(?:,? [0-9]{{4}})?)"
    rf"|(?P<month_first>(?:{_MONTH})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?(?:,? [0-9]{{4}})?)"
    rf"|(?P<ago>(?:[0-9]{{1,3}}|{'|'.join(_FEW)}) (?:hour|day|week)s? ago)"
    r"|(?P<before_yesterday>(?:the )?day before yesterday)"
    r"|(?P<yesterday>yesterday|last night)"
    r"|(?P<today>today|this morning|tonight)"
    r"|(?P<last_week>last week)|(?P<last_month>last month)"
    r"|(?P<this_week>this week)|(?P<this_month>this month)"
    rf"|(?P<weekday>(?:last |on |since )(?:{'|'.join(_DAYS)}))"
    r")(?![\w-])",
    re.IGNORECASE,
)

# skips the slower pattern for most texts
_ANY_DATE: Final = re.compile("[0-9]|day|night|morning|week|month|ago", re.IGNORECASE)


def instants(text: str, *, now: datetime) -> tuple[Dated, ...]:
    """Return the dates of `text` in order, relative to `now`.

    >>> instants("since yesterday", now=datetime(2026, 11, 21, 9, 30, tzinfo=UTC))[0].at.isoformat()
    '2026-11-20T00:00:00+00:00'
    """
    if _ANY_DATE.search(text) is None:
        return ()
    return tuple(
        Dated(
            at=_instant(match.lastgroup or "", match[0], now=now.astimezone(UTC)),
            start=match.start(),
            end=match.end(),
            text=match[0],
        )
        for match in _DATED.finditer(text)
    )


def iso_instant(text: str) -> datetime | None:
    """Parse an ISO 8601 date or instant, in UTC unless it has a zone; return None if it is invalid.

    >>> iso_instant("2026-11-20 14:00").isoformat()
    '2026-11-20T14:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(re.sub(r"\s?z$", "+00:00", text.strip(), flags=re.IGNORECASE))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # 2026-13-45, or a time zone that moves the date out of range
        return None


def _instant(kind: str, text: str, *, now: datetime) -> datetime | None:
    try:
        return _READERS[kind](text.lower(), now)
    except (ValueError, OverflowError):  # 31 February, or a date before year 1
        return None


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0)


def _ago(text: str, now: datetime) -> datetime:
    count, unit, _ = text.split()
    hours = (_FEW.get(count) or int(count)) * _AGO_H[unit.rstrip("s")]
    instant = now - timedelta(hours=hours)
    return instant if unit.startswith("hour") else _midnight(instant)


def _calendar(text: str, now: datetime) -> datetime:
    """Return "20th of November" or "Nov 20", with or without a year; the default is the latest past one."""
    month = next(i for i, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", text))
    day, *year = (int(number) for number in re.findall("[0-9]+", text))
    found = datetime(year[0] if year else now.year, month, day, tzinfo=UTC)
    return found.replace(year=found.year - 1) if not year and found > now else found


def _weekday(text: str, now: datetime) -> datetime:
    """Return the start of the latest such weekday before today."""
    back = (now.weekday() - [*_DAYS].index(text.rsplit(maxsplit=1)[-1])) % 7 or 7
    return _midnight(now) - timedelta(days=back)


_READERS: Final[Mapping[str, Callable[[str, datetime], datetime | None]]] = {
    "iso": lambda text, _: iso_instant(text),
    "day_first": _calendar,
    "month_first": _calendar,
    "ago": _ago,
    "before_yesterday": lambda _, now: _midnight(now) - timedelta(days=2),
    "yesterday": lambda _, now: _midnight(now) - timedelta(days=1),
    "today": lambda _, now: _midnight(now),
    "last_week": lambda _, now: _midnight(now) - timedelta(days=now.weekday() + 7),
    "last_month": lambda _, now: (_midnight(now).replace(day=1) - timedelta(days=1)).replace(day=1),
    "this_week": lambda _, now: _midnight(now) - timedelta(days=now.weekday()),
    "this_month": lambda _, now: _midnight(now).replace(day=1),
    "weekday": _weekday,
}
