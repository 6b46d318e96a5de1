"""The documented result of an analysis: recommendations, metrics, actions, settings and the report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from netra.domain.decisions.model import DecisionState, DismissalReason
from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Action, Evidence, Grade, Savings, Stance
from netra.domain.optimization.supply_config import SupplyConfig


class DecisionMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a recommendation when the analysis began."""

    state: DecisionState
    at: datetime
    reason: DismissalReason | None = None
    until: datetime | None = None  # when a dismissal lapses
    effective_at: datetime | None = None  # since when an adopted change is in force


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One change to make or to avoid, and its saving, with the evidence."""

    id: str  # stable within a result: "rec-1"
    key: str = ""  # the same for the same advice in every result of a workload; empty in old results
    kind: str  # the analyser's name: "prompt_caching", "batch", …
    stance: Stance
    action: str
    impact: str
    cost_change: str  # "-27.5%", "+15%": rendered from the numbers
    savings: Savings
    grade: Grade
    formula: str
    inputs: Mapping[str, Any]  # Any: JSON, the analyser's own `Inputs` as it was encoded
    assumptions: tuple[str, ...]
    evidence: Evidence
    how_to_verify: str
    effort: Literal["low", "medium", "high"]
    risk: str
    decision: DecisionMade | None = None  # what was decided about it before this result


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The documented result: `result` on every transport, and the output of `--json`."""

    recommendations: tuple[Recommendation, ...]
    metrics: Metrics
    actions: tuple[Action, ...]
    supply_config: SupplyConfig
    report: str = ""  # the answer in words; its numbers all come from the fields above
