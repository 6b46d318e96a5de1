"""Define what each agent passes to the next, and the checks that reject incomplete data."""

import msgspec

from netra.domain.agents.language.hearing import MergedGoals
from netra.domain.agents.model import Briefing
from netra.domain.errors import UnsoundHandover
from netra.domain.optimization.engine import Analysis, Measured
from netra.domain.optimization.model import Action, Goals
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import SupplyConfig
from netra.domain.texts import as_kept


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The output of the data agent: the prepared, measured log, and the goals in the log's own names."""

    briefing: Briefing
    goals: Goals
    measured: Measured
    merged: MergedGoals | None = None  # the local and the model's reading of the question, if a model read it


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The output of the core agent: all recommendations, priced and ranked."""

    survey: Survey
    analysis: Analysis


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The output of the action agent: the findings as steps and as a supply configuration."""

    findings: Findings
    actions: tuple[Action, ...]
    supply_config: SupplyConfig


def checked_briefing(briefing: Briefing) -> Briefing:
    """Return the briefing. Raises `UnsoundHandover` when it names a workload of another owner."""
    spoken_of = (*briefing.choices, *(() if briefing.workload is None else (briefing.workload,)))
    if any(workload.owner_id != briefing.question.owner_id for workload in spoken_of):
        raise UnsoundHandover("TriageSubAgent", "a workload in it is not the asker's")
    return briefing


def checked_survey(survey: Survey) -> Survey:
    """Return the survey. Raises `UnsoundHandover` when events, traffic and costs differ in length."""
    study = survey.measured.study
    if not len(study.events) == len(study.traffic) == len(study.now_usd):
        raise UnsoundHandover("DataSubAgent", "events, traffic and costs differ in length")
    return survey


def checked_findings(findings: Findings) -> Findings:
    """Return the findings. Raises `UnsoundHandover` for a saving out of bounds or a negative planned bill."""
    savings = [found.savings for found in findings.analysis.recommendations]
    bounded = [(saving.usd, saving.bounds) for saving in savings if saving.bounds is not None]
    if not all(bounds[0] <= usd <= bounds[1] for usd, bounds in bounded):
        raise UnsoundHandover("OptimizationsCoreSubAgent", "a saving lies outside its own bounds")
    if findings.analysis.composition.planned_usd < 0:
        raise UnsoundHandover("OptimizationsCoreSubAgent", "the plan costs less than nothing")
    return findings


def checked_plan(plan: Plan) -> Plan:
    """Return the plan. Raises `UnsoundHandover` for an action without a recommendation."""
    known = {found.id for found in plan.findings.analysis.recommendations}
    if not known.issuperset(action.recommendation_id for action in plan.actions):
        raise UnsoundHandover("ActionsToMeetGoalsSubAgent", "an action belongs to no recommendation")
    return plan


def checked_advice(advice: Advice) -> Advice:
    """Return the advice with a report any store can hold. Raises `UnsoundHandover` for an empty report.

    The report may quote a parameter or a name in the log, and a language model may write any character.
    """
    if not advice.report.strip():
        raise UnsoundHandover("ReportingSubAgent", "the report is empty")
    return msgspec.structs.replace(advice, report=as_kept(advice.report))
