"""ReportingSubAgent: build the documented result and the text of the answer."""

from typing import Final

import msgspec

from netra.domain.agents.stages.handover import Plan, Survey
from netra.domain.agents.wording.echo import echo_text
from netra.domain.agents.wording.missing_data import stated_goals
from netra.domain.agents.wording.replies import reply
from netra.domain.optimization.metrics import NO_LANGUAGE_MODEL, Metrics
from netra.domain.optimization.result import Advice
from netra.domain.optimization.supply_config import NOTHING_TO_SUPPLY

AGENT: Final = "ReportingSubAgent"
MESSAGE: Final = "Writing the answer..."


def report(plan: Plan) -> Advice:
    """Return the advice with its text; every number in the text is also in the advice."""
    advice = Advice(
        recommendations=plan.findings.analysis.recommendations,
        metrics=_metrics(plan),
        actions=plan.actions,
        supply_config=plan.supply_config,
    )
    return msgspec.structs.replace(advice, report=reply(advice, goals=plan.findings.survey.goals))


def ask(survey: Survey) -> Advice:
    """Return the answer to a question that must be asked back: what was understood, and the question."""
    workload, goals = survey.briefing.workload, survey.goals
    metrics = Metrics(
        **msgspec.structs.asdict(survey.measured.metrics),
        gaps=(),
        targets=(),
        workload_id=None if workload is None else workload.id,
        goals=stated_goals(goals),
        language_model=NO_LANGUAGE_MODEL,
    )
    return Advice(
        recommendations=(),
        metrics=metrics,
        actions=(),
        supply_config=NOTHING_TO_SUPPLY,
        report=f"{echo_text(goals)}\n\n{goals.ask_back}",
    )


def _metrics(plan: Plan) -> Metrics:
    survey = plan.findings.survey
    workload = survey.briefing.workload
    return msgspec.structs.replace(
        plan.findings.analysis.metrics,
        workload_id=None if workload is None else workload.id,
        goals=stated_goals(survey.goals),
        language_model=NO_LANGUAGE_MODEL,
    )
