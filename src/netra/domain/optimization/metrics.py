"""The metrics of a result: every section that clients rely on, by its documented name.

A section that the analysis could not produce is `UNSET` and absent from the JSON; `None` inside a section
means "not known from this log". Each section is computed in the module that owns its rule, not here.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from netra.domain.ids import WorkloadId
from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.measures.span import Span
from netra.domain.optimization.model import Gap, Goals, Option, Priority
from netra.domain.optimization.verdicts.verdict import ChangeVerdict
from netra.domain.workloads.profile import NO_ARRIVALS, Arrivals, Profile
from netra.domain.workloads.sufficiency import MissingField


class ReuseShare(msgspec.Struct, frozen=True, kw_only=True):
    """The share of input tokens that a cache with this time to live would have served."""

    ttl_s: int | None  # None: entries never expire
    token_share: float


class CallShare(msgspec.Struct, frozen=True, kw_only=True):
    """A number of calls and its share of all; None where the log cannot show it, which is not zero."""

    requests: int | None = None
    share: float | None = None


UNKNOWN_SHARE: Final = CallShare()


class DataSufficiency(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the log suffices for advice, which fields it has, and what further fields would add.

    `required` and `helpful` are present only if there is no log.
    """

    sufficient: bool
    reason: str
    requests: int | UnsetType = UNSET
    span_s: float | UnsetType = UNSET
    covers_a_day: bool | UnsetType = UNSET
    present: tuple[str, ...] | UnsetType = UNSET
    partial: tuple[str, ...] | UnsetType = UNSET  # fields that some calls have and some lack
    missing: tuple[MissingField, ...] | UnsetType = UNSET
    required: tuple[str, ...] | UnsetType = UNSET
    helpful: tuple[str, ...] | UnsetType = UNSET


class Spend(msgspec.Struct, frozen=True, kw_only=True):
    """Calls, tokens and dollars of one model, feature, template or tool; `name` None: unnamed calls."""

    name: str | None
    requests: int
    input_tokens: int
    output_tokens: int
    usd_in_window: float


class LatencyTails(msgspec.Struct, frozen=True, kw_only=True):
    """99th percentiles in milliseconds over the latency-sensitive calls; None: not logged."""

    ttft_ms_p99: float | None
    tpot_ms_p99: float | None
    latency_ms_p99: float | None


class FeatureLatency(msgspec.Struct, frozen=True, kw_only=True):
    """The whole-call latency of one feature against its limit; `met` None: no limit was set."""

    feature: str
    calls: int
    latency_ms_p50: float | None
    latency_ms_p99: float
    limit_ms: float | None
    calls_over_limit: int | None
    met: bool | None


class Latency(LatencyTails, frozen=True, kw_only=True):
    """The measured latency of the log: tails over all calls, and by feature."""

    by_feature: tuple[FeatureLatency, ...]


class AnalysisScope(msgspec.Struct, frozen=True, kw_only=True):
    """The features that the question limits the answer to; `unknown` ones are not in the log.

    The calls of the `excluded` features, tools, templates and models are in no number of the answer, but in
    the comparison with a budget.
    """

    features: tuple[str, ...]
    unknown: tuple[str, ...]
    requests: int
    excluded: tuple[str, ...] | UnsetType = UNSET
    requests_excluded: int | UnsetType = UNSET
    excluded_usd_in_window: float | UnsetType = UNSET


class PlanBill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill now, under the plan, and if every evaluation passes.

    Dollars in the window are those of the log's own time, or of that since the change that was asked about.
    Dollars a month are None where that is less than a day; `bill_usd_per_month_basis` then says why.
    """

    now_usd_in_window: float
    planned_usd_in_window: float
    saved_usd_in_window: float
    if_evaluations_pass_usd_in_window: float
    saved_share: float
    if_evaluations_pass_saved_share: float
    now_usd_per_month: float | None = None
    planned_usd_per_month: float | None = None
    saved_usd_per_month: float | None = None
    if_evaluations_pass_usd_per_month: float | None = None

    @property
    def now_usd(self) -> float:
        """The bill now to show: a month's where it is known, else the log's own."""
        return self.now_usd_in_window if self.now_usd_per_month is None else self.now_usd_per_month

    @property
    def planned_usd(self) -> float:
        """The bill under the plan, in the same time as `now_usd`."""
        month = self.planned_usd_per_month
        return self.planned_usd_in_window if month is None else month

    @property
    def saved_usd(self) -> float:
        """What the plan saves, in the same time as `now_usd`."""
        return self.saved_usd_in_window if self.saved_usd_per_month is None else self.saved_usd_per_month

    @property
    def evaluated_usd(self) -> float:
        """The bill if every evaluation passes, in the same time as `now_usd`."""
        month = self.if_evaluations_pass_usd_per_month
        return self.if_evaluations_pass_usd_in_window if month is None else month


class GrowthBill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill and the plan at the traffic growth in question."""

    traffic_growth: float
    bill_usd_in_window: float
    planned_usd_in_window: float
    bill_usd_per_month: float | None = None  # None: the log covers less than a day
    planned_usd_per_month: float | None = None

    @property
    def bill_usd(self) -> float:
        """The bill to show: a month's where it is known, else the log's own."""
        return self.bill_usd_in_window if self.bill_usd_per_month is None else self.bill_usd_per_month

    @property
    def planned_usd(self) -> float:
        """The bill under the plan, in the same time as `bill_usd`."""
        month = self.planned_usd_per_month
        return self.planned_usd_in_window if month is None else month


