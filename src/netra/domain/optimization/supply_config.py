"""The supply configuration: the plan as settings that can be used as they stand.

A section without settings is `UNSET` and absent from the JSON. `after_evaluation` holds, apart, what only an
evaluation may switch on.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

Interface = Literal["standard", "batch", "hosted"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where the calls of one model of the log go, under the plan."""

    from_model: str = msgspec.field(name="from")
    model: str
    provider: str | None  # None: the price book does not know the model
    interface: Interface
    calls: int
    share: float
    usd_in_window: float


class RouteRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls go to which model: of a group (`by`, `match`), of a model (`from`) or a number of calls."""

    by: str | UnsetType = UNSET
    match: str | UnsetType = UNSET
    from_model: str | UnsetType = msgspec.field(name="from", default=UNSET)
    to: str
    provider: str | UnsetType = UNSET
    calls: int | UnsetType = UNSET
    max_output_tokens: int | UnsetType = UNSET


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How failed calls are retried."""

    max_attempts: int
    retry_only_failed: bool


class Deduplication(msgspec.Struct, frozen=True, kw_only=True):
    """A store of answers: its key, and how long an answer is kept after its last use."""

    key: str
    keep_s: int


class CacheSetting(msgspec.Struct, frozen=True, kw_only=True):
    """Prompt caching of one model at one provider; only `enabled` is set where it is to be off."""

    model: str
    provider: str
    enabled: bool
    mode: Literal["explicit", "automatic"] | UnsetType = UNSET
    ttl_s: int | UnsetType | None = UNSET
    cached_part: str | UnsetType | None = UNSET
    min_tokens: int | UnsetType | None = UNSET


class CallGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The calls whose column `by` is `match`."""

    by: str
    match: str


class OutputCap(CallGroup, frozen=True, kw_only=True):
    """The most output tokens that the calls of a group may have."""

    max_output_tokens: int


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Replicas of an open model on own GPUs, with the arguments of the engines that can serve it."""

    model: str
    gpu: str
    gpus_per_replica: int
    replicas: int
    balancing: str | UnsetType = UNSET
    vllm: tuple[str, ...]
    tensorrt_llm: Mapping[str, Any]  # Any: JSON, options of `trtllm-serve`


class Autoscaling(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds and targets of an autoscaler."""

    policy: str
    min_replicas: int
    max_replicas: int
    target_utilisation: float
    scale_down_after_s: float
    start_up_s: float


class ProviderRateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that the busiest minute needs."""

    requests_per_minute: int
    input_tokens_per_minute: int
    output_tokens_per_minute: int
    tokens_per_minute: int


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue in front of the provider."""

    max_calls_per_s: float
    max_wait_s: float


class _Sections(msgspec.Struct, frozen=True, kw_only=True):
    retries: Retries | UnsetType = UNSET
    deduplication: Deduplication | UnsetType = UNSET
    caching: tuple[CacheSetting, ...] | UnsetType = UNSET
    batch: tuple[CallGroup, ...] | UnsetType = UNSET
    output_caps: tuple[OutputCap, ...] | UnsetType = UNSET
    serving: Serving | UnsetType = UNSET
    autoscaling: Autoscaling | UnsetType = UNSET
    rate_limits: ProviderRateLimits | UnsetType = UNSET
    queue: Queue | UnsetType = UNSET


class SupplySettings(_Sections, frozen=True, kw_only=True):
    """One analyser's part of the settings, or several merged; its rules are `routes` in the JSON."""

    route_rules: tuple[RouteRule, ...] | UnsetType = msgspec.field(name="routes", default=UNSET)

    def merged(self, other: "SupplySettings") -> "SupplySettings":
        """Return both as one: lists are joined, any other section of `other` replaces the one here.

        >>> one = SupplySettings(batch=(CallGroup(by="tool", match="a"),))
        >>> other = SupplySettings(batch=(CallGroup(by="tool", match="b"),))
        >>> [group.match for group in one.merged(other).batch]
        ['a', 'b']
        """
        changes: dict[str, object] = {}
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if theirs is UNSET:
                continue
            are_lists = isinstance(mine, tuple) and isinstance(theirs, tuple)
            changes[name] = (*mine, *theirs) if are_lists else theirs
        return msgspec.structs.replace(self, **changes)


NO_SETTINGS: Final = SupplySettings()


class SupplyConfig(_Sections, frozen=True, kw_only=True):
    """All settings of a result; `routes` is absent only where there are no calls."""

    routes: tuple[Route, ...] | UnsetType = UNSET
    route_rules: tuple[RouteRule, ...] | UnsetType = UNSET
    after_evaluation: SupplySettings | UnsetType = UNSET


NOTHING_TO_SUPPLY: Final = SupplyConfig()
