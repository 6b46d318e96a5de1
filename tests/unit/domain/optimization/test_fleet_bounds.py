"""An option with more GPUs than the question allows or owns is refused."""

import pytest

from netra.domain.optimization.model import Goals, GpuFleet, Option
from netra.domain.optimization.pareto import broken_limit

OPTION = Option(name="fleet", usd_per_month=1.0, usd_in_window=1.0, gpu="H100-80GB", replicas=2, gpus=8)


@pytest.mark.parametrize(
    ("fleet", "broken"),
    [
        (GpuFleet(name="H100", count=4, is_bound=True), "8 H100-80GB are over the limit of 4"),
        (GpuFleet(name="H100", count=4, is_owned=True), "8 H100-80GB are over the limit of 4"),
        (GpuFleet(name="H100", count=8, is_bound=True), None),
        (GpuFleet(name="H100", count=4), None),
        (GpuFleet(name="H100", is_bound=True), None),
        (GpuFleet(name="L40S", count=1, is_bound=True), None),
    ],
)
def test_a_bound_on_gpus_is_a_limit(fleet: GpuFleet, broken: str | None) -> None:
    assert broken_limit(OPTION, goals=Goals(fleets=(fleet,))) == broken


def test_an_option_without_gpus_keeps_every_bound() -> None:
    goals = Goals(fleets=(GpuFleet(name="H100", count=1, is_bound=True),))
    assert broken_limit(Option(name="now", usd_per_month=1.0, usd_in_window=1.0), goals=goals) is None
