"""Instants as people and programs write them: dates in several orders, and numbers since 1970.

A number's unit follows from its size. The order of day and month is learned from a date that can mean only
one thing; a log without such a date is an error.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from netra.domain.errors import UnreadableFile

Order = Literal["day-first", "month-first"]

UNITS: Final = (
    ("seconds", 0, 10**11),
    ("milliseconds", 3, 10**14),
    ("microseconds", 6, 10**17),
    ("nanoseconds", 9, 10**20),
)
"""Units of a number since 1970: name, decimal places, and the bound below which a number has this unit."""

_NUMBER: Final = re.compile(r"\d{1,19}(\.\d{1,12})?")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+-]\d\d:\d\d)?")
_CLOCK: Final = (
    r"(?:(?:,?[T\s]+|:)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,12}))?)?"
    r"\s*(?P<half>[AaPp])?(?:(?<=[AaPp])\.?[Mm]\.?)?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_YEAR_FIRST: Final = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK)
_YEAR_LAST: Final = re.compile(
    r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<two>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})" + _CLOCK
)
_DAY_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})[\s/-](?P<named>[A-Za-z]{3})[a-z]*\.?[\s,/:-]+(?P<year>\d{4})"
    + _CLOCK
)
_MONTH_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},\s+)?(?P<named>[A-Za-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORMS: Final = (_YEAR_FIRST, _DAY_NAMED, _MONTH_NAMED)


class Instants:
    """How the instants of one file are read; learns from its cells and keeps what it learned."""

    def __init__(self, *, order: Order | None = None) -> None:
        self._given = order
        self._order = order
        self._unit: str | None = None
        self._shown: dict[str, str] = {}  # an example of each reading that was chosen

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how instants were read, one sentence each."""
        return tuple(f"Timestamps such as {cell!r} were read as {how}." for how, cell in self._shown.items())

    def learn(self, cells: Iterable[str], *, path: str) -> None:
        """Learn the unit of numbers and the order of day and month from the cells of a column.

        Raises `UnreadableFile` where dates may be read either way.
        """
        numbers: list[str] = []
        dates: list[re.Match[str]] = []
        for cell in dict.fromkeys(cells):
            if _NUMBER.fullmatch(cell):
                numbers.append(cell)
            elif (date := _YEAR_LAST.fullmatch(cell)) is not None:
                dates.append(date)
        if numbers and self._unit is None:
            largest = max(map(Decimal, numbers))
            self._unit = next((name for name, _, below in UNITS if largest < below), None)
            self._shown[f"{self._unit} since 1970 in UTC"] = numbers[0]
        if dates:
            self._learn_order(dates, path=path)

    def _learn_order(self, dates: list[re.Match[str]], *, path: str) -> None:
        if self._order is None:
            self._order = _order_in(dates)
        if self._order is None:
            shown = dates[0][0]
            raise UnreadableFile(
                f"{path!r} has dates such as {shown!r} that may be day first or month first, and none that "
                f"can be only one of them; expected dates such as 2026-11-30. "
                "Hint: --dates day-first or --dates month-first says which."
            )
        words = "day, month, year" if self._order == "day-first" else "month, day, year"
        if not any(how.startswith(words) for how in self._shown):
            self._shown[words] = dates[0][0]

    def plain(self, cell: str) -> str:
        """Return the instant in RFC 3339 format, or the cell itself if it is not an instant."""
        if _ISO.fullmatch(cell):
            return cell
        if _NUMBER.fullmatch(cell):
            return self._of_number(cell)
        if self._order is not None and (found := _YEAR_LAST.fullmatch(cell)) is not None:
            day, month = int(found["one"]), int(found["two"])
            if self._order == "month-first":
                day, month = month, day
            return _plain(found, month=month, day=day) or cell
        for form in _FORMS:
            if (found := form.fullmatch(cell)) is not None:
                return _plain(found, month=_month_of(found), day=int(found["day"])) or cell
        return cell

    def _of_number(self, cell: str) -> str:
        places = next((places for name, places, _ in UNITS if name == self._unit), None)
        if places is None:
            return cell
        nanoseconds = int(Decimal(cell).scaleb(9 - places))
        if nanoseconds >= 10**19:
            return cell
        at = _EPOCH + timedelta(seconds=nanoseconds // 10**9)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{nanoseconds % 10**9:09d}Z"


def _order_in(dates: Iterable[re.Match[str]]) -> Order | None:
    """Return the order that some date proves; dates with dots have the day first everywhere."""
    found: set[Order] = set()
    for date in dates:
        one, two = int(date["one"]), int(date["two"])
        if date["sign"] == "." or one > 12:
            found.add("day-first")
        elif two > 12:
            found.add("month-first")
    return found.pop() if len(found) == 1 else None


def _month_of(found: re.Match[str]) -> int:
    named = found.groupdict().get("named")
    if named is None:
        return int(found["month"])
    return _MONTHS.index(named.lower()) + 1 if named.lower() in _MONTHS else 0


def _plain(found: re.Match[str], *, month: int, day: int) -> str | None:
    """Return the instant as text; None when there is no such day or hour."""
    year = int(found["year"])
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = (found["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)  # noqa: DTZ001  # the zone is added as text
    except ValueError:
        return None
    fraction = "" if found["fraction"] is None else f".{found['fraction'][:9]}"
    return f"{at.isoformat()}{fraction}{_zone(found['zone'])}"


def _zone(zone: str | None) -> str:
    if zone is None:
        return ""
    if not zone.startswith(("+", "-")):
        return "Z"
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"
