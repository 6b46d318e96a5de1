"""ReportingSubAgent: build the documented result and the text of the answer."""

from typing import Final

import msgspec

from netra.domain.agents.stages.handover import Plan
from netra.domain.agents.wording.missing_data import stated_goals
from netra.domain.agents.wording.replies import reply
from netra.domain.optimization.metrics import NO_LANGUAGE_MODEL, Metrics
from netra.domain.optimization.result import Advice

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


def _metrics(plan: Plan) -> Metrics:
    survey = plan.findings.survey
    workload = survey.briefing.workload
    return msgspec.structs.replace(
        plan.findings.analysis.metrics,
        workload_id=None if workload is None else workload.id,
        goals=stated_goals(survey.goals),
        language_model=NO_LANGUAGE_MODEL,
    )
