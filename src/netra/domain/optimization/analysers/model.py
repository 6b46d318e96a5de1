"""What every analyser takes and gives: a `Study` in, `Finding`s and `Gap`s out.

An analyser is one module with one function `analyse(study, *, checkpoint)`. It reads the study, says
what it found and how the traffic would change, and never prices its own saving: composition does that,
by pricing the traffic with and without the change. An analyser that lacks a field returns a `Gap`.
"""

from typing import Final, Literal, Protocol

import msgspec

from netra.domain.optimization.measures.span import Month, Span
from netra.domain.optimization.model import Checkpoint, Evidence, Gap, Goals, Grade, Option, Stance
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import PrefixReuse, SharedBlocks
from netra.domain.optimization.pricing import PriceList
from netra.domain.optimization.supply_config import NO_SETTINGS, Settings
from netra.domain.optimization.traffic import Bools, Change, Traffic
from netra.domain.optimization.uncertainty.share import Sampling
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
    sampling: Sampling  # of the calls that month is like
    reuse: tuple[PrefixReuse, ...] = ()  # by TTL, over all events; empty without prefix hashes
    shared_blocks: SharedBlocks | None = None  # of all events; None without prefix hashes

    @property
    def recurring(self) -> Bools:
        """Which calls a month to come has again and a provider charges for.

        What a provider refused costs nothing, wherever it is sent; and of a log with a change that was asked
        about, the calls before it are no longer made in their old way.
        """
        return ~self.traffic.unpaid & self.month.holds(len(self.traffic))


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that went into a finding; each analyser has its own, which encodes as JSON."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one analyser says; composition adds the money and makes it a `Recommendation`."""

    kind: str
    stance: Stance
    action: str
    impact: str
    grade: Grade
    formula: str
    inputs: Inputs  # the numbers that went in, by name with unit; row counts
    assumptions: tuple[str, ...]
    evidence: Evidence
    how_to_verify: str
    effort: Literal["low", "medium", "high"]
    risk: str
    change: Change | None = None  # None: it moves no money
    low_share: float | None = None  # the saving's low bound as a factor of it, where it is the analyser's
    rent_shares: tuple[float, float] | None = None  # and the bounds of what it rents, as factors of that
    options: tuple[Option, ...] = ()
    supply: Settings = NO_SETTINGS  # its part of the supply configuration
    steps: tuple[str, ...] = ()
    roll_back: str = ""


class Analyser(Protocol):
    """The one public function of an analyser's module."""

    def __call__(self, study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
        """Return what was found, or the fields that were missing; empty where there is nothing to say."""
        ...
