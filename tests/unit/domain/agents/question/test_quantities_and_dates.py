"""Numbers with units and dates, as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.agents.question.dates import instants, iso_instant
from netra.domain.agents.question.quantities import quantities

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20%", [("share", 0.2)]),
        ("20 per cent", [("share", 0.2)]),
        ("20\N{NARROW NO-BREAK SPACE}%", [("share", 0.2)]),
        ("fifty percent", [("share", 0.5)]),
        ("20-30 %", [("share", 0.2)]),
        ("300 to 500 ms", [("ms", 500.0)]),
        ("sub-500 ms", [("ms", 500.0)]),
        ("0.5 s, 2 min, 1 h", [("ms", 500.0), ("ms", 120_000.0), ("ms", 3_600_000.0)]),
        (
            "$1,234.5, $5k, $1.2m, USD 300",
            [("usd", 1_234.5), ("usd", 5_000.0), ("usd", 1.2e6), ("usd", 300.0)],
        ),
        ("10k, 5 thousand, 3 m", [("bare", 10_000.0), ("bare", 5_000.0), ("bare", 3.0)]),
        ("100 dollars, 100$", [("usd", 100.0), ("usd", 100.0)]),
        ("€5, 5 €, 5 pounds", [("foreign", 5.0), ("foreign", 5.0), ("foreign", 5.0)]),
        ("3x, 3 ×, three times, 3-fold", [("factor", 3.0)] * 4),
        ("twice, triple, tenfold", [("factor", 2.0), ("factor", 3.0), ("factor", 10.0)]),
        ("half, a third, a quarter", [("share", 0.5), ("share", pytest.approx(1 / 3)), ("share", 0.25)]),
        ("80 GB and 40 tokens/s", [("gib", 80.0), ("tokens_per_s", 40.0)]),
        ("1,000 requests in 3 days", [("other", 1_000.0), ("other", 3.0)]),
        ("which one of two", []),
        ("gpt-4 p99 v2 1.2.3", []),
        ("1" * 13, []),
    ],
)
def test_a_quantity_is_read(text: str, found: list[tuple[str, float]]) -> None:
    assert [(quantity.unit.value, quantity.value) for quantity in quantities(text)] == found


def test_a_sign_says_up_or_down() -> None:
    assert [quantity.lowers for quantity in quantities("-20 %, +20 %, 20 %, halve")] == [
        True,
        False,
        None,
        True,
    ]


@given(st.text(alphabet="0123456789,. %$xmskKM-halfto", max_size=60))
def test_a_quantity_stands_where_it_says(text: str) -> None:
    for quantity in quantities(text):
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.value >= 0


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
        ("last month", datetime(2026, 10, 1, tzinfo=UTC)),
        ("this month", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-02-31", None),
        ("31 February", None),
    ],
)
def test_a_date_is_read(text: str, at: datetime | None) -> None:
    assert [date.at for date in instants(f"since {text}", now=NOW)] == [at]


def test_days_are_those_of_utc_wherever_now_is_told() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert instants("yesterday", now=tokyo) == instants("yesterday", now=NOW)


def test_a_name_with_a_date_in_it_is_no_date() -> None:
    assert instants("gpt-4o-2024-08-06 and 20 marches", now=NOW) == ()


def test_text_that_is_no_instant_is_none() -> None:
    assert iso_instant("soon") is None
    assert iso_instant("0001-01-01T00:00:00+14:00") is None
