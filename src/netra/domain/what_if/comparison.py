"""Explain a change of the bill on a log: collect its prices and run `explained`."""

from netra.domain.optimization.explain.explanation import Explanation, explained
from netra.domain.optimization.explain.periods import Periods
from netra.domain.optimization.model import Checkpoint, never_stop
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events
from netra.ports.prices import PriceBook


def compared(
    events: Events,
    periods: Periods,
    *,
    book: PriceBook,
    default_model: str,
    model: str | None = None,
    checkpoint: Checkpoint = never_stop,
) -> Explanation:
    """Return why the bill of the one period differs from that of the other, priced as `model` if given.

    Raises `ValidationFailed` where a period holds no call of known price, and `WorkStopped` from
    `checkpoint`.
    """
    checkpoint(0.0, "Comparing the bills")
    prices = price_list(events, book, default_model=default_model, model=model)
    return explained(events, prices=prices, periods=periods)
