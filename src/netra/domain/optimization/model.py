"""The value types of a question and its answer; `result` holds the answer itself."""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

Precision = Literal["fp32", "bf16", "fp8", "int8", "fp4", "int4"]  # of a model's weights on GPUs


class Priority(enum.StrEnum):
    """The objective to minimise: cost, latency or both."""

    COST = "cost"
    PERFORMANCE = "performance"
    BALANCED = "balanced"


class LatencyLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on a latency, judged at `percentile`; an empty `feature` means all calls."""

    metric: Literal["ttft", "tpot", "latency"]
    value_ms: float
    percentile: float = 99.0
    feature: str = ""


class GpuFleet(msgspec.Struct, frozen=True, kw_only=True):
    """GPUs that a question names; `count` is None if it gives no number."""

    name: str
    count: int | None = None
    is_owned: bool = False
    is_bound: bool = False  # the count is the most that may be used
    is_serving: bool = False  # it serves the log now


class FeatureGoal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The goals stated for one feature while other features have others."""

    feature: str
    saving_share: float | None = None
    speedup: float | None = None
    traffic_growth: float | None = None
    budget_usd_per_month: float | None = None
    saving_usd_per_month: float | None = None


class Goals(msgspec.Struct, frozen=True, kw_only=True):
    """The goals and limits of a question, read from `parameters` and from the message.

    None means "not asked"; `unread` lists the parts of the question that could not be parsed.
    """

    priority: Priority = Priority.COST
    budget_usd_per_month: float | None = None
    saving_share: float | None = None  # 0.2 for "20 % cheaper"
    speedup: float | None = None  # 2.0 for "2x faster"
    traffic_growth: float | None = None  # 0.5 for "50 % more traffic"
    ttft_ms_p99: float | None = None
    tpot_ms_p99: float | None = None
    latency_ms: Mapping[str, float] = {}  # limit on whole-call latency by feature; "" means all features
    gpu_memory_gib: float | None = None
    gpus: tuple[str, ...] = ()  # named in the question or in constraints
    constraints: tuple[str, ...] = ()  # as sent: "gpu_memory", "latency", …
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # models asked about
    model: str | None = None  # price every call as this model, in place of the logged one
    served_on: str | None = None  # the GPUs that serve the log now, as "4x H100"; calibrates step times
    served_replicas: int | None = None
    served_precision: str | None = None  # of the weights; None: the usual precision on that GPU
    balancing: Literal["random", "round_robin", "least_loaded"] = "random"  # that own fleets are sized for
    spare_replicas: int = 0  # beyond those that keep the limits, for failures and updates
    change_at: datetime | None = None  # before/after questions
    analyses: tuple[str, ...] = ()  # analysers asked for by name, e.g. "prompt_caching"
    split_by: Literal["tool", "feature", "template"] | None = None  # "which tools …": one finding for each
    unread: tuple[str, ...] = ()
    saving_usd_per_month: float | None = None
    limits: tuple[LatencyLimit, ...] = ()  # every latency limit; those at the 99th percentile stand above too
    excluded: tuple[str, ...] = ()  # features, tools, templates and models that no advice may change
    excluded_kinds: tuple[str, ...] = ()  # analysers whose advice is ruled out, e.g. "self_hosting"
    from_models: tuple[str, ...] = ()  # models to move away from
    fleets: tuple[GpuFleet, ...] = ()
    per_feature: tuple[FeatureGoal, ...] = ()
    facts: tuple[str, ...] = ()  # statements of the question about the past and the present
    assumed: tuple[str, ...] = ()  # sentences on what was assumed to read the question
    ask_back: str = ""  # the question to ask before any advice; empty if the question is clear


