"""ReportingSubAgent: the documented result, and the answer in words."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from netra.domain.agents.stages.handover import Plan
from netra.domain.agents.wording.missing_data import LANGUAGE_MODEL, goals_metrics
from netra.domain.agents.wording.replies import reply
from netra.domain.optimization.model import Advice

AGENT: Final = "ReportingSubAgent"
MESSAGE: Final = "Writing the answer..."


def report(plan: Plan) -> Advice:
    """Return the advice, worded; every number of the words stands in the advice."""
    advice = Advice(
        recommendations=plan.findings.analysis.recommendations,
        metrics=_metrics(plan),
        actions=plan.actions,
        supply_config=plan.supply_config,
    )
    return msgspec.structs.replace(advice, report=reply(advice, goals=plan.findings.survey.goals))


def _metrics(plan: Plan) -> Mapping[str, Any]:
    survey = plan.findings.survey
    workload = survey.briefing.workload
    return {
        **survey.metrics,
        **plan.findings.analysis.metrics,
        "workload_id": None if workload is None else workload.id,
        "goals": goals_metrics(survey.goals),
        "language_model": LANGUAGE_MODEL,
    }
