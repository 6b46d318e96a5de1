"""Write the answer for a question without data: no advice, but exactly what to send and how.

Every number in the answer is a plain count, zero included.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from netra.domain.agents.model import Briefing
from netra.domain.agents.wording.echo import echo_text
from netra.domain.optimization.engine import NO_EVENTS
from netra.domain.optimization.metrics import (
    NO_LANGUAGE_MODEL,
    NOTHING_MEASURED,
    DataSufficiency,
    StatedGoals,
    WorkloadChoice,
)
from netra.domain.optimization.model import Action, Goals
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY
from netra.domain.workloads.model import Workload

REQUIRED: Final = ("timestamp", "model", "input_tokens", "output_tokens")
HELPFUL: Final = ("latency_ms", "ttft_ms", "cached_input_tokens", "feature", "prefix_hashes", "status")
_PLACE: Final = "YOUR_WORKLOAD_ID"
_EXAMPLE: Final = (
    '{"timestamp": "2026-11-20T14:00:00Z", "model": "gpt-4o", "input_tokens": 1200, "output_tokens": 300}'
)
_SHOWN: Final = 20  # most workloads named in the report


def asking(briefing: Briefing) -> Advice:
    """Return the advice that asks for a workload, or for its events."""
    if briefing.workload is None and briefing.wanted is None and briefing.choices:
        return _which(briefing)
    return _send(briefing)


def _which(briefing: Briefing) -> Advice:
    """Ask which workload is meant."""
    listed = "; ".join(f"{w.id} ({w.name}, {_events(w)})" for w in briefing.choices[:_SHOWN])
    is_all = briefing.choices_total <= _SHOWN
    report = (
        f"You have {briefing.choices_total} workloads and the question names none of them, so nothing was "
        f"computed. Ask again with workload_id set to one of these: {listed}."
        + ("" if is_all else " They are the newest; GET /api/workloads lists all.")
    )
    action = Action(
        order=1,
        recommendation_id="",
        title="Name the workload",
        steps=(
            "Ask again with context.workload_id (REST) or workload_id (WebSocket) set to one of them.",
            "Or write the workload's id or name in the message.",
        ),
        verify="The answer's metrics.workload_id is the workload you meant.",
        roll_back="Nothing was changed, so there is nothing to undo.",
    )
    reason = "no workload is named and there are several"
    return _advice(briefing, reason=reason, report=report, actions=(action,))


def _send(briefing: Briefing) -> Advice:
    """Ask for a workload's events, with the requests and commands that send them."""
    workload = briefing.workload
    if briefing.is_at_hand:
        reason, opening = "the log holds no calls", "The log holds no calls"
    elif workload is not None:
        reason, opening = "the workload holds no events", f"The workload {workload.id} holds no events yet"
    elif briefing.wanted is not None:
        reason = "there is no workload of this id"
        opening = f"There is no workload {briefing.wanted} under your account"
    else:
        reason, opening = "there is no workload", "There is no workload under your account yet"
    report = (
        f"{opening}, so there is nothing to compute from and no recommendation is made: every number in "
        "an answer here comes from your own request log.\n\n"
        f"Send one row for each model call, with {_listed(REQUIRED)}. That is enough for the bill, batch "
        f"prices and the choice of models. With {_listed(HELPFUL)} the answer also covers "
        "caching, latency limits, waste and your own GPUs.\n\n"
        f"{_how(workload)} Then ask the same question again."
    )
    return _advice(briefing, reason=reason, report=report, actions=_sending(workload))


def _how(workload: Workload | None) -> str:
    if workload is not None:
        return (
            f"Send them to POST /api/workloads/{workload.id}/events as JSON or NDJSON, or make a workload of "
            "a CSV or JSONL file with netra workloads import FILE."
        )
    return (
        "Make a workload with POST /api/workloads and send the rows to POST /api/workloads/{id}/events as "
        "JSON or NDJSON, or do both from a CSV or JSONL file with netra workloads import FILE."
    )


def _sending(workload: Workload | None) -> tuple[Action, ...]:
    place = _PLACE if workload is None else workload.id
    make = Action(
        order=1,
        recommendation_id="",
        title="Make a workload",
        steps=('POST /api/workloads with {"name": "my service"}; its answer holds the id.',),
        verify="GET /api/workloads lists it.",
        roll_back="DELETE /api/workloads/{id} removes it and all it holds.",
    )
    send = Action(
        order=2 if workload is None else 1,
        recommendation_id="",
        title="Send its events",
        steps=(
            f'POST /api/workloads/{place}/events with {{"events": [{_EXAMPLE}]}}, or send NDJSON rows.',
            "Or, from a CSV or JSONL file: netra workloads import FILE.",
            "Give each event an id of your own, and sending it twice counts it once.",
        ),
        verify=f"GET /api/workloads/{place} shows an event_count above zero.",
        roll_back=f"DELETE /api/workloads/{place} removes the workload and its events.",
    )
    return (send,) if workload is not None else (make, send)


def _advice(briefing: Briefing, *, reason: str, report: str, actions: tuple[Action, ...]) -> Advice:
    metrics = msgspec.structs.replace(
        NOTHING_MEASURED,
        data_sufficiency=DataSufficiency(sufficient=False, reason=reason, required=REQUIRED, helpful=HELPFUL),
        bill_usd_per_month_basis=reason,
        gaps=(NO_EVENTS,),
        workload_id=None if briefing.workload is None else briefing.workload.id,
        goals=stated_goals(briefing.goals),
        workloads=tuple(
            WorkloadChoice(id=w.id, name=w.name, event_count=w.event_count) for w in briefing.choices[:_SHOWN]
        ),
        workloads_total=briefing.choices_total,
        language_model=NO_LANGUAGE_MODEL,
    )
    return Advice(
        recommendations=(),
        metrics=metrics,
        actions=actions,
        supply_config=NOTHING_TO_SUPPLY,
        report=f"{echo_text(briefing.goals)}\n\n{report}" if briefing.question.message.strip() else report,
    )


def stated_goals(goals: Goals) -> StatedGoals:
    """Return the goals in the form of the result."""
    return StatedGoals(**msgspec.structs.asdict(goals))


def _events(workload: Workload) -> str:
    return f"{workload.event_count:,} event" + ("" if workload.event_count == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
