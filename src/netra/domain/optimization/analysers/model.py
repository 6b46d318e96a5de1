"""What every analyser takes and gives: a `Study` in, `Finding`s and `Gap`s out.

An analyser is one module with one function `analyse(study, *, checkpoint)`. It reads the study, says
what it found and how the traffic would change, and never prices its own saving: composition does that,
by pricing the traffic with and without the change. An analyser that lacks a field returns a `Gap`.
"""

import enum
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol

import msgspec

from netra.domain.optimization.measures.span import Month, Span
from netra.domain.optimization.model import Checkpoint, Gap, Goals, Grade
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import PrefixReuse, SharedBlocks
from netra.domain.optimization.pricing import PriceList
from netra.domain.optimization.traffic import Bools, Change, Traffic
from netra.domain.workloads.columns import Events, Floats, Ints

ORDER: Final = (
    "waste",
    "exact_duplicates",
    "prompt_caching",
    "output_length",
    "right_sizing",
    "batch",
    "self_hosting",
    "gpu_choice",
    "autoscaling",
    "kv_cache",
    "prefill_split",
    "rate_limits",
    "burst_shaping",
    "upgrade_review",
)
"""The kinds, in the order their changes are applied; each is the name of its module."""


class Stance(enum.StrEnum):
    """What the advice is worth acting on."""

    DO = "do"  # the numbers carry it; it joins the plan if it still saves when its turn comes
    EVALUATE = "evaluate"  # the money is known and the quality is not: outside the plan until checked
    AVOID = "avoid"  # it would cost money or break a limit; said so that nobody does it
    INFORM = "inform"  # worth knowing, moves no money by itself


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """One question about one log: everything an analyser may read; `study.study_of` makes one."""

    events: Events  # oldest first
    places: Ints  # where each event stood in the log, from 0
    goals: Goals
    prices: PriceList
    hardware: Hardware
    traffic: Traffic  # as it is sent and paid now, call i being event i
    now_usd: Floats  # what each call costs now; 0 where the price is unknown
    span: Span
    month: Month  # what a month to come is like
    reuse: tuple[PrefixReuse, ...] = ()  # by TTL, over all events; empty without prefix hashes
    shared_blocks: SharedBlocks | None = None  # of all events; None without prefix hashes
    folds: tuple[str, ...] = ()  # a sentence for each column whose rarest names are one group

    @property
    def recurring(self) -> Bools:
        """Which calls a month to come has again and a provider charges for.

        What a provider refused costs nothing, wherever it is sent; and of a log with a change that was asked
        about, the calls before it are no longer made in their old way.
        """
        return ~self.traffic.unpaid & self.month.holds(len(self.traffic))


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


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one analyser says; composition adds the money and makes it a `Recommendation`."""

    kind: str
    stance: Stance
    action: str
    impact: str
    grade: Grade
    formula: str
    inputs: Mapping[str, Any]  # the numbers that went in, by name with unit; row counts
    assumptions: tuple[str, ...]
    evidence: Mapping[str, Any]  # "rows", "sample_events"
    how_to_verify: str
    effort: Literal["low", "medium", "high"]
    risk: str
    change: Change | None = None  # None: it moves no money
    low_share: float | None = None  # the saving's low bound as a factor of it, where it is the analyser's
    rent_shares: tuple[float, float] | None = None  # and the bounds of what it rents, as factors of that
    options: tuple[Option, ...] = ()
    supply: Mapping[str, Any] = {}  # its part of supply_config, by that section's name
    steps: tuple[str, ...] = ()
    roll_back: str = ""


class Analyser(Protocol):
    """The one public function of an analyser's module."""

    def __call__(self, study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
        """Return what was found, or the fields that were missing; empty where there is nothing to say."""
        ...
