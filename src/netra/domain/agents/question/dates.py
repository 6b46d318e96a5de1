"""Find dates in a text: "since 2026-11-20", "yesterday", "last Monday", "3 days ago".

A day without a time of day starts at midnight UTC. The current time is the argument `now`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from netra.domain.instants import iso_instant


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A date in the text and its position; `at` is None if the date does not exist."""

    at: datetime | None
    start: int
    end: int
    text: str
    is_day: bool = True  # a day without a time of day
    is_to_come: bool = False  # after the present: when traffic grows, not what the log holds
    assumed: str = ""  # how an ambiguous date was read


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
    rf"|(?P<months_ago>(?:[0-9]{{1,2}}|{'|'.join(_FEW)}) months? ago)"
    r"|(?P<slashed>[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"
    r"|[0-9]{4}/[0-9]{1,2}/[0-9]{1,2})"
    rf"|(?P<since_month>(?<=since )(?:{_MONTH})(?! [0-9]))"
    r"|(?P<before_yesterday>(?:the )?day before yesterday)"
    r"|(?P<yesterday>yesterday|last night)"
    r"|(?P<today>today|this morning|tonight)"
    r"|(?P<last_week>last week)|(?P<last_month>last month)"
    r"|(?P<this_week>this week)|(?P<this_month>this month)"
    r"|(?P<day_of>(?:the|on|since|after|before) (?:the )?[0-9]{1,2}(?:st|nd|rd|th)"
    rf"(?![ -]?(?:percentile|pct)| (?:of )?(?:{_MONTH})\b))"
    r"|(?P<short>(?<=on )[0-9]{1,2}/[0-9]{1,2}|(?<=since )[0-9]{1,2}/[0-9]{1,2}|[0-9]{1,2}\.[0-9]{1,2}\.)"
    rf"|(?P<part>(?:mid|early|late|(?:the )?(?:first|start|beginning|middle|end) of)[- ](?:{_MONTH}))"
    r"|(?P<calendar_week>(?:calendar week|cw|kw|week) ?[0-9]{1,2}(?= |[,.;:!?]|$)(?! (?:hours|days|weeks"
    r"|users|calls)))"
    r"|(?P<first_of>(?:the )?(?:first|1st|start|beginning) of (?:this|the) (?:month|week|year))"
    rf"|(?P<weekday>(?:last |on |since |this )(?:{'|'.join(_DAYS)})(?!,? (?:the )?[0-9])"
    rf"|(?:{'|'.join(_DAYS)})(?='s))"
    r")(?![\w-])",
    re.IGNORECASE,
)
_CLOCK: Final = re.compile(
    r"(?<![\w:.])(?P<noon>noon|midnight)\b"
    r"|(?<![\w:.])(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?:\s?(?P<half>[ap])\.?m\b)?"
    r"|\s?(?P<bare>[ap])\.?m\b)(?:\s?\(?(?P<zone>utc|gmt|z|cest|cet|bst|est|edt|cst|cdt|mst|mdt|pst|pdt"
    r"|ist|jst)\b\)?)?"
    r"(?!\w|:[0-9])"
    r"|(?<=\bat )(?P<dotted_hour>[0-2]?[0-9])\.(?P<dotted_minute>[0-5][0-9])"
    r"(?=\s?(?:this (?:morning|afternoon)|[ap]\.?m\b|utc|cet|today|yesterday|on |in the (?:morning"
    r"|evening|afternoon)|\())",
    re.IGNORECASE,
)
_ZONES: Final = {
    "cet": 1.0,
    "cest": 2.0,
    "bst": 1.0,
    "est": -5.0,
    "edt": -4.0,
    "cst": -6.0,
    "cdt": -5.0,
    "mst": -7.0,
    "mdt": -6.0,
    "pst": -8.0,
    "pdt": -7.0,
    "ist": 5.5,
    "jst": 9.0,
}
"""Hours ahead of UTC."""
# skips the slower pattern for most texts
_ANY_DATE: Final = re.compile(
    "[0-9]|day|night|morning|week|month|ago|since|mid|early|late|first of|start|beginning|end of|noon",
    re.IGNORECASE,
)


def instants(text: str, *, now: datetime) -> tuple[Dated, ...]:
    """Return the dates of `text` in order, relative to `now`.

    >>> instants("since yesterday", now=datetime(2026, 11, 21, 9, 30, tzinfo=UTC))[0].at.isoformat()
    '2026-11-20T00:00:00+00:00'
    """
    if _ANY_DATE.search(text) is None:
        return ()
    now = now.astimezone(UTC)
    days = [
        Dated(
            at=_instant(match.lastgroup or "", match[0], now=now),
            start=match.start(),
            end=match.end(),
            text=match[0],
            is_day=":" not in match[0] and "hour" not in match[0].lower(),
            assumed=_assumed(match[0]) if match.lastgroup == "slashed" else "",
        )
        for match in _DATED.finditer(text)
    ]
    return tuple(
        msgspec.structs.replace(one, is_to_come=one.at is not None and one.at > now)
        for one in _with_times(text, days, now=now)
    )