class Grade(enum.StrEnum):
    """The method behind a number, from the most to the least reliable."""

    EXACT = "A"  # arithmetic on counts and list prices
    REPLAY = "B"  # deterministic replay of the real sequence
    MODEL = "C"  # calibrated model, with an interval
    JUDGEMENT = "D"  # behaviour or quality: needs an evaluation


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars saved; negative is dollars lost. Each interval is one of 90 % and of the figure it names.

    Dollars a month are None where the log covers less than a day; `low` and `high` bound `usd_per_month`.
    """

    usd_per_month: float | None
    low: float | None
    high: float | None
    usd_in_window: float  # over the log's own span
    share_of_bill: float  # of the bill this was computed against
    share_low: float | None = None  # None: the log cannot bound it, `interval` says why
    share_high: float | None = None
    low_in_window: float | None = None  # at the log's own bill
    high_in_window: float | None = None
    interval: str = ""  # what the intervals were resampled by, or why there is no interval
    marginal_usd_in_window: float | None = None  # after those applied before it
    marginal_usd_per_month: float | None = None  # after those applied before it
    cumulative_usd_per_month: float | None = None
    leave_one_out_usd_per_month: float | None = None  # the plan's saving minus that of the plan without it
    applied_as: int | None = None  # position in the plan's pricing order, from 1; None: not in the plan

    @property
    def usd(self) -> float:
        """The dollars to show: a month's, or the log's own where no month is known."""
        return self.usd_in_window if self.usd_per_month is None else self.usd_per_month

    @property
    def marginal_usd(self) -> float | None:
        """What it adds to the plan, in the same time as `usd`; None: it is not in the plan."""
        return self.marginal_usd_in_window if self.usd_per_month is None else self.marginal_usd_per_month

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval of `usd`; None where the log cannot bound it."""
        low, high = (
            (self.low_in_window, self.high_in_window) if self.usd_per_month is None else (self.low, self.high)
        )
        return None if low is None or high is None else (low, high)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the log behind a finding: their count, and a few to look up."""

    rows: int
    of_rows: int
    sample_events: tuple[str, ...]  # ids, or "#17" for the 17th row of the log


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A change to make, with how to verify it and how to roll it back."""

    order: int
    recommendation_id: str
    title: str
    steps: tuple[str, ...]
    verify: str
    roll_back: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A result that an analyser could not produce: the missing fields, and what they would add."""

    kind: str
    missing: tuple[str, ...]
    reason: str
    would_add: str


class Stance(enum.StrEnum):
    """What to do with a finding."""

    DO = "do"  # joins the plan if it still saves money after the changes applied before it
    EVALUATE = "evaluate"  # the saving is known, the quality is not: outside the plan until evaluated
    AVOID = "avoid"  # would cost money or break a limit; reported as a warning
    INFORM = "inform"  # worth knowing; saves no money by itself


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One way to serve the traffic, a point of the Pareto analysis; None means "not known", never "good"."""

    name: str
    usd_in_window: float  # over the log's own time, or since the change that was asked about
    usd_per_month: float | None = None  # None: the log covers less than a day
    kind: str = ""  # the analyser that proposes it; "" is the current traffic
    ttft_ms_p99: float | None = None
    tpot_ms_p99: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p99_range: tuple[float, float] | None = None  # 80 % interval of a modelled value; None: measured
    tpot_ms_p99_range: tuple[float, float] | None = None
    latency_ms_p99_range: tuple[float, float] | None = None
    memory_gib: float | None = None  # needed on one GPU
    gpu: str | None = None
    replicas: int | None = None
    gpus: int | None = None  # of all replicas
    slow_replays_holding: float | None = None  # of replays with slow steps; None: not replayed
    needs_evaluation: bool = False  # another model answers, or a limit could not be checked

    @property
    def usd(self) -> float:
        """The dollars to compare and to show: a month's, or the log's own where no month is known."""
        return self.usd_in_window if self.usd_per_month is None else self.usd_per_month


def formatted_ms(option: Option, measure: str) -> str:
    """Format an option's latency: a measured one as a number, a modelled one always as a range.

    >>> formatted_ms(Option(name="a", usd_in_window=1.0, ttft_ms_p99=1500.0), "ttft_ms_p99")
    '1,500 ms'
    >>> modelled = Option(name="b", usd_in_window=1.0, ttft_ms_p99=9.0, ttft_ms_p99_range=(8.0, 12.0))
    >>> formatted_ms(modelled, "ttft_ms_p99")
    '8 to 12 ms'
    """
    bounds: tuple[float, float] | None = getattr(option, f"{measure}_range", None)
    if bounds is None:
        return f"{getattr(option, measure):,.0f} ms"
    return f"{bounds[0]:,.0f} to {bounds[1]:,.0f} ms"


Checkpoint = Callable[[float, str], None]
"""Receives a long computation's progress: the share done (0..1) and the current step.

Raises `WorkStopped` to cancel the computation.
"""


def never_stop(done: float, doing: str) -> None:  # the shape of a Checkpoint
    """Ignore the progress and never cancel."""
