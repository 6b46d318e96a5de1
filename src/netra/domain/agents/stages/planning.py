"""ActionsToMeetGoalsSubAgent: turn the findings into ordered, reversible steps and a supply configuration."""

from typing import Final

from netra.domain.agents.stages.handover import Findings, Plan, checked_plan
from netra.domain.optimization import engine
from netra.domain.optimization.advice.supply import supply_config
from netra.domain.optimization.model import Checkpoint

AGENT: Final = "ActionsToMeetGoalsSubAgent"
MESSAGE: Final = "Turning the findings into steps and settings..."


def plan(findings: Findings, *, checkpoint: Checkpoint) -> Plan:
    """Return the steps, each with its check and its rollback, and the supply configuration."""
    analysis = findings.analysis
    checkpoint(0.0, "Ordering the steps")
    actions = engine.planned_actions(analysis)
    checkpoint(0.5, "Writing the settings")
    return checked_plan(
        Plan(
            findings=findings,
            actions=actions,
            supply_config=supply_config(analysis.study, analysis.composition),
        )
    )
