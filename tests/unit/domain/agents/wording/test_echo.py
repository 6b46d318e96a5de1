"""The echo of fleets: owned, bounded, or only named."""

import pytest

from netra.domain.agents.wording.echo import echo_of
from netra.domain.optimization.model import Goals, GpuFleet


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        (GpuFleet(name="H100", count=4, is_owned=True), "4x H100, owned"),
        (GpuFleet(name="L40S", count=3, is_bound=True), "at most 3x L40S"),
        (GpuFleet(name="H100"), "H100"),
    ],
)
def test_a_fleet_is_said_as_it_was_read(fleet: GpuFleet, words: str) -> None:
    assert echo_of(Goals(fleets=(fleet,))).understood == (words,)
