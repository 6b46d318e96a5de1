"""TriageSubAgent: read the goals of a question and find its workload."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from netra.domain.agents.model import Briefing, Question
from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import parts_in
from netra.domain.agents.stages.handover import checked_briefing
from netra.domain.errors import NotFound
from netra.domain.ids import UserId, WorkloadId
from netra.domain.paging import PageRequest
from netra.domain.workloads.model import Workload
from netra.ports.workloads import WorkloadStore

AGENT: Final = "TriageSubAgent"
MESSAGE: Final = "Reading what is asked: targets, limits, names..."
CHOICES: Final = 20  # most workloads that an answer lists for the user to choose from


async def triage(question: Question, *, workloads: WorkloadStore, now: datetime) -> Briefing:
    """Return the goals and the workload: the named one, else the owner's only one."""
    goals = read_goals(question.message, question.parameters, now=now)
    if question.workload_id is not None:
        workload = await _find(question.workload_id, workloads, owner_id=question.owner_id)
        wanted = None if workload is not None else question.workload_id
        return checked_briefing(
            Briefing(question=question, goals=goals, now=now, workload=workload, wanted=wanted)
        )
    page = await workloads.page(owner_id=question.owner_id, request=PageRequest(limit=CHOICES))
    return checked_briefing(
        Briefing(
            question=question,
            goals=goals,
            now=now,
            workload=_meant(question.message, page.items),
            choices=tuple(page.items),
            choices_total=page.total,
        )
    )


async def _find(workload_id: WorkloadId, workloads: WorkloadStore, *, owner_id: UserId) -> Workload | None:
    """Return the workload; None if the owner has no workload with this id."""
    try:
        return await workloads.get(workload_id, owner_id=owner_id)
    except NotFound:
        return None


def _meant(message: str, choices: Sequence[Workload]) -> Workload | None:
    """Return the only workload, else the only one whose id or name the message contains."""
    if len(choices) == 1:
        return choices[0]
    named = {
        part.name for part in parts_in(message, known=[name for w in choices for name in (w.id, w.name)])
    }
    meant = [workload for workload in choices if not named.isdisjoint((workload.id, workload.name))]
    return meant[0] if len(meant) == 1 else None
