"""Simulate a proposal on a log: collect its prices and run `simulate`."""

from netra.domain.optimization.model import Checkpoint, Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.progress import only_forward, within
from netra.domain.optimization.study import study_of
from netra.domain.optimization.what_if.simulate import Proposal, Simulated, simulate
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events
from netra.ports.prices import PriceBook


def what_if(
    events: Events,
    proposal: Proposal,
    *,
    book: PriceBook,
    default_model: str,
    hardware: Hardware,
    model: str | None = None,
    checkpoint: Checkpoint = never_stop,
) -> Simulated:
    """Return the effect of `proposal` on `events`, priced as `model` if given.

    Raises `ValidationFailed` for an unknown model or GPU or a combination that does not fit, and
    `WorkStopped` from `checkpoint`.
    """
    forward = only_forward(checkpoint)
    asked_about = () if proposal.model is None else (proposal.model,)
    prices = price_list(events, book, default_model=default_model, model=model, asked_about=asked_about)
    study = study_of(
        events,
        goals=Goals(model=model),
        prices=prices,
        hardware=hardware,
        checkpoint=within(forward, begin=0.0, end=0.3),
    )
    return simulate(study, proposal, checkpoint=within(forward, begin=0.3, end=1.0))
