"""Where hosting begins to pay: by replays of denser traffic, never by a rule of proportion alone."""

from collections.abc import Callable
from datetime import date
from math import ceil
from typing import Any

import pytest
from tests.unit.domain.optimization.analysers.hosting.test_own_gpus import OPEN, log

from netra.domain.optimization.analysers.hosting import break_even
from netra.domain.optimization.analysers.hosting.break_even import BreakEvens, break_evens, denser
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of
from netra.domain.optimization.analysers.hosting.hosting_inputs import BreakEven
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Goals, never_stop
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.performance.fleet import smallest_fleet
from netra.domain.optimization.performance.hosting import Hosting, cheapest_fleets
from netra.domain.optimization.performance.sizing import step_bounds

MakeStudy = Callable[..., Study]
MakeTariff = Callable[..., Any]
PRICED = HARDWARE.with_prices({"H100-PCIe": 5.0}, source="test", as_of=date(2026, 11, 1))


def sized(study: Study) -> tuple[Case, Hosting]:
    case = case_of(study, kind="self_hosting", priced_only=True)
    assert isinstance(case, Case)
    best, *_ = cheapest_fleets(
        case.replayed,
        candidates=case.candidates,
        load=case.load,
        slo=case.slo,
        sizing=case.sizing,
        checkpoint=never_stop,
    )
    return case, best


def of(study: Study, *, api_usd: float, rent_usd: float) -> tuple[Case, Hosting, BreakEvens]:
    case, best = sized(study)
    found = break_evens(
        case, best, api_usd=api_usd, rent_usd=rent_usd, knows_month=True, checkpoint=never_stop
    )
    return case, best, found


@pytest.fixture
def idle(study: MakeStudy, tariff: MakeTariff) -> Study:
    """One GPU that is hardly busy."""
    return study(log(200, seconds=3600.0, model=OPEN), tariff(OPEN), goals=goals(), hardware=PRICED)


@pytest.fixture
def busy(study: MakeStudy, tariff: MakeTariff) -> Study:
    """Traffic that needs several GPUs."""
    calls = log(600, seconds=360.0, model=OPEN, tokens=(12_000, 200))
    return study(calls, tariff(OPEN), goals=goals(), hardware=PRICED)


def goals() -> Goals:
    return Goals(gpus=("H100-PCIe",), ttft_ms_p99=3_000.0, tpot_ms_p99=60.0)


def test_a_gpu_that_is_hardly_busy_carries_four_times_the_traffic(idle: Study) -> None:
    _, best, found = of(idle, api_usd=1_000.0, rent_usd=3_000.0)
    assert best.needed == 1
    assert [point.hosting_usd_per_month for point in found.curve] == [3_000.0] * 5
    assert [point.api_usd_per_month for point in found.curve] == [250.0, 500.0, 1_000.0, 2_000.0, 4_000.0]
    assert found.traffic == pytest.approx(3.0)  # between 2.0, where the curve has hosting dearer, and 4.0


def test_each_point_is_the_smallest_fleet_for_that_traffic(busy: Study) -> None:
    case, best, found = of(busy, api_usd=1_000.0, rent_usd=900.0)
    assert best.needed > 1
    for point in found.curve:
        most = max(1, ceil(best.needed * point.traffic))
        fleet = smallest_fleet(
            denser(case.replayed, times=point.traffic),
            deployment=best.configuration.deployment,
            slo=case.slo,
            checkpoint=never_stop,
            most_replicas=most,
            first_guess=most,
            batching=best.batching,
            balancing=best.balancing,
            slowdown=step_bounds(best.configuration.deployment)[1],
        )
        replicas = best.needed if point.traffic == 1.0 else fleet.replicas if fleet else most
        assert point.hosting_usd_per_hour == pytest.approx(replicas * best.configuration.usd_per_hour)


def test_the_break_even_agrees_with_the_curve(busy: Study) -> None:
    for rent_usd in (200.0, 900.0, 1_100.0, 2_000.0):
        _, _, found = of(busy, api_usd=1_000.0, rent_usd=rent_usd)
        paid = [one.traffic for one in found.curve if _is_paid(one)]
        assert found.traffic is not None or not paid


def _is_paid(point: BreakEven) -> bool:
    assert point.api_usd_per_month is not None
    assert point.hosting_usd_per_month is not None
    return point.hosting_usd_per_month <= point.api_usd_per_month


def test_fleets_that_cannot_carry_what_would_pay_for_them_have_no_break_even(busy: Study) -> None:
    _, _, found = of(busy, api_usd=1_000.0, rent_usd=50_000.0)
    assert not [one for one in found.curve if _is_paid(one)]
    assert found.traffic is None


def test_smaller_fleets_are_tried_where_hosting_already_pays(busy: Study) -> None:
    _, best, found = of(busy, api_usd=1_000.0, rent_usd=10.0)
    assert found.traffic is not None
    assert found.traffic <= 0.01
    assert best.needed > 1


def test_a_free_gpu_pays_at_any_traffic_and_a_free_api_never(idle: Study) -> None:
    assert of(idle, api_usd=1_000.0, rent_usd=0.0)[2].traffic == 0.0
    assert of(idle, api_usd=0.0, rent_usd=1_000.0)[2].traffic is None


@pytest.mark.parametrize(("needed", "tried"), [(1, [1, 2, 4]), (2, [1, 2, 4, 8]), (7, [1, 3, 7, 14, 28])])
def test_sizes_are_tried_from_the_smallest(needed: int, tried: list[int]) -> None:
    assert list(break_even._sizes(needed)) == tried
