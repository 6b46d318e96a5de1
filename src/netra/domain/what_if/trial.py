"""Simulate proposals on a log: collect its prices and run `simulate`."""

from collections.abc import Sequence

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.model import Checkpoint, Goals, never_stop
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.progress import only_forward, within
from netra.domain.optimization.study import study_of
from netra.domain.optimization.what_if.simulate import Proposal, Simulated, simulate
from netra.domain.what_if.price_list import price_list, with_asked_about
from netra.domain.workloads.columns import Events
from netra.ports.prices import PriceBook


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal of several: what it would bring, or why it cannot be."""

    simulated: Simulated | None = None
    refused: ValidationFailed | None = None


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


def what_if_each(
    events: Events,
    proposals: Sequence[Proposal],
    *,
    book: PriceBook,
    default_model: str,
    hardware: Hardware,
    checkpoint: Checkpoint = never_stop,
) -> tuple[Tried, ...]:
    """Return the effect of each proposal on `events`, whose study is made once.

    A proposal that cannot be is refused by itself. Raises `WorkStopped` from `checkpoint`.
    """
    forward = only_forward(checkpoint)
    prices = price_list(events, book, default_model=default_model)
    first = within(forward, begin=0.0, end=0.3)
    study = study_of(events, goals=Goals(), prices=prices, hardware=hardware, checkpoint=first)
    tried: list[Tried] = []
    for number, proposal in enumerate(proposals):
        asked_about = () if proposal.model is None else (proposal.model,)
        mine = msgspec.structs.replace(study, prices=with_asked_about(prices, book, asked_about))
        begin, end = (0.3 + 0.7 * place / len(proposals) for place in (number, number + 1))
        try:
            simulated = simulate(mine, proposal, checkpoint=within(forward, begin=begin, end=end))
        except ValidationFailed as error:
            tried.append(Tried(refused=error))
        else:
            tried.append(Tried(simulated=simulated))
    return tuple(tried)
