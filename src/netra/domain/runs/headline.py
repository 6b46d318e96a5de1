"""Take the headline of a run, for lists that do not load its result."""

from msgspec import UNSET

from netra.domain.optimization.metrics import Metrics
from netra.domain.runs.model import Headline


def headline_of(metrics: Metrics) -> Headline | None:
    """Return the bill and the plan of a result, or None where it has no bill."""
    plan, month = metrics.plan, metrics.bill_usd_per_month
    if plan is not UNSET and plan.now_usd:
        return Headline(
            bill_usd_per_month=plan.now_usd_per_month,
            plan_usd_per_month=plan.planned_usd_per_month,
            saved_share=plan.saved_share,
        )
    return None if month is None or not month.value else Headline(bill_usd_per_month=month.value)
