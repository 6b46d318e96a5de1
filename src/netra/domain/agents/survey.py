"""DataSubAgent: the workload's log made ready, priced and described, and the goals in its own names."""

from typing import Final

from netra.domain.agents.goals import read_goals
from netra.domain.agents.handover import Briefing, Survey, checked_survey
from netra.domain.agents.names import Names
from netra.domain.agents.price_list import price_list
from netra.domain.optimization import engine
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.workloads.columns import Events, Labels
from netra.ports.prices import PriceBook

AGENT: Final = "DataSubAgent"
MESSAGE: Final = "Reading the workload's events and pricing every call..."


def survey(
    briefing: Briefing,
    events: Events,
    *,
    book: PriceBook,
    default_model: str,
    hardware: Hardware,
    checkpoint: Checkpoint,
) -> Survey:
    """Return the log as the engine reads it, with the question read again in its names."""
    question = briefing.question
    goals = read_goals(question.message, question.parameters, now=briefing.now, names=names_of(events))
    prices = price_list(
        events, book, default_model=default_model, model=goals.model, asked_about=goals.models
    )
    measured = engine.measure(events, goals=goals, prices=prices, hardware=hardware, checkpoint=checkpoint)
    return checked_survey(Survey(briefing=briefing, goals=goals, measured=measured, metrics=measured.metrics))


def names_of(events: Events) -> Names:
    """Return the names that the log holds."""
    return Names(
        features=_names(events.feature),
        functions=_names(events.template),
        tools=_names(events.tool),
        models=events.model.names,
    )


def _names(labels: Labels | None) -> tuple[str, ...]:
    return () if labels is None else labels.names
