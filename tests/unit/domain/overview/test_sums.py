"""What is shown adds up: series, rows and hours to the totals, and the totals to the bill of a run."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.engine import measure
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Rate, Tariff
from netra.domain.overview.model import (
    NAMES_MAX,
    ROWS_MAX,
    SERIES_MAX,
    OverviewQuery,
    Sums,
)
from netra.domain.overview.priced_calls import PricedCalls, priced_calls
from netra.domain.overview.summing import sums_of
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PRICED = {
    name: Tariff(
        model=name,
        provider="acme",
        input=Rate(usd_per_token=usd),
        cached_input=Rate(usd_per_token=usd / 10),
        output=Rate(usd_per_token=4 * usd),
    )
    for name, usd in {"big": 1e-5, "small": 1e-6}.items()
}
PRICES = PriceList(tariffs=PRICED)


def call(second: float = 0.0, model: str = "big", **fields: Any) -> Event:
    given: dict[str, Any] = {"input_tokens": 1_000, "output_tokens": 100, **fields}
    return Event(timestamp=BEGIN + timedelta(seconds=second), model=model, **given)


def priced(calls: Sequence[Event]) -> PricedCalls:
    return priced_calls(columns_of(calls).sorted_by_time(), PRICES)


def summed(calls: Sequence[Event], **asked: Any) -> Sums:
    return sums_of(priced(calls), OverviewQuery(**asked), gaps=(), tz=str(asked.get("zone", "UTC")))


labels = st.sampled_from([None, *"abcdefghijklmnop"])
events = st.builds(
    call,
    second=st.integers(0, 300_000),
    model=st.sampled_from(["big", "small", "unknown"]),
    input_tokens=st.integers(0, 5_000),
    output_tokens=st.integers(0, 500),
    feature=labels,
    status=st.sampled_from([None, "ok", "error", "429"]),
    cached_input_tokens=st.none() | st.integers(0, 900),
    latency_ms=st.none() | st.floats(1, 10_000),
    cost=st.none() | st.floats(0.001, 1),
)


@given(
    calls=st.lists(events, max_size=60),
    by=st.sampled_from(["model", "feature", "status", "tool"]),
    money=st.sampled_from(["billed", "list"]),
    zone=st.sampled_from([UTC, ZoneInfo("Europe/Berlin")]),
    filters=st.sampled_from([{}, {"feature": ("a", "b", None)}, {"model": ("big",)}, {"tool": ("x",)}]),
    hours=st.none() | st.integers(1, 100),
)
def test_series_rows_and_hours_add_up_to_the_totals(calls: Any, hours: int | None, **asked: Any) -> None:
    until = None if hours is None else BEGIN + timedelta(hours=hours)
    sums = summed(calls, until=until, **asked)
    totals, series, rows = sums.totals, sums.series, sums.breakdown
    assert len(sums.starts) == sums.window.bins
    for name in ("requests", "input_tokens", "output_tokens", "failed"):
        assert sum(sum(getattr(one, name)) for one in series) == getattr(totals, name), name
        assert sum(getattr(row, name) for row in rows) == getattr(totals, name), name
    assert sum(map(sum, sums.heat.requests)) == totals.requests
    cached = [one.cached_input_tokens for one in series if one.cached_input_tokens is not None]
    assert sum(map(sum, cached)) == (totals.cached_input_tokens or 0)
    dollars = totals.usd or 0.0
    assert sum(usd or 0.0 for one in series for usd in one.usd) == pytest.approx(dollars)
    assert sum(row.usd or 0.0 for row in rows) == pytest.approx(dollars)
    assert sum(map(sum, sums.heat.usd)) == pytest.approx(dollars)
    assert sum(row.share for row in rows) == pytest.approx(1.0 if totals.requests else 0.0)
    assert sum(one.requests for one in sums.statuses) in {0, totals.requests}
    if sums.latency.latency_ms is not None:
        known = 0 if totals.latency_ms is None else totals.latency_ms.known
        assert sum(sums.latency.latency_ms.known) == known


@given(calls=st.lists(events, min_size=2, max_size=40))
def test_without_filters_the_totals_are_those_of_a_run(calls: Any) -> None:
    measured = measure(
        columns_of(calls), goals=Goals(), prices=PRICES, hardware=Hardware(gpus=(), models=())
    ).metrics
    sums = summed(calls)
    assert (sums.totals.usd or 0.0) == pytest.approx(measured.bill_usd)
    assert (summed(calls, money="list").totals.usd or 0.0) == pytest.approx(measured.bill_list_usd)
    assert sums.totals.requests == len(calls)
    if measured.bill_usd_per_month is not None and sums.totals.usd is not None:
        assert sums.per_month.usd == pytest.approx(measured.bill_usd_per_month.value)
    for one in sums.breakdown:
        assert not isinstance(measured.by_model, msgspec.UnsetType)
        (spend,) = [row for row in measured.by_model if row.name == one.name]
        assert (one.requests, one.usd or 0.0) == (spend.requests, pytest.approx(spend.usd_in_window))


def test_hand_computed_sums() -> None:
    calls = [
        call(0, latency_ms=100.0, cached_input_tokens=500),
        call(60, "small", latency_ms=300.0, ttft_ms=50.0),
        call(120, "unknown", status="error", latency_ms=9_000.0),
    ]
    sums = summed(calls, money="list")
    # big: 500 x 1e-5 + 500 x 1e-6 + 100 x 4e-5; small: 1000 x 1e-6 + 100 x 4e-6
    big, small = 0.005 + 0.0005 + 0.004, 0.001 + 0.0004
    assert sums.totals.usd == pytest.approx(big + small)
    assert (sums.totals.requests, sums.totals.requests_unpriced, sums.totals.failed) == (3, 1, 1)
    assert (sums.totals.cached_input_tokens, sums.totals.cache_write_tokens) == (500, None)
    assert sums.totals.latency_ms is not None
    assert msgspec.structs.astuple(sums.totals.latency_ms) == pytest.approx((2, 200.0, 280.0, 298.0))
    assert (sums.window.bin, sums.window.bins) == ("1m", 3)
    by_name = {one.name: one for one in sums.series}
    assert by_name["big"].usd == (pytest.approx(big), 0.0, 0.0)
    assert by_name["unknown"].usd == (0.0, 0.0, None), "calls without a price are not free"
    assert sums.cache.read_share == (0.5, 0.0, 0.0)
    assert [row.latency_ms_p99 for row in sums.breakdown] == [100.0, 300.0, None]
    assert sums.heat.requests[0][0] == 3, "2 November 2026 was a Monday"
    latency = sums.latency.latency_ms
    assert latency is not None
    assert (latency.known, latency.p50) == ((1, 1, 0), (100.0, 300.0, None))


def test_many_names_are_eight_series_and_fifty_rows_with_one_of_all_others() -> None:
    calls = [call(n, feature=f"f{n:03}", input_tokens=10_000 - n) for n in range(120)]
    sums = summed(calls, by="feature")
    assert [one.name for one in sums.series] == [*(f"f{n:03}" for n in range(SERIES_MAX)), None]
    assert [one.is_other for one in sums.series] == [False] * SERIES_MAX + [True]
    assert len(sums.breakdown) == ROWS_MAX
    assert [row.is_other for row in sums.breakdown] == [False] * (ROWS_MAX - 1) + [True]
    assert sums.breakdown[-1].requests == 120 - (ROWS_MAX - 1)
    assert len(sums.names.features) == NAMES_MAX


def test_fifty_names_need_no_row_of_others() -> None:
    sums = summed([call(n, feature=f"f{n}") for n in range(ROWS_MAX)], by="feature")
    assert [row.is_other for row in sums.breakdown] == [False] * ROWS_MAX


def test_the_window_before_is_summed_where_the_log_covers_it() -> None:
    calls = [call(hour * 3_600) for hour in range(100)]
    begins, ends = BEGIN + 2 * DAY, BEGIN + 3 * DAY
    sums = summed(calls, since=begins, until=ends)
    assert (sums.totals.requests, sums.previous and sums.previous.requests) == (24, 24)
    assert sums.per_month.factor == pytest.approx(30.4375)
    assert summed(calls, since=BEGIN + DAY / 2, until=BEGIN + 2 * DAY).previous is None
    assert summed(calls, until=ends).previous is None
    filtered = summed(
        [*calls, call(90_000, "small")], since=begins, until=ends, filters={"model": ("small",)}
    )
    assert (filtered.totals.requests, filtered.previous and filtered.previous.requests) == (0, 1)


def test_a_window_of_less_than_a_day_shows_no_month() -> None:
    calls = [call(hour * 3_600) for hour in range(100)]
    per_month = summed(calls, since=BEGIN, until=BEGIN + DAY / 2).per_month
    assert (per_month.factor, per_month.usd) == (None, None)
    unknown = summed([call(0, "unknown"), call(200_000, "unknown")]).per_month
    assert unknown.factor is not None
    assert unknown.usd is None


def test_the_names_to_filter_by_do_not_depend_on_the_filters() -> None:
    calls = [call(0, feature="chat"), call(1, "small"), call(2)]
    sums = summed(calls, filters={"model": ("small",)}, by="feature")
    assert [(one.name, one.requests) for one in sums.names.models] == [("big", 2), ("small", 1)]
    assert [(one.name, one.requests) for one in sums.names.features] == [(None, 2), ("chat", 1)]
    assert sums.totals.requests == 1
    assert [one.name for one in sums.series] == [None]
    assert sums.names.tools == ()


def test_a_log_without_calls_has_no_window_unless_it_is_asked_for() -> None:
    empty = summed([])
    assert (empty.window.from_, empty.window.to, empty.window.bins) == (None, None, 0)
    assert (empty.series, empty.breakdown, empty.starts, empty.totals.requests) == ((), (), (), 0)
    assert summed([], since=BEGIN).window.bins == 0
    asked = summed([], since=BEGIN, until=BEGIN + DAY)
    assert (asked.window.from_, asked.window.bin, asked.window.bins) == (BEGIN, "15m", 96)
    assert asked.previous is None


def test_a_window_outside_the_log_is_empty_and_ends_where_it_is_asked_to() -> None:
    late, early = summed([call()], since=BEGIN + DAY), summed([call()], until=BEGIN - DAY)
    assert (late.totals.requests, late.window.from_, late.window.bins) == (0, BEGIN + DAY, 1)
    assert (early.totals.requests, early.window.to, early.window.bins) == (0, BEGIN - DAY, 1)
    ancient = datetime(1000, 1, 1, tzinfo=UTC)
    assert summed([call()], since=ancient, until=BEGIN + DAY).totals.requests == 1


def test_a_window_must_end_after_it_begins() -> None:
    with pytest.raises(ValidationFailed, match="to must be later than from"):
        summed([call()], since=BEGIN, until=BEGIN)


def test_what_a_cache_would_have_served_is_that_of_the_whole_log() -> None:
    chain: dict[str, Any] = {"prefix_hashes": [1, 2], "prefix_block_tokens": 500}
    calls = [call(0, **chain), call(100, **chain), call(200, feature="chat", **chain)]
    whole = summed(calls)
    measured = measure(
        columns_of(calls), goals=Goals(), prices=PRICES, hardware=Hardware(gpus=(), models=())
    ).metrics
    possible = [(one.ttl_s, one.token_share) for one in whole.cache.possible]
    assert possible == [(one.ttl_s, pytest.approx(one.token_share)) for one in measured.prefix_reuse]
    assert possible[0] == (60, 0.0)
    assert possible[1] == (300, pytest.approx(2 / 3))
    chat = summed(calls, filters={"feature": ("chat",)})
    assert chat.cache.possible[1].token_share == 1.0
    nothing = summed(calls, filters={"feature": ("search",)})
    assert [one.token_share for one in nothing.cache.possible] == [0.0, 0.0, 0.0]


def test_the_bill_as_paid_and_at_list_prices() -> None:
    calls = [call(0, cost=0.002), call(1)]
    at_list = 0.01 + 0.004
    assert summed(calls, money="list").totals.usd == pytest.approx(2 * at_list)
    # a call without a cost is paid at the rate of its model, tier and day
    assert summed(calls).totals.usd == pytest.approx(0.004)


def test_bins_hold_the_calls_of_their_time_on_a_day_of_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = datetime(2026, 10, 25, tzinfo=berlin)
    shift = (midnight - BEGIN).total_seconds()
    calls = [call(shift + hour * 3_600) for hour in range(50)]
    sums = summed(calls, bin="1d", zone=berlin)
    assert [sum(one.requests) for one in sums.series] == [50]
    assert sums.series[0].requests == (25, 24, 1)
    assert sums.starts[1] - sums.starts[0] == timedelta(hours=25)
    assert np.array(sums.heat.requests)[6, 2] == 2, "two o'clock came twice"
