"""What each agent hands to the next, and the check it must pass: nobody works on a half-made thing."""

from datetime import datetime

import msgspec

from netra.domain.agents.language.hearing import Hearing, Joined
from netra.domain.agents.model import Question
from netra.domain.errors import UnsoundHandover
from netra.domain.ids import WorkloadId
from netra.domain.optimization.engine import Analysis, Measured
from netra.domain.optimization.model import Action, Goals
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import SupplyConfig
from netra.domain.texts import as_kept
from netra.domain.workloads.model import Workload


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """Triage's: what is asked, of which workload, as far as words alone can tell.

    Without a workload there is nothing to compute: `wanted` names one that does not exist, `choices`
    are those to choose from, newest first.
    """

    question: Question
    goals: Goals
    now: datetime
    workload: Workload | None = None
    wanted: WorkloadId | None = None
    choices: tuple[Workload, ...] = ()
    choices_total: int = 0
    is_at_hand: bool = False  # the events come with the question and are in no store
    hearing: Hearing | None = None  # a language model's reading of the question, where there is one


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The data agent's: the log made ready and described, and the goals in the log's own names."""

    briefing: Briefing
    goals: Goals
    measured: Measured
    joined: Joined | None = None  # both readings of the question, where there are two


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The core's: every idea weighed, priced and ranked."""

    survey: Survey
    analysis: Analysis


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The action agent's: the findings as steps, and as settings ready to use."""

    findings: Findings
    actions: tuple[Action, ...]
    supply_config: SupplyConfig


def checked_briefing(briefing: Briefing) -> Briefing:
    """Return the briefing; raise `UnsoundHandover` when it speaks of a workload of somebody else."""
    spoken_of = (*briefing.choices, *(() if briefing.workload is None else (briefing.workload,)))
    if any(workload.owner_id != briefing.question.owner_id for workload in spoken_of):
        raise UnsoundHandover("TriageSubAgent", "a workload in it is not the asker's")
    return briefing


def checked_survey(survey: Survey) -> Survey:
    """Return the survey; raise `UnsoundHandover` when a call has been lost or made up on the way."""
    study = survey.measured.study
    if not len(study.events) == len(study.traffic) == len(study.now_usd):
        raise UnsoundHandover("DataSubAgent", "events, traffic and costs differ in length")
    return survey


def checked_findings(findings: Findings) -> Findings:
    """Return the findings; raise `UnsoundHandover` when a saving cannot be what it says."""
    savings = [found.savings for found in findings.analysis.recommendations]
    bounded = [(saving.usd, saving.bounds) for saving in savings if saving.bounds is not None]
    if not all(bounds[0] <= usd <= bounds[1] for usd, bounds in bounded):
        raise UnsoundHandover("OptimizationsCoreSubAgent", "a saving lies outside its own bounds")
    if findings.analysis.composition.planned_usd < 0:
        raise UnsoundHandover("OptimizationsCoreSubAgent", "the plan costs less than nothing")
    return findings


def checked_plan(plan: Plan) -> Plan:
    """Return the plan; raise `UnsoundHandover` for a step that belongs to no recommendation."""
    known = {found.id for found in plan.findings.analysis.recommendations}
    if not known.issuperset(action.recommendation_id for action in plan.actions):
        raise UnsoundHandover("ActionsToMeetGoalsSubAgent", "an action belongs to no recommendation")
    return plan


def checked_advice(advice: Advice) -> Advice:
    """Return the advice, its words as every store can hold them; raise `UnsoundHandover` without any.

    They may repeat a parameter or a name in a log, and a language model may write anything.
    """
    if not advice.report.strip():
        raise UnsoundHandover("ReportingSubAgent", "the report is empty")
    return msgspec.structs.replace(advice, report=as_kept(advice.report))
