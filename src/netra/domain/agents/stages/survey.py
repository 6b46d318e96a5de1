"""DataSubAgent: prepare, price and measure the workload's log, and read the goals with the log's names."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
import numpy as np

from netra.domain.agents.language.hearing import merge_readings
from netra.domain.agents.model import Briefing
from netra.domain.agents.question.goals import BEFORE_AFTER, read_goals
from netra.domain.agents.question.mentions import names_of, same_name
from netra.domain.agents.question.readings import Unread
from netra.domain.agents.stages.handover import Survey, checked_survey
from netra.domain.optimization import engine
from netra.domain.optimization.model import Checkpoint, Goals
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.study import without_excluded
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Events, instant_of
from netra.ports.prices import PriceBook

AGENT: Final = "DataSubAgent"
NO_INSTANT: Final = Unread(text="the change", why="state its date, as 2026-11-20 or “yesterday”").sentence()
NOTHING_LEFT: Final = "What should be studied? What the question excludes leaves no call of the log."
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
    """Return the measured log, and the goals read again with the names in the log."""
    question = briefing.question
    names = names_of(events)
    read = read_goals(question.message, question.parameters, now=briefing.now, names=names)
    both = None
    if briefing.reading is not None:
        both = merge_readings(read, briefing.reading, message=question.message, names=names)
        read = both.goals
    goals = dated(read, events)
    prices = price_list(
        events,
        book,
        default_model=default_model,
        model=goals.model,
        asked_about=goals.models,
        hardware=hardware,
    )
    if not len(without_excluded(events, excluded=goals.excluded)):
        goals = msgspec.structs.replace(goals, ask_back=NOTHING_LEFT)
    measured = engine.measure(events, goals=goals, prices=prices, hardware=hardware, checkpoint=checkpoint)
    return checked_survey(Survey(briefing=briefing, goals=goals, measured=measured, merged=both))


def dated(goals: Goals, events: Events) -> Goals:
    """Return the goals with the change dated at the first call of the new model.

    A day ("yesterday") becomes that instant if the model's first call is on that day. Without a day, the
    first call of a named model is used. A change that still has no instant is reported as unread.
    """
    if BEFORE_AFTER not in goals.analyses:
        return goals
    first = [at for name in goals.models if (at := _first_call(events, name)) is not None]
    if goals.change_at is not None:
        within = [at for at in first if timedelta(0) <= at - goals.change_at < timedelta(days=1)]
        return msgspec.structs.replace(goals, change_at=min(within)) if within else goals
    if first:
        return msgspec.structs.replace(goals, change_at=max(first))
    return msgspec.structs.replace(goals, unread=(*goals.unread, NO_INSTANT))


def _first_call(events: Events, model: str) -> datetime | None:
    """Return the time of the model's first call; None without a call or if it is the log's first call."""
    places = [code for code, label in enumerate(events.model.names) if same_name(label, model)]
    mine = events.at_ns[np.isin(events.model.codes, places)]
    if not len(mine) or mine.min() == events.at_ns.min():
        return None
    return instant_of(int(mine.min()))
