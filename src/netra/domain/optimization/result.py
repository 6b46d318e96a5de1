"""The documented result of an analysis: recommendations, metrics, actions, settings and the report."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from netra.domain.optimization.metrics import Metrics
from netra.domain.optimization.model import Action, Evidence, Grade, Savings, Stance
from netra.domain.optimization.supply_config import SupplyConfig


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One change to make or to avoid, and its saving, with the evidence."""

    id: str  # stable within a result: "rec-1"
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


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The documented result: `result` on every transport, and the output of `--json`."""

    recommendations: tuple[Recommendation, ...]
    metrics: Metrics
    actions: tuple[Action, ...]
    supply_config: SupplyConfig
    report: str = ""  # the answer in words; its numbers all come from the fields above
