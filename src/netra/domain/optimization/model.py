"""The shapes of a question and of an answer about a workload; every number in an answer is computed."""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec


class Priority(enum.StrEnum):
    """What the asker wants least of: dollars, milliseconds, or a balance."""

    COST = "cost"
    PERFORMANCE = "performance"
    BALANCED = "balanced"


class Goals(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the workload, read from `parameters` and from the message.

    None means "not asked"; `unread` are the parts of the question that could not be understood.
    """

    priority: Priority = Priority.COST
    budget_usd_per_month: float | None = None
    saving_share: float | None = None  # 0.2 for "20 % cheaper"
    speedup: float | None = None  # 2.0 for "2x faster"
    traffic_growth: float | None = None  # 0.5 for "50 % more traffic"
    ttft_ms_p99: float | None = None
    tpot_ms_p99: float | None = None
    latency_ms: Mapping[str, float] = {}  # limit on whole-call latency by feature; "" is all of them
    gpu_memory_gib: float | None = None
    gpus: tuple[str, ...] = ()  # named in the question or in constraints
    constraints: tuple[str, ...] = ()  # as sent: "gpu_memory", "latency", …
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # models asked about
    model: str | None = None  # price the log as this model, whatever it says
    served_on: str | None = None  # what serves the log now, as "4x H100": to calibrate step times on it
    served_replicas: int | None = None
    served_precision: str | None = None  # of the weights; None: what one would choose on that GPU
    change_at: datetime | None = None  # before/after questions
    analyses: tuple[str, ...] = ()  # kinds asked for by name, e.g. "prompt_caching"
    split_by: Literal["tool", "feature", "template"] | None = None  # "which tools …": an answer for each
    unread: tuple[str, ...] = ()


class Grade(enum.StrEnum):
    """How far a number can be trusted."""

    EXACT = "A"  # arithmetic on counts and list prices
    REPLAY = "B"  # deterministic replay of the real sequence
    MODEL = "C"  # calibrated model, with an interval
    JUDGEMENT = "D"  # behaviour or quality: needs an evaluation


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars saved; negative is dollars lost. `low` and `high` bound `usd_per_month`."""

    usd_per_month: float
    low: float
    high: float
    usd_in_window: float  # over the log's own span
    share_of_bill: float  # of the bill this was computed against
    marginal_usd_per_month: float | None = None  # after those applied before it
    cumulative_usd_per_month: float | None = None


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to change (or to leave alone) and what it saves, with the evidence."""

    id: str  # stable within a result: "rec-1"
    kind: str  # the analyser's name: "prompt_caching", "batch", …
    action: str
    impact: str
    cost_change: str  # "-27.5%", "+15%": rendered from the numbers
    savings: Savings
    grade: Grade
    formula: str
    inputs: Mapping[str, Any]
    assumptions: tuple[str, ...]
    evidence: Mapping[str, Any]  # row counts, sample event names
    how_to_verify: str
    effort: Literal["low", "medium", "high"]
    risk: str


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A step a person can take, check and take back."""

    order: int
    recommendation_id: str
    title: str
    steps: tuple[str, ...]
    verify: str
    roll_back: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """An analyser that could not speak, the fields it lacked, and what they would add."""

    kind: str
    missing: tuple[str, ...]
    reason: str
    would_add: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The documented result: what `result` holds on every transport and what `--json` prints."""

    recommendations: tuple[Recommendation, ...]
    metrics: Mapping[str, Any]
    actions: tuple[Action, ...]
    supply_config: Mapping[str, Any]
    report: str = ""  # the answer in words; every number in it stands above


Checkpoint = Callable[[float, str], None]
"""Called by long work with the share done (0..1) and what it is doing; raises `WorkStopped` to end it."""


def never_stop(done: float, doing: str) -> None:  # the shape of a Checkpoint
    """Let the work go on: the checkpoint of a caller who does not watch."""
