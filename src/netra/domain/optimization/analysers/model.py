"""The interface of an analyser: a `Study` in, `Finding`s and `Gap`s out.

An analyser is one module with one function `analyse(study, *, checkpoint)`. It returns what it found and
how the traffic would change. It never prices its own saving: composition does, by pricing the traffic
with and without the change. An analyser that lacks a field returns a `Gap`.
"""

from typing import Final, Literal, Protocol, TypedDict

import msgspec
import numpy as np

from netra.domain.optimization.invoice import Invoice
from netra.domain.optimization.measures.span import Month, Span
from netra.domain.optimization.model import Checkpoint, Evidence, Gap, Goals, Grade, Option, Stance
from netra.domain.optimization.own_fleet import OwnFleet
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.prefix import PrefixReuse, SharedBlocks
from netra.domain.optimization.price_list import PriceList
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.supply_config import NO_SETTINGS, SupplySettings
from netra.domain.optimization.traffic import Bools, Change, Traffic
from netra.domain.optimization.uncertainty.share import Sampling
from netra.domain.workloads.columns import Events, Floats, Ints

ORDER: Final = (
    "waste",
    "exact_duplicates",
    "prompt_caching",
    "context_growth",
    "output_length",
    "right_sizing",
    "same_weights",
    "batch",
    "service_tier",
    "self_hosting",
    "gpu_choice",
    "autoscaling",
    "kv_cache",
    "prefill_split",
    "reserved_capacity",
    "rate_limits",
    "burst_shaping",
    "upgrade_review",
    "cache_doctor",
)
"""The analysers' names, in the order their changes are applied; each is also its module's name."""


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """One question about one log: everything an analyser may read; built by `study.study_of`."""

    events: Events  # oldest first
    places: Ints  # each event's position in the log as it was sent, from 0
    goals: Goals
    excluded_calls: int  # calls of the log that the question leaves out
    excluded_usd: float  # what they cost in the log's own time
    prices: PriceList
    hardware: Hardware
    traffic: Traffic  # as sent and paid now; call i is event i
    now_usd: Floats  # cost of each call at today's prices and the invoice's ratios; 0 where it is unknown
    invoice: Invoice  # list price and payment of each call on its day
    span: Span
    month: Month  # the expected coming month
    sampling: Sampling  # of the calls that this month is like
    reuse: tuple[PrefixReuse, ...] = ()  # by TTL, over all events; empty without prefix hashes
    shared_blocks: SharedBlocks | None = None  # of all events; None without prefix hashes
    folds: tuple[str, ...] = ()  # one sentence for each column whose rarest names were merged
    own_fleet: OwnFleet | None = None  # serves some calls now; None: no own GPUs are stated, or not priced

    @property
    def bill_usd_a_month(self) -> float:
        """Dollars of a month like the log, with the rent of own GPUs that serve it."""
        return self.month.usd(self.now_usd, hosting_usd=self.traffic.hosting_usd_in_window)

    @property
    def bought(self) -> Events:
        """The calls that no own GPUs serve."""
        hosted = self.traffic.hosted
        return self.events.take(np.flatnonzero(~hosted)) if hosted.any() else self.events

    @property
    def recurring(self) -> Bools:
        """Which calls recur in the coming month and are charged for.

        Excludes refused calls, which cost nothing wherever they are sent, and, where the question names the
        date of a change, the calls before that date.
        """
        return ~self.traffic.unpaid & self.month.holds(len(self.traffic))


class Dollars(TypedDict):
    """The dollars of an `Option`."""

    usd_in_window: float
    usd_per_month: float | None


def dollars_of(study: Study, usd_a_month: float) -> Dollars:
    """Return what an option that costs so much at a month's rate costs in the log's time, and a month."""
    return {
        "usd_in_window": usd_a_month / study.month.per_call,
        "usd_per_month": usd_a_month if study.span.is_month_known else None,
    }


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers behind a finding; each analyser defines its own, encodable as JSON."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One analyser's result; composition prices it and makes it a `Recommendation`."""

    kind: str
    key_parts: KeyParts  # what it is about, without amounts
    stance: Stance
    action: str
    impact: str
    grade: Grade
    formula: str
    inputs: Inputs  # the numbers behind it, named with their units; row counts
    assumptions: tuple[str, ...]
    evidence: Evidence
    how_to_verify: str
    effort: Literal["low", "medium", "high"]
    risk: str
    change: Change | None = None  # None: saves no money
    low_share: float | None = None  # lower bound of the saving, as a factor, if the analyser sets one
    rent_shares: tuple[float, float] | None = None  # bounds of the GPU rent, as factors
    options: tuple[Option, ...] = ()
    supply: SupplySettings = NO_SETTINGS  # its settings in the supply configuration
    steps: tuple[str, ...] = ()
    roll_back: str = ""


class Analyser(Protocol):
    """The one public function of an analyser's module."""

    def __call__(self, study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
        """Return the findings, or gaps naming the missing fields; empty if the analyser does not apply."""
        ...