TargetName = Literal[
    "saving_share",
    "budget_usd_per_month",
    "speedup",
    "ttft_ms_p99",
    "tpot_ms_p99",
    "latency_ms_p99",
    "gpu_memory_gib",
    "saving_usd_per_month",
    "gpus",
    "rent_usd_in_window",
]


class TargetOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One target of the question and the value reached; `met` None: the log cannot show it.

    `gpus` is a fleet that the question names: `asked` is its size, None where the question asks how many,
    and `reached` is the number that keeps the limits. `rent_usd_in_window` is the rent of own GPUs, and
    `asked` the list price of the same calls at a provider of the same model, None where none is known.
    """

    target: TargetName
    asked: float | None
    reached: float | None
    reached_if_evaluations_pass: float | UnsetType | None = UNSET  # absent: evaluations do not affect it
    met: bool | None
    why: str
    percentile: float | UnsetType = UNSET  # of a limit that is not judged at the 99th percentile
    feature: str | UnsetType = UNSET  # absent: all calls


class RefusedOption(msgspec.Struct, frozen=True, kw_only=True):
    """An option that breaks a limit, and the limit it breaks."""

    option: str
    why: str


class Pareto(msgspec.Struct, frozen=True, kw_only=True):
    """The options to serve the traffic, their Pareto front, the pick and its reason."""

    options: tuple[Option, ...]
    front: tuple[str, ...]
    pick: str | None
    candidate: str | None  # the best option if all evaluations pass; None: the pick is the best
    why: str
    measure: str | None  # the latency compared with dollars; None: no latency is known
    refused: tuple[RefusedOption, ...]


class StatedGoals(Goals, frozen=True, kw_only=True, omit_defaults=True):
    """The stated goals as a result shows them; `priority` and `unread` are always present."""

    # Without a default they are never omitted; keyword fields need no order, which pyright does not know.
    priority: Priority  # pyright: ignore[reportGeneralTypeIssues]
    unread: tuple[str, ...]  # pyright: ignore[reportGeneralTypeIssues]


class WorkloadChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One of the user's workloads, listed if the question does not name one."""

    id: WorkloadId
    name: str
    event_count: int


class GoalDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that the local parser and the language model read differently; the local reading wins."""

    field: str
    local: float
    model: float


class ModelReading(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of the language model's reading of the question."""

    outcome: Literal["read", "not_read"]
    reason: str | UnsetType | None = UNSET
    taken: tuple[str, ...] | UnsetType = UNSET  # goals that the model filled
    differences: tuple[GoalDifference, ...] | UnsetType = UNSET
    refused: tuple[str, ...] | UnsetType = UNSET  # goals whose number or name is not in the question


