"""Define the health of a dependency and the readiness of this process."""

import enum
from collections.abc import Sequence

import msgspec


class DependencyStatus(enum.StrEnum):
    """The health of a dependency."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NOT_CONFIGURED = "not_configured"


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """The result of probing one dependency."""

    name: str  # "postgresql", "sqlite", "redis", "clickhouse", "openai_api"
    status: DependencyStatus
    latency_ms: float | None = None
    reason: str | None = None  # cause of the failure, without internal details


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this process should receive traffic, with the state of its dependencies."""

    ready: bool
    database: str
    redis: str
    clickhouse: str


class DependencyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The health of every dependency, and the overall status."""

    dependencies: Sequence[Dependency]
    overall_status: str  # healthy, degraded, unhealthy
