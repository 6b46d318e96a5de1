"""The supply configuration: the plan as ready-to-use settings.

A section without settings is `UNSET` and absent from the JSON. `after_evaluation` holds the settings to
apply only once an evaluation has passed.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

Interface = Literal["standard", "batch", "hosted"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The target of one logged model's calls under the plan."""

    from_model: str = msgspec.field(name="from")
    model: str
    provider: str | None  # None: the price book does not list the model
    interface: Interface
    calls: int
    share: float
    usd_in_window: float


class RouteRule(msgspec.Struct, frozen=True, kw_only=True):
    """A routing rule to a model: for a group (`by`, `match`), a model (`from`) or a number of calls."""

    by: str | UnsetType = UNSET
    match: str | UnsetType = UNSET
    from_model: str | UnsetType = msgspec.field(name="from", default=UNSET)
    to: str
    provider: str | UnsetType = UNSET
    calls: int | UnsetType = UNSET
    max_output_tokens: int | UnsetType = UNSET


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """The retry policy of failed calls."""

    max_attempts: int
    retry_only_failed: bool


class Deduplication(msgspec.Struct, frozen=True, kw_only=True):
    """A response cache: its key, and how long it keeps an answer after its last use."""

    key: str
    keep_s: int


class CacheSetting(msgspec.Struct, frozen=True, kw_only=True):
    """Prompt caching of one model at one provider; only `enabled` is set if caching is turned off."""

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
    """The limit on output tokens of a group's calls."""

    max_output_tokens: int


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """A container that runs one replica."""

    image: str
    args: tuple[str, ...]
    port: int


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Replicas of an open model on own GPUs, with arguments for the inference engines."""

    model: str
    checkpoint: str  # the id of the weights to load
    publisher: str | None
    licence: str | None  # None: not in the list of published checkpoints
    non_commercial: bool
    gpu: str
    gpus_per_replica: int
    replicas: int
    balancing: str  # the balancing that the number of replicas is sized for
    max_context_tokens: int
    command: str  # of one replica
    container: Container
    environment: Mapping[str, str]
    secrets: tuple[str, ...]  # names of environment variables that hold secrets
    vllm: tuple[str, ...]
    sglang: tuple[str, ...]
    tensorrt_llm: Mapping[str, Any]  # Any: JSON, fields of `LlmArgs`


class Autoscaling(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds and targets of an autoscaler."""

    policy: str
    min_replicas: int
    max_replicas: int
    target_utilisation: float
    scale_down_after_s: float
    start_up_s: float


class ProviderRateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The rate limits that the busiest minute needs."""

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
    """The settings of one analyser, or of several merged; `route_rules` is `routes` in the JSON."""

    route_rules: tuple[RouteRule, ...] | UnsetType = msgspec.field(name="routes", default=UNSET)

    def merged(self, other: "SupplySettings") -> "SupplySettings":
        """Merge two settings: join lists; for other sections, `other` takes precedence.

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
    """All settings of a result; `routes` is absent only for a log without calls."""

    routes: tuple[Route, ...] | UnsetType = UNSET
    route_rules: tuple[RouteRule, ...] | UnsetType = UNSET
    after_evaluation: SupplySettings | UnsetType = UNSET


NOTHING_TO_SUPPLY: Final = SupplyConfig()
