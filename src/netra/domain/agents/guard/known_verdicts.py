"""Hold what a payload itself judges: targets, limits, savings of changes, costs of rows, and retirements.

A missing section is empty: a verdict about it has nothing to rest on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from netra.domain.json_values import is_series

Measure = Literal["usd", "calls", "input_tokens", "output_tokens", "latency"]


class _Savings(msgspec.Struct, frozen=True, kw_only=True):
    usd_per_month: float | None = None
    usd_in_window: float = 0.0
    low: float | None = None
    low_in_window: float | None = None
    marginal_usd_per_month: float | None = None
    applied_as: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A recommendation."""

    id: str = ""
    kind: str = ""
    stance: str = ""
    savings: _Savings = _Savings()
    inputs: Mapping[str, object] = {}  # Any: JSON, by the analyser

    @property
    def usd(self) -> float:
        """Its saving; negative is a loss."""
        return (
            self.savings.usd_in_window if self.savings.usd_per_month is None else self.savings.usd_per_month
        )

    @property
    def calls(self) -> float | None:
        """The calls that it concerns."""
        calls = self.inputs.get("calls") if self.kind == "right_sizing" else self.inputs.get("touched_calls")
        return float(calls) if isinstance(calls, int | float) else None

    @property
    def model(self) -> str:
        """The model it proposes, if it proposes one."""
        model = self.inputs.get("model")
        return model if isinstance(model, str) else ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A target of the question and whether it is met; `met` None: the log cannot show it."""

    target: str
    met: bool | None = None
    asked: float | None = None
    reached: float | None = None


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of one feature, model, template or tool."""

    name: str | None = None
    requests: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    usd_in_window: float = 0.0


class TimedFeature(msgspec.Struct, frozen=True, kw_only=True):
    """The latency of a feature and its limit."""

    feature: str
    calls: float = 0.0
    latency_ms_p50: float = 0.0
    latency_ms_p99: float = 0.0
    limit_ms: float | None = None
    calls_over_limit: float | None = None
    met: bool | None = None


class _Latency(msgspec.Struct, frozen=True, kw_only=True):
    by_feature: tuple[TimedFeature, ...] = ()


class _Share(msgspec.Struct, frozen=True, kw_only=True):
    requests: float | None = None
    share: float | None = None


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    saved_share: float | None = None
    now_usd_per_month: float | None = None
    planned_usd_per_month: float | None = None
    saved_usd_per_month: float | None = None
    if_evaluations_pass_usd_per_month: float | None = None


class _Growth(msgspec.Struct, frozen=True, kw_only=True):
    traffic_growth: float = 0.0
    bill_usd_per_month: float | None = None
    planned_usd_per_month: float | None = None


class _Option(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    ttft_ms_p99: float | None = None
    latency_ms_p99: float | None = None


class _Spread(msgspec.Struct, frozen=True, kw_only=True):
    mean: float | None = None
    p50: float | None = None
    p99: float | None = None


class _Profile(msgspec.Struct, frozen=True, kw_only=True):
    latency_ms: _Spread = _Spread()


class _Span(msgspec.Struct, frozen=True, kw_only=True):
    seconds: float = 0.0
    per_month: float | None = None


class _Sufficiency(msgspec.Struct, frozen=True, kw_only=True):
    sufficient: bool | None = None


class _Goals(msgspec.Struct, frozen=True, kw_only=True):
    features: tuple[str, ...] = ()


class _Pareto(msgspec.Struct, frozen=True, kw_only=True):
    options: tuple[_Option, ...] = ()


class _Retirement(msgspec.Struct, frozen=True, kw_only=True):
    model: str


class KnownVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """The judged parts of a payload."""

    recommendations: tuple[Change, ...] = ()
    targets: tuple[Target, ...] = ()
    latency: _Latency = _Latency()
    by_feature: tuple[Spent, ...] = ()
    by_template: tuple[Spent, ...] = ()
    by_tool: tuple[Spent, ...] = ()
    by_model: tuple[Spent, ...] = ()
    duplicates: _Share = _Share()
    failures: _Share = _Share()
    plan: _Plan = _Plan()
    growth: _Growth = _Growth()
    pareto: _Pareto = _Pareto()
    retirements: tuple[_Retirement, ...] = ()
    span: _Span = _Span()
    profile: _Profile = _Profile()
    data_sufficiency: _Sufficiency = _Sufficiency()
    requests: float = 0.0
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    bill_usd: float | None = None
    goals: _Goals = _Goals()
    change: Any = None  # Any: only its presence counts

    @property
    def rows(self) -> tuple[tuple[Spent, ...], ...]:
        """The lists of sums."""
        return (self.by_feature, self.by_template, self.by_tool, self.by_model)

    def speed_of_plan(self) -> float | None:
        """Return how many times as fast calls are under the plan; None if unknown."""
        by_name = {option.name: option for option in self.pareto.options}
        now, plan = by_name.get("as it is"), by_name.get("the plan")
        if now is None or plan is None or not now.latency_ms_p99 or not plan.latency_ms_p99:
            return None
        return now.latency_ms_p99 / plan.latency_ms_p99

    def ranked(self, measure: Measure) -> Sequence[Mapping[str, float]]:
        """Return the values of a measure by name, one table for each class of rows."""
        if measure == "latency":
            return ({row.feature: row.latency_ms_p99 for row in self.latency.by_feature},)
        field = {"usd": "usd_in_window", "calls": "requests"}.get(measure, measure)
        return tuple({row.name: float(getattr(row, field)) for row in rows if row.name} for rows in self.rows)


_SECTIONS: Final = tuple(field.name for field in msgspec.structs.fields(KnownVerdicts))


def verdicts_of(payload: object) -> KnownVerdicts:
    """Return the judged parts of a result, or of the part that a language model gets."""
    if not isinstance(payload, dict):
        return KnownVerdicts()
    outer = cast("Mapping[str, object]", payload)
    inner = outer.get("metrics", {})
    held = {**(cast("Mapping[str, object]", inner) if isinstance(inner, dict) else {}), **outer}
    sections = {name: _section(name, held[name]) for name in _SECTIONS if name in held}
    return KnownVerdicts(**{name: section for name, section in sections.items() if section is not None})


def _section(name: str, value: object) -> Any:  # Any: decoded JSON, and then the section's type
    kinds = {field.name: field.type for field in msgspec.structs.fields(KnownVerdicts)}
    if name == "latency" and is_series(value):
        value = {"by_feature": value}
    try:
        return msgspec.convert(value, type=kinds[name])
    except msgspec.ValidationError:
        return None
