"""How much capacity to reserve: the quantile of the spend of a minute."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization.analysers import reserved_capacity
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.analysers.reserved_capacity import Minutes, best_reserve, saved_share
from netra.domain.optimization.model import Gap, Goals, never_stop
from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.model import Event

Make = Callable[..., Study]
Call = Callable[..., Event]
Price = Callable[..., Tariff]
ASKED = Goals(analyses=("reserved_capacity",))


def hour(call: Call, *, minutes: int = 60) -> list[Event]:
    """Return a call a minute and a second one in every other: $1 or $2 a minute at $1 a call."""
    rows = [call(60 * minute, tokens=(1_000_000, 0)) for minute in range(minutes)]
    return rows + [call(60 * minute + 1, tokens=(1_000_000, 0)) for minute in range(0, minutes, 2)]


def only(study: Study) -> Finding:
    (found,) = reserved_capacity.analyse(study, checkpoint=never_stop)
    assert isinstance(found, Finding)
    return found


def test_the_best_commitment_is_a_quantile_of_the_spend_of_a_minute(study: Make, call: Call) -> None:
    found = only(study(hour(call)))
    offers = {offer.price_share: offer for offer in found.inputs.offers}
    # 30 minutes of $1 and 30 of $2, $90: at 0.8, $1 a minute costs 0.8 x 60 + 30 = $78
    assert offers[0.8].reserve_usd_per_minute == pytest.approx(1.0)
    assert offers[0.8].saved_share == pytest.approx(1 - 78 / 90)
    assert offers[0.8].next_half_saved_share == pytest.approx(1 - 39 / 45)
    assert (found.inputs.minutes, found.inputs.busy_minutes) == (60, 60)
    assert "At 80.0 % of list prices, $1.00 a minute reserved saves 13.3 %" in found.impact
    assert found.assumptions[-1].startswith("The log covers 0.98 h")


def test_minutes_without_a_call_bound_the_price_that_pays(study: Make, call: Call) -> None:
    rows = [call(60 * minute, tokens=(1_000_000, 0)) for minute in range(0, 100, 4)]
    found = only(study([*rows, call(60 * 99, tokens=(1_000_000, 0))], goals=ASKED))
    assert found.inputs.break_even_price_share == pytest.approx(0.26)
    assert {offer.reserve_usd_per_minute for offer in found.inputs.offers} == {0.0}
    assert found.impact.startswith("At 70.0 % of list prices nothing is worth reserving.")


def test_nothing_is_said_of_a_small_bill_or_of_one_that_is_not_paid_by_the_token(
    study: Make, call: Call, tariff: Price
) -> None:
    small = [call(60 * minute, tokens=(100, 0)) for minute in range(60)]
    assert reserved_capacity.analyse(study(small), checkpoint=never_stop) == ()
    assert only(study(small, goals=ASKED)).kind == "reserved_capacity"
    reserved = study(hour(call), tariff("another"), goals=ASKED)
    assert reserved_capacity.analyse(reserved, checkpoint=never_stop) == ()
    rare = [call(n * 86_400, tokens=(100_000_000, 0)) for n in range(30)]
    assert reserved_capacity.analyse(study(rare), checkpoint=never_stop) == ()


def test_a_loss_of_the_second_half_is_said(study: Make, call: Call) -> None:
    falling = [call(60 * n, tokens=(1_000_000 if n < 60 else 100_000, 0)) for n in range(120)]
    assert " of the log suggests loses " in only(study(falling)).impact


def test_a_day_needs_no_warning(study: Make, call: Call) -> None:
    rows = [call(600 * n, tokens=(100_000_000, 0)) for n in range(150)]
    dense = [call(60 * n, tokens=(1_000_000, 0)) for n in range(1500)]
    assert len(only(study(dense + rows)).assumptions) == 1


def test_too_few_minutes_are_a_gap_if_asked_for(study: Make, call: Call) -> None:
    (gap,) = reserved_capacity.analyse(study(hour(call, minutes=9), goals=ASKED), checkpoint=never_stop)
    assert isinstance(gap, Gap)
    assert "covers 9 min" in gap.reason
    assert reserved_capacity.analyse(study(hour(call, minutes=9)), checkpoint=never_stop) == ()


@given(
    usd=st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
    idle=st.integers(0, 20),
    price=st.floats(0.05, 0.95),
    other=st.floats(0, 120),
)
def test_no_other_commitment_costs_less(usd: list[float], idle: int, price: float, other: float) -> None:
    minutes = Minutes(usd=np.sort(np.array(usd))[::-1], count=len(usd) + idle)
    best = best_reserve(minutes, price=price)
    least = saved_share(minutes, reserve_usd=best, price=price)
    assert least >= saved_share(minutes, reserve_usd=other, price=price) - 1e-9
    assert least >= -1e-9


def test_no_spend_saves_nothing() -> None:
    assert saved_share(Minutes(usd=np.zeros(0), count=3), reserve_usd=1.0, price=0.5) == 0.0
