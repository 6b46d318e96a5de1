"""What the next 12 months of published prices make of a change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec import UNSET

from netra.domain.optimization.engine import analyse, measure
from netra.domain.optimization.horizon import judged, outlook, price_changes
from netra.domain.optimization.model import Goals, Stance
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Dated, Rate, Tariff
from netra.domain.optimization.traffic import Traffic, batched
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event

AS_OF = date(2026, 12, 1)
RISE = date(2027, 3, 2)  # 91 of the 365 days later
GOALS = Goals()


def tariff(usd: float, **fields: Any) -> Tariff:
    rate = Rate(usd_per_token=usd / 1e6)
    return Tariff(model="big", provider="acme", input=rate, output=rate, as_of=AS_OF, **fields)


def rising(before: Tariff, after: Tariff) -> Tariff:
    dated = (Dated(since=None, tariff=before), Dated(since=RISE, tariff=after))
    return Tariff(
        model="big",
        provider="acme",
        input=before.input,
        output=before.output,
        batch=before.batch,
        dated=dated,
    )


def prices(own: Tariff, *, as_of: date | None = AS_OF) -> PriceList:
    return PriceList(tariffs={"big": own}, as_of=as_of)


def log() -> Any:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return columns_of(
        [
            Event(
                timestamp=start + timedelta(hours=n),
                model="big",
                input_tokens=10_000,
                output_tokens=0,
                offline=True,
            )
            for n in range(49)
        ]
    )


def everything_batched(traffic: Traffic) -> Traffic:
    return batched(traffic, np.ones(len(traffic), np.bool_))


# In batches it is 2 dollars less until the rise, and 2 dollars more from then on.
LOSING = rising(tariff(4.0, batch=tariff(2.0)), tariff(4.0, batch=tariff(6.0)))
LASTING = rising(tariff(4.0, batch=tariff(2.0)), tariff(8.0, batch=tariff(2.0)))


def test_a_year_is_the_sum_of_its_parts() -> None:
    study = measure(log(), goals=GOALS, prices=prices(LOSING), hardware=HARDWARE).study
    found = outlook(study, everything_batched)
    assert found is not None
    first, second = found.parts
    month = 49 * 10_000 * 2e-6 * study.month.per_call
    assert (first.since, second.since) == (AS_OF, RISE)
    assert first.share == pytest.approx(91 / 365)
    assert first.saved_usd_per_month == pytest.approx(month)
    assert second.saved_usd_per_month == pytest.approx(-month)
    assert found.saved_usd == pytest.approx(12 * month * (91 - 274) / 365)


def test_without_a_change_of_price_there_is_nothing_to_look_at() -> None:
    steady = measure(log(), goals=GOALS, prices=prices(tariff(4.0)), hardware=HARDWARE).study
    undated = measure(log(), goals=GOALS, prices=prices(LOSING, as_of=None), hardware=HARDWARE).study
    assert outlook(steady, everything_batched) is None
    assert outlook(undated, everything_batched) is None
    assert price_changes(undated, asked=()) == ()


def test_a_change_that_loses_over_the_year_is_left_out_of_the_plan_and_says_why() -> None:
    analysis = analyse(log(), goals=GOALS, prices=prices(LOSING), hardware=HARDWARE)
    (found,) = [one for one in analysis.recommendations if one.kind == "batch"]
    assert found.stance is Stance.AVOID
    assert found.action.startswith("Leave this: published prices make it a loss of $")
    assert "from 2027-03-02 on it costs" in found.impact
    assert analysis.metrics.plan is not UNSET
    assert analysis.metrics.plan.saved_usd_per_month == 0


def test_a_change_that_lasts_stays_in_the_plan_and_names_the_day() -> None:
    analysis = analyse(log(), goals=GOALS, prices=prices(LASTING), hardware=HARDWARE)
    (found,) = [one for one in analysis.recommendations if one.kind == "batch"]
    assert found.stance is Stance.DO
    assert "The price of big changes on 2027-03-02." in found.impact
    assert analysis.metrics.plan is not UNSET
    assert analysis.metrics.plan.saved_share == pytest.approx(0.5)


def test_a_finding_that_moves_no_money_is_left_as_it_is() -> None:
    analysis = analyse(log(), goals=GOALS, prices=prices(LOSING), hardware=HARDWARE)
    still = [worth.finding for worth in analysis.composition.others if worth.finding.change is None]
    assert still
    assert all(judged(analysis.study, finding) is finding for finding in still)


def test_a_model_asked_about_that_is_in_use_is_told_once() -> None:
    study = measure(log(), goals=GOALS, prices=prices(LASTING), hardware=HARDWARE).study
    (change,) = price_changes(study, asked=(LASTING,))
    assert (change.model, change.on, change.in_use) == ("big", RISE, True)
    assert change.factor == pytest.approx(2.0)
