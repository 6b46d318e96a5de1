"""An answer without its opening, which says how the question was read."""

from typing import Any

from netra.domain.agents.wording.echo import echo_text


def words_of(advice: Any) -> str:
    """Return the report after its opening, which must be there."""
    opening = f"{echo_text(advice.metrics.goals)}\n\n"
    assert advice.report.startswith(opening)
    return str(advice.report.removeprefix(opening))
