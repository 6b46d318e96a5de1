"""OptimizationsCoreSubAgent: run every analyser on the log, then combine and rank the results."""

from typing import Final

from netra.domain.agents.stages.handover import Findings, Survey, checked_findings
from netra.domain.optimization import engine
from netra.domain.optimization.model import Checkpoint

AGENT: Final = "OptimizationsCoreSubAgent"


def message(events: int) -> str:
    """Return the progress message of this stage.

    >>> message(12000)
    'Weighing every optimization on 12,000 calls...'
    """
    return f"Weighing every optimization on {events:,} call" + ("..." if events == 1 else "s...")


def analyse(survey: Survey, *, checkpoint: Checkpoint) -> Findings:
    """Return the engine's analysis of the log."""
    return checked_findings(
        Findings(survey=survey, analysis=engine.optimise(survey.measured, checkpoint=checkpoint))
    )
