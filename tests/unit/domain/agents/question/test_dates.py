"""Dates, as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from netra.domain.agents.question.dates import instants
from netra.domain.instants import iso_instant

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T14:05:06.1234567Z", datetime(2026, 11, 20, 14, 5, 6, 123_456, tzinfo=UTC)),
        ("2026-11-20 14:05+02:00", datetime(2026, 11, 20, 12, 5, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 20, tzinfo=UTC)),
        ("last night", datetime(2026, 11, 20, tzinfo=UTC)),
        ("the day before yesterday", datetime(2026, 11, 19, tzinfo=UTC)),
        ("this morning", datetime(2026, 11, 21, tzinfo=UTC)),
        ("3 days ago", datetime(2026, 11, 18, tzinfo=UTC)),
        ("two weeks ago", datetime(2026, 11, 7, tzinfo=UTC)),
        ("5 hours ago", datetime(2026, 11, 21, 4, 30, tzinfo=UTC)),
        ("20 November", datetime(2026, 11, 20, tzinfo=UTC)),
        ("the 20th of November 2025", datetime(2025, 11, 20, tzinfo=UTC)),
        ("Dec 24th", datetime(2025, 12, 24, tzinfo=UTC)),  # not yet this year
        ("on Saturday", datetime(2026, 11, 14, tzinfo=UTC)),  # today is one
        ("last Monday", datetime(2026, 11, 16, tzinfo=UTC)),
        ("last week", datetime(2026, 11, 9, tzinfo=UTC)),
        ("this week", datetime(2026, 11, 16, tzinfo=UTC)),
        ("two months ago", datetime(2026, 9, 1, tzinfo=UTC)),
        ("02/11/2026", datetime(2026, 11, 2, tzinfo=UTC)),
        ("11/25/2025", datetime(2025, 11, 25, tzinfo=UTC)),
        ("15.11.2026", datetime(2026, 11, 15, tzinfo=UTC)),
        ("2026/11/20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("March", datetime(2026, 3, 1, tzinfo=UTC)),
        ("the 15th", datetime(2026, 11, 15, tzinfo=UTC)),
        ("the 25th", datetime(2026, 10, 25, tzinfo=UTC)),  # not yet this month
        ("December", datetime(2025, 12, 1, tzinfo=UTC)),
        ("last month", datetime(2026, 10, 1, tzinfo=UTC)),
        ("this month", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-02-31", None),
        ("31 February", None),
    ],
)
def test_a_date_is_read(text: str, at: datetime | None) -> None:
    assert [date.at for date in instants(f"since {text}", now=NOW)] == [at]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("the 08:00 deploy", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("at 12:00", datetime(2026, 11, 20, 12, tzinfo=UTC)),  # not yet today
        ("yesterday at 3 pm", datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("at 12am", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_belongs_to_the_day_named_else_to_the_latest_past(text: str, at: datetime) -> None:
    assert {date.at for date in instants(text, now=NOW)} == {at}


def test_a_time_that_no_clock_shows_is_no_date() -> None:
    assert instants("at 25:00", now=NOW) == ()


def test_a_date_whose_day_and_month_could_be_exchanged_says_how_it_is_read() -> None:
    assumed = [date.assumed for date in instants("02/11/2026, 25/11/2026", now=NOW)]
    assert assumed == ["“02/11/2026” is day 2 of month 11", ""]


def test_days_are_those_of_utc_wherever_now_is_told() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert instants("yesterday", now=tokyo) == instants("yesterday", now=NOW)


def test_a_name_with_a_date_in_it_is_no_date() -> None:
    assert instants("gpt-4o-2024-08-06 and 20 marches", now=NOW) == ()


def test_text_that_is_no_instant_is_none() -> None:
    assert iso_instant("soon") is None
    assert iso_instant("0001-01-01T00:00:00+14:00") is None