class LookUp(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up that the language model requested; `result` is None if it was refused."""

    tool: str
    outcome: Literal["done", "unknown_tool", "bad_arguments", "refused", "too_many"]
    result: Any = None  # Any: JSON, by the tool
    why: str = ""


class LanguageModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a language model worded the answer, and the reason if not."""

    used: bool
    model: str | UnsetType = UNSET
    outcome: Literal["worded", "fallback", "not_asked"] | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    fallback_reason: str | UnsetType | None = UNSET
    repairs: int | UnsetType = UNSET
    refused_numbers: tuple[str, ...] | UnsetType = UNSET
    faults: tuple[str, ...] | UnsetType = UNSET
    reading: ModelReading | UnsetType = UNSET
    looks: tuple[LookUp, ...] | UnsetType = UNSET


NO_LANGUAGE_MODEL: Final = LanguageModelUse(used=False, reason="not_configured")
"""No language model worded the answer or chose a number in it."""


class ModelUsage(msgspec.Struct, frozen=True, kw_only=True):
    """The language model usage of this run; `cost_usd` None is unknown, never zero."""

    input_tokens: int  # including cached ones
    cached_input_tokens: int
    output_tokens: int
    cost_usd: float | None
    calls: int  # requests sent, including retries
    is_estimated: bool  # some token counts are estimates: a stream ended before the provider sent its count
    seconds: float


class PaidRatio(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid for a dollar of list price for one model at one service tier, over its invoiced calls."""

    model: str
    service_tier: str | None
    calls: int
    cost_usd: float
    list_usd: float
    ratio: float


class Rent(msgspec.Struct, frozen=True, kw_only=True):
    """The rent of the user's own GPUs, which is the bill of the calls that they serve."""

    model: str
    gpu: str
    gpus: int
    replicas: int
    usd_per_gpu_hour: float
    usd_per_hour: float
    usd_in_window: float
    calls: int


class BillSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bill comes from, and how it compares with list prices.

    Its parts by name are shares of the rent by tokens, where own GPUs serve the calls.
    `reserved_calls` cost nothing though they have a list price of `reserved_list_usd`: capacity that is paid
    for otherwise served them, and what that costs is not in the log.
    """

    source: Literal["invoice", "list", "mixed", "rent"]
    ratio: float | None  # paid for a dollar of list price; None: nothing has both
    by_currency: Mapping[str, float] = {}  # logged costs; nothing is converted
    by_model: tuple[PaidRatio, ...] = ()
    reserved_calls: int = 0
    reserved_list_usd: float = 0.0
    rent: Rent | UnsetType = UNSET  # absent: no own GPUs are stated


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A published change of a model's prices; `usd_per_month` is what it adds to the month's bill.

    For a model that the log does not use, it adds to what the log's calls would cost on it. `factor` is that
    month's cost after the change over the one before it.
    """

    model: str
    provider: str
    on: date
    factor: float
    usd_per_month: float | None  # None: the log covers less than a day
    in_use: bool


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the log that its provider stops serving; `on` None: deprecated, without a known date."""

    model: str
    provider: str
    on: date | None
    calls: int


class UnpricedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls whose price is not known, with their shares and the models that their names may stand for."""

    calls: int
    call_share: float
    token_share: float
    names: tuple[str, ...]
    suggestions: Mapping[str, tuple[str, ...]] = {}


class LogMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """What the log holds, before any price or advice."""

    requests: int
    input_tokens: int
    output_tokens: int
    prefix_reuse: tuple[ReuseShare, ...]
    arrivals: Arrivals
    duplicates: CallShare
    failures: CallShare
    data_sufficiency: DataSufficiency
    profile: Profile | UnsetType = UNSET


class MonthlyBill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill of a month like the log, with the 90 % interval of its traffic."""

    value: float
    low: float
    high: float


class BilledMetrics(LogMetrics, frozen=True, kw_only=True):
    """The log with its bill: as invoiced where the log has costs, else at the list prices of each call's day.

    `unpaid_usd` is the part of the bill for refused, uncharged calls; it cannot be saved.
    """

    bill_usd: float
    bill_usd_per_month: MonthlyBill | None  # None: the log covers less than a day
    bill_usd_per_month_basis: str = ""  # what its interval rests on, or why it is not known
    span: Span | UnsetType = UNSET
    requests_unpriced: int | UnsetType = UNSET
    requests_unpaid: int | UnsetType = UNSET
    unpaid_usd: float | UnsetType = UNSET
    models_unpriced: tuple[str, ...] | UnsetType = UNSET
    models_assumed: Mapping[str, str] | UnsetType = UNSET  # label in the log: model that prices it
    bill_list_usd: float | UnsetType = UNSET
    billed: BillSource | UnsetType = UNSET
    price_changes: tuple[PriceChange, ...] | UnsetType = UNSET
    retirements: tuple[Retirement, ...] | UnsetType = UNSET
    unpriced: UnpricedCalls | UnsetType = UNSET
    by_model: tuple[Spend, ...] | UnsetType = UNSET
    by_feature: tuple[Spend, ...] | UnsetType = UNSET
    by_template: tuple[Spend, ...] | UnsetType = UNSET
    by_tool: tuple[Spend, ...] | UnsetType = UNSET
    latency: Latency | UnsetType = UNSET
    scope: AnalysisScope | UnsetType = UNSET


class Metrics(BilledMetrics, frozen=True, kw_only=True):
    """All numbers of a result; for an empty log or an unnamed workload most sections are absent."""

    gaps: tuple[Gap, ...]
    verdict: str | UnsetType = UNSET
    plan: PlanBill | UnsetType = UNSET
    growth: GrowthBill | UnsetType = UNSET
    targets: tuple[TargetOutcome, ...]
    change: ChangeVerdict | UnsetType = UNSET  # present where a change at an instant was asked about
    explanation: Explanation | UnsetType = UNSET  # present where the question asks why the bill changed
    pareto: Pareto | UnsetType = UNSET
    workload_id: WorkloadId | UnsetType | None = UNSET
    goals: StatedGoals | UnsetType = UNSET
    workloads: tuple[WorkloadChoice, ...] | UnsetType = UNSET
    workloads_total: int | UnsetType = UNSET
    language_model: LanguageModelUse | UnsetType = UNSET
    usage: ModelUsage | UnsetType = UNSET


NOTHING_MEASURED: Final = Metrics(
    requests=0,
    input_tokens=0,
    output_tokens=0,
    prefix_reuse=(),
    arrivals=NO_ARRIVALS,
    duplicates=UNKNOWN_SHARE,
    failures=UNKNOWN_SHARE,
    data_sufficiency=DataSufficiency(sufficient=False, reason="there are no calls"),
    bill_usd=0.0,
    bill_usd_per_month=None,
    gaps=(),
    targets=(),
)