def _with_times(text: str, days: Sequence[Dated], *, now: datetime) -> tuple[Dated, ...]:
    """Return the dates with the times of day; a time belongs to the only day named, else to the last one."""
    found = list(days)
    for match in _CLOCK.finditer(text):
        if any(day.start <= match.start() < day.end for day in days):
            continue
        hour, minute = _time_of(match)
        zone_h = _ZONES.get((match["zone"] or "").lower(), 0)
        if hour > 23 or minute > 59:  # 25:00 is no time of day
            continue
        on = [at for at, day in enumerate(found) if day.at is not None and day.is_day]
        base = found[on[0]].at if len(on) == 1 else _midnight(now)
        at = (base or now).replace(hour=hour, minute=minute) - timedelta(hours=zone_h)
        if not on and at > now:
            at -= timedelta(days=1)
        if len(on) == 1:
            found[on[0]] = msgspec.structs.replace(found[on[0]], at=at, is_day=False)
        found.append(Dated(at=at, start=match.start(), end=match.end(), text=match[0], is_day=False))
    return tuple(sorted(found, key=lambda dated: dated.start))


def _time_of(match: re.Match[str]) -> tuple[int, int]:
    if match["noon"]:
        return (12 if match["noon"].lower() == "noon" else 0), 0
    if match["dotted_hour"]:
        return int(match["dotted_hour"]), int(match["dotted_minute"])
    hour, minute, half = (
        int(match["hour"]),
        int(match["minute"] or 0),
        (match["half"] or match["bare"] or "").lower(),
    )
    if half.startswith("p") and hour < 12:
        hour += 12
    return (0 if half.startswith("a") and hour == 12 else hour), minute


def _assumed(text: str) -> str:
    """Return how a date was read whose day and month could be exchanged."""
    first, second, *_ = (int(number) for number in re.findall("[0-9]+", text))
    if first > 12 or second > 12 or first == second:
        return ""
    return f"“{text}” is day {first} of month {second}"


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


def _slashed(text: str, _: datetime) -> datetime:
    """Return "02/11/2026" as 2 November, day first unless only month first makes a date."""
    first, second, third = (int(number) for number in re.findall("[0-9]+", text))
    if first > 31:
        return datetime(first, second, third, tzinfo=UTC)
    day, month = (second, first) if second > 12 else (first, second)
    return datetime(third, month, day, tzinfo=UTC)


def _day_of(text: str, now: datetime) -> datetime:
    """Return the latest past such day of a month: "the 15th"."""
    day = int(re.findall("[0-9]+", text)[0])
    first = _midnight(now).replace(day=1)
    if day > now.day:
        first = (first - timedelta(days=1)).replace(day=1)
    return first.replace(day=day)


def _short(text: str, now: datetime) -> datetime:
    """Return "15.11." or "15/11" in the latest past year, day first unless only month first makes a date."""
    first, second = (int(number) for number in re.findall("[0-9]+", text))
    day, month = (second, first) if second > 12 else (first, second)
    found = datetime(now.year, month, day, tzinfo=UTC)
    return found.replace(year=found.year - 1) if found > now else found


def _part(text: str, now: datetime) -> datetime:
    """Return the first, the 15th or the 25th day of the latest such month."""
    month = next(i for i, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name[:3]}", text))
    is_middle, is_late = "mid" in text, text.startswith("late") or "end" in text.split()
    day = 15 if is_middle else 25 if is_late else 1
    found = datetime(now.year, month, day, tzinfo=UTC)
    return found.replace(year=found.year - 1) if found > now else found


def _months_ago(text: str, now: datetime) -> datetime:
    count = text.split(maxsplit=1)[0]
    months = now.year * 12 + now.month - 1 - (_FEW.get(count) or int(count))
    return _midnight(now).replace(year=months // 12, month=months % 12 + 1, day=1)


def _since_month(text: str, now: datetime) -> datetime:
    """Return the first day of the latest such month."""
    month = next(i for i, name in enumerate(_MONTHS, 1) if text.startswith(name[:3]))
    return _midnight(now).replace(year=now.year - (month > now.month), month=month, day=1)


def _weekday(text: str, now: datetime) -> datetime:
    """Return the start of the latest such weekday before today."""
    back = (now.weekday() - [*_DAYS].index(text.rsplit(maxsplit=1)[-1])) % 7 or 7
    return _midnight(now) - timedelta(days=back)


def _calendar_week(text: str, now: datetime) -> datetime:
    """Return the Monday of the latest such ISO week."""
    week = int(re.findall("[0-9]+", text)[0])
    found = datetime.fromisocalendar(now.year, week, 1).replace(tzinfo=UTC)
    return datetime.fromisocalendar(now.year - 1, week, 1).replace(tzinfo=UTC) if found > now else found


def _first_of(text: str, now: datetime) -> datetime:
    """Return the first day of the present week, month or year."""
    first = _midnight(now)
    if text.endswith("week"):
        return first - timedelta(days=now.weekday())
    return first.replace(day=1) if text.endswith("month") else first.replace(month=1, day=1)


_READERS: Final[Mapping[str, Callable[[str, datetime], datetime | None]]] = {
    "iso": lambda text, _: iso_instant(text),
    "day_first": _calendar,
    "month_first": _calendar,
    "ago": _ago,
    "months_ago": _months_ago,
    "slashed": _slashed,
    "day_of": _day_of,
    "short": _short,
    "part": _part,
    "since_month": _since_month,
    "before_yesterday": lambda _, now: _midnight(now) - timedelta(days=2),
    "yesterday": lambda _, now: _midnight(now) - timedelta(days=1),
    "today": lambda _, now: _midnight(now),
    "last_week": lambda _, now: _midnight(now) - timedelta(days=now.weekday() + 7),
    "last_month": lambda _, now: (_midnight(now).replace(day=1) - timedelta(days=1)).replace(day=1),
    "this_week": lambda _, now: _midnight(now) - timedelta(days=now.weekday()),
    "this_month": lambda _, now: _midnight(now).replace(day=1),
    "weekday": _weekday,
    "calendar_week": _calendar_week,
    "first_of": _first_of,
}
