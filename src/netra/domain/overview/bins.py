"""Cut a time into bins that begin at whole local hours, days and weeks, and find local hours of instants."""

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.overview.model import BINS_MAX, Bin
from netra.domain.workloads.columns import Ints, instant_of, nanoseconds

NS_PER_S: Final = 1_000_000_000
HOURS_PER_WEEK: Final = 168
_STEPS_S: Final = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "1h": 3_600,
    "6h": 21_600,
    "1d": 86_400,
    "1w": 604_800,
}
_BY_WALL_CLOCK_S: Final = 21_600  # from here on bins begin at fixed local hours, even where clocks change
_EDGE_BINS: Final = 2  # bins that the ends of a window and a change of clocks may add
_SCAN: Final = timedelta(days=7)  # clocks change less often
_HOURS_BEFORE_MONDAY: Final = 72  # 1970 began on a Thursday, the fourth day of a week


class Bins(msgspec.Struct, frozen=True, kw_only=True):
    """Bin i holds instants with `edges_ns[i] <= time < edges_ns[i + 1]`."""

    name: str
    seconds: int
    edges_ns: Ints  # n + 1, ascending

    def __len__(self) -> int:
        return len(self.edges_ns) - 1


def bins_of(since_ns: int, until_ns: int, *, asked: Bin, zone: tzinfo) -> Bins:
    """Return the bins that cover `since_ns <= time < until_ns`; "auto" takes the finest that are few enough.

    Bins up to an hour have equal lengths. Longer ones follow local clocks: a day has 23 to 25 hours. A week
    begins on Monday. Beyond 240 weeks, a bin of "auto" is several weeks. Raises `ValidationFailed` where the
    bins asked for would be more than `BINS_MAX`.

    >>> day = 86_400 * NS_PER_S
    >>> bins = bins_of(0, 3 * day, asked="auto", zone=UTC)
    >>> bins.name, len(bins)
    ('1h', 72)
    """
    if asked != "auto":
        if not _are_few(since_ns, until_ns, _STEPS_S[asked]):
            raise _too_many(since_ns, until_ns, asked)
        bins = _cut(since_ns, until_ns, asked, _STEPS_S[asked], zone)
        if len(bins) > BINS_MAX:
            raise _too_many(since_ns, until_ns, asked)
        return bins
    for name, step_s in _STEPS_S.items():
        if _are_few(since_ns, until_ns, step_s):
            bins = _cut(since_ns, until_ns, name, step_s, zone)
            if len(bins) <= BINS_MAX:
                return bins
    week_s = _STEPS_S["1w"]
    weeks = -(-(until_ns - since_ns) // (week_s * NS_PER_S * (BINS_MAX - _EDGE_BINS)))
    return _cut(since_ns, until_ns, f"{weeks}w", weeks * week_s, zone)


def hours_of_week(at_ns: Ints, zone: tzinfo) -> Ints:
    """Return the local hour of each instant since Monday midnight, 0 to 167; instants are oldest first.

    >>> hours_of_week(np.array([0]), UTC).tolist()
    [72]
    """
    if not len(at_ns):
        return np.zeros(0, np.int64)
    starts_ns, offsets_s = _offsets(int(at_ns[0]), int(at_ns[-1]), zone)
    offset_s = np.repeat(offsets_s, np.diff(np.searchsorted(at_ns, [*starts_ns, at_ns[-1] + 1])))
    local_hours = (at_ns // NS_PER_S + offset_s) // 3_600
    hours: Ints = (local_hours + _HOURS_BEFORE_MONDAY) % HOURS_PER_WEEK
    return hours


def _are_few(since_ns: int, until_ns: int, step_s: int) -> bool:
    return until_ns - since_ns <= BINS_MAX * step_s * NS_PER_S


def _too_many(since_ns: int, until_ns: int, asked: str) -> ValidationFailed:
    count = -(-(until_ns - since_ns) // (_STEPS_S[asked] * NS_PER_S))
    message = f"bin={asked} makes about {count} bins; at most {BINS_MAX} are shown: use auto, or a longer one"
    return ValidationFailed.of("bin", "too_many", message)


def _cut(since_ns: int, until_ns: int, name: str, step_s: int, zone: tzinfo) -> Bins:
    cut = _by_wall_clock if step_s >= _BY_WALL_CLOCK_S else _evenly
    return Bins(name=name, seconds=step_s, edges_ns=np.array(cut(since_ns, until_ns, step_s, zone), np.int64))


def _evenly(since_ns: int, until_ns: int, step_s: int, zone: tzinfo) -> list[int]:
    step_ns, offset_ns = step_s * NS_PER_S, _offset_s(since_ns, zone) * NS_PER_S
    first_ns = (since_ns + offset_ns) // step_ns * step_ns - offset_ns
    count = -(-(until_ns - first_ns) // step_ns)
    return [first_ns + number * step_ns for number in range(count + 1)]


def _by_wall_clock(since_ns: int, until_ns: int, step_s: int, zone: tzinfo) -> list[int]:
    local = instant_of(since_ns).astimezone(zone).replace(tzinfo=None)
    midnight = datetime(local.year, local.month, local.day)  # noqa: DTZ001  # a clock's face, of any zone
    step = timedelta(seconds=step_s)
    if step_s >= _STEPS_S["1w"]:
        begin = midnight - timedelta(days=midnight.weekday())
    else:
        begin = midnight + (local - midnight) // step * step
    edges = [_at(begin, zone)]
    while edges[-1] < until_ns:
        begin += step
        edges.append(_at(begin, zone))
    return edges


def _at(local: datetime, zone: tzinfo) -> int:
    """Return the instant at which clocks first show `local`, or would if they did not skip it."""
    return nanoseconds(local.replace(tzinfo=zone).astimezone(UTC))


def _offset_s(at_ns: int, zone: tzinfo) -> int:
    offset = zone.utcoffset(instant_of(at_ns).astimezone(zone))
    return 0 if offset is None else int(offset.total_seconds())


def _offsets(first_ns: int, last_ns: int, zone: tzinfo) -> tuple[list[int], list[int]]:
    """Return the instants from which an offset from UTC holds, `first_ns` first, and the offsets in s."""
    step_ns = int(_SCAN.total_seconds()) * NS_PER_S
    seen = [*range(first_ns, last_ns, step_ns), last_ns]
    starts_ns, offsets_s = [first_ns], [_offset_s(first_ns, zone)]
    for before_ns, after_ns in pairwise(seen):
        offset_s = _offset_s(after_ns, zone)
        if offset_s != offsets_s[-1]:
            starts_ns.append(_change(before_ns, after_ns, offset_s, zone))
            offsets_s.append(offset_s)
    return starts_ns, offsets_s


def _change(before_ns: int, after_ns: int, offset_s: int, zone: tzinfo) -> int:
    """Return the first whole second at which the offset is `offset_s`, by halving."""
    low, high = before_ns // NS_PER_S, -(-after_ns // NS_PER_S)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_s(middle * NS_PER_S, zone) == offset_s:
            high = middle
        else:
            low = middle
    return high * NS_PER_S
