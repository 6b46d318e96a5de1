"""The values that a question and its answer are made of; `result` holds the answer itself."""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

Precision = Literal["fp32", "bf16", "fp8", "int8", "fp4", "int4"]  # of a model's weights on GPUs


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
    leave_one_out_usd_per_month: float | None = None  # what the plan would lose without it
    applied_as: int | None = (
        None  # its place in the order the plan is priced in, from 1; None: not in the plan
    )


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the log that a finding rests on, with a few that a reader can look up."""

    rows: int
    of_rows: int
    sample_events: tuple[str, ...]  # ids, or "#17": the place in the log, from 1


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


class Stance(enum.StrEnum):
    """What the advice is worth acting on."""

    DO = "do"  # the numbers carry it; it joins the plan if it still saves when its turn comes
    EVALUATE = "evaluate"  # the money is known and the quality is not: outside the plan until checked
    AVOID = "avoid"  # it would cost money or break a limit; said so that nobody does it
    INFORM = "inform"  # worth knowing, moves no money by itself


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One way to serve the traffic, as a point to choose between; None is "not known", never "good"."""

    name: str
    usd_per_month: float
    kind: str = ""  # the analyser it comes from; "" is the traffic as it is
    ttft_ms_p99: float | None = None
    tpot_ms_p99: float | None = None
    latency_ms_p99: float | None = None
    ttft_ms_p99_range: tuple[float, float] | None = None  # of 80 %, where it is modelled; None: measured
    tpot_ms_p99_range: tuple[float, float] | None = None
    latency_ms_p99_range: tuple[float, float] | None = None
    memory_gib: float | None = None  # needed on one GPU
    gpu: str | None = None
    replicas: int | None = None
    needs_evaluation: bool = False  # its answers are another model's, or a limit could not be held


def told_ms(option: Option, measure: str) -> str:
    """Return an option's latency in words: measured as a point, modelled as a range, never bare.

    >>> told_ms(Option(name="a", usd_per_month=1.0, ttft_ms_p99=1500.0), "ttft_ms_p99")
    '1,500 ms'
    >>> modelled = Option(name="b", usd_per_month=1.0, ttft_ms_p99=9.0, ttft_ms_p99_range=(8.0, 12.0))
    >>> told_ms(modelled, "ttft_ms_p99")
    '8 to 12 ms'
    """
    bounds: tuple[float, float] | None = getattr(option, f"{measure}_range", None)
    if bounds is None:
        return f"{getattr(option, measure):,.0f} ms"
    return f"{bounds[0]:,.0f} to {bounds[1]:,.0f} ms"


Checkpoint = Callable[[float, str], None]
"""Called by long work with the share done (0..1) and what it is doing; raises `WorkStopped` to end it."""


def never_stop(done: float, doing: str) -> None:  # the shape of a Checkpoint
    """Let the work go on: the checkpoint of a caller who does not watch."""
