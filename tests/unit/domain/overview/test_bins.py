"""Bins begin at whole local hours, days and weeks, whatever the clocks do."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.overview.bins import NS_PER_S, bins_of, hours_of_week
from netra.domain.overview.model import BINS_MAX
from netra.domain.workloads.columns import instant_of, nanoseconds

BERLIN = ZoneInfo("Europe/Berlin")
ZONES: list[tzinfo] = [UTC, BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("Africa/Casablanca")]
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
HOUR_NS = 3_600 * NS_PER_S


def ns(*parts: int, zone: tzinfo = UTC) -> int:
    return nanoseconds(datetime(*parts, tzinfo=zone).astimezone(UTC))  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("month", "day", "hours"), [(3, 29, 23), (10, 25, 25), (6, 1, 24)], ids=["spring", "autumn", "summer"]
)
def test_a_day_has_as_many_hours_as_its_clocks_show(month: int, day: int, hours: int) -> None:
    since, until = ns(2026, month, day, zone=BERLIN), ns(2026, month, day + 1, zone=BERLIN)
    days = bins_of(since, until, asked="1d", zone=BERLIN)
    assert np.diff(days.edges_ns).tolist() == [hours * HOUR_NS]
    assert len(bins_of(since, until, asked="1h", zone=BERLIN)) == hours


def test_quarters_of_a_day_begin_at_the_same_local_hours_when_clocks_change() -> None:
    since, until = ns(2026, 3, 29, zone=BERLIN), ns(2026, 3, 30, zone=BERLIN)
    quarters = bins_of(since, until, asked="6h", zone=BERLIN)
    assert np.diff(quarters.edges_ns).tolist() == [5 * HOUR_NS, *[6 * HOUR_NS] * 3]


def test_hours_begin_with_the_local_clock_where_offsets_are_no_whole_hours() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    hours = bins_of(ns(2026, 11, 2, 10, 45), ns(2026, 11, 2, 12), asked="1h", zone=kolkata)
    assert [instant_of(edge).astimezone(kolkata).minute for edge in hours.edges_ns.tolist()] == [0, 0, 0]


def test_weeks_begin_on_monday() -> None:
    weeks = bins_of(ns(2026, 11, 4), ns(2026, 11, 18), asked="1w", zone=BERLIN)
    begins = [instant_of(edge).astimezone(BERLIN) for edge in weeks.edges_ns.tolist()]
    assert {(at.weekday(), at.hour) for at in begins} == {(0, 0)}
    assert len(weeks) == 3


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (1, "1m"),
        (4 * 3_600, "1m"),
        (5 * 3_600, "5m"),
        (86_400, "15m"),
        (7 * 86_400, "1h"),
        (30 * 86_400, "6h"),
    ],
)
def test_auto_takes_the_finest_bins_that_are_few_enough(seconds: int, name: str) -> None:
    bins = bins_of(0, seconds * NS_PER_S, asked="auto", zone=UTC)
    assert bins.name == name
    assert len(bins) <= BINS_MAX


def test_a_window_between_whole_bins_takes_a_longer_bin_when_its_ends_make_too_many() -> None:
    half = 30 * NS_PER_S
    assert bins_of(half, half + BINS_MAX * 60 * NS_PER_S, asked="auto", zone=UTC).name == "5m"


def test_a_log_of_centuries_has_bins_of_several_weeks() -> None:
    bins = bins_of(ns(1700, 1, 1), ns(2250, 1, 1), asked="auto", zone=BERLIN)
    assert (bins.name, bins.seconds) == ("121w", 121 * 604_800)
    assert len(bins) <= BINS_MAX


@pytest.mark.parametrize("begin_s", [0, 30], ids=["clearly", "by its ends"])
def test_too_many_bins_are_refused_with_what_to_ask_instead(begin_s: int) -> None:
    begin = begin_s * NS_PER_S
    extra = 60 * NS_PER_S if begin_s == 0 else 0
    with pytest.raises(ValidationFailed, match=r"bin=1m makes about 24[01] bins; at most 240 are shown"):
        bins_of(begin, begin + BINS_MAX * 60 * NS_PER_S + extra, asked="1m", zone=UTC)


@given(
    since=st.integers(ns(1980, 1, 1), ns(2040, 1, 1)),
    seconds=st.integers(1, 3 * 10**8),
    zone=st.sampled_from(ZONES),
)
def test_bins_cover_the_window_without_a_gap(since: int, seconds: int, zone: tzinfo) -> None:
    until = since + seconds * NS_PER_S
    bins = bins_of(since, until, asked="auto", zone=zone)
    assert 1 <= len(bins) <= BINS_MAX
    assert (np.diff(bins.edges_ns) > 0).all()
    assert bins.edges_ns[0] <= since < bins.edges_ns[1]
    assert bins.edges_ns[-2] < until <= bins.edges_ns[-1]


@given(
    instants=st.lists(st.integers(ns(1990, 1, 1), ns(2035, 1, 1)), max_size=20),
    zone=st.sampled_from([*ZONES, LORD_HOWE]),
)
def test_local_hours_are_those_of_the_zone(instants: list[int], zone: tzinfo) -> None:
    at_ns = np.array(sorted(instants), np.int64)
    locals_ = [instant_of(at).astimezone(zone) for at in at_ns.tolist()]
    assert hours_of_week(at_ns, zone).tolist() == [at.weekday() * 24 + at.hour for at in locals_]


def test_a_change_of_clocks_is_found_to_the_second() -> None:
    change = ns(2026, 3, 29, 1)
    at_ns = np.array([change - 1, change, change + HOUR_NS])
    assert hours_of_week(at_ns, BERLIN).tolist() == [6 * 24 + 1, 6 * 24 + 3, 6 * 24 + 4]
