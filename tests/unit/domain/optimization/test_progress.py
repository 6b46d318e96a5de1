"""Progress never steps back, whatever the parts of the work tell."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from netra.domain.optimization import engine
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.catalogue import HARDWARE
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.progress import only_forward, within
from netra.domain.workloads.columns import columns_of
from netra.domain.workloads.model import Event


@given(told=st.lists(st.floats(-1.0, 2.0), max_size=20), begin=st.floats(0, 0.5), width=st.floats(0, 0.5))
def test_what_is_heard_only_grows_and_stays_a_share(told: list[float], begin: float, width: float) -> None:
    heard: list[float] = []
    forward = only_forward(lambda done, doing: heard.append(done))
    inside = within(forward, begin=begin, end=begin + width)
    for done in told:
        inside(done, "working")
    assert heard == sorted(heard)
    assert len(heard) == len(told)
    assert all(0.0 <= done <= 1.0 for done in heard)


def test_an_analysis_tells_every_idea_and_never_steps_back(
    study: Callable[..., Study], call: Callable[..., Event], tariff: Callable[..., Tariff]
) -> None:
    calls = [call(n * 30.0, tokens=(900 + n % 7, 40)) for n in range(200)]
    heard: list[tuple[float, str]] = []
    engine.analyse(
        columns_of(calls),
        goals=Goals(gpus=("H100",)),
        prices=PriceList(tariffs={"big": tariff("big", usd=1e-4)}),
        hardware=HARDWARE,
        checkpoint=lambda done, doing: heard.append((done, doing)),
    )
    shares = [done for done, _ in heard]
    assert shares == sorted(shares)
    assert len({doing for _, doing in heard}) > 20
