"""What a dependency looks like from here."""

import enum
from collections.abc import Sequence

import msgspec


class DependencyStatus(enum.StrEnum):
    """Whether a dependency answers."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    NOT_CONFIGURED = "not_configured"


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """One dependency's answer to a probe."""

    name: str  # "postgresql", "sqlite", "redis", "clickhouse", "openai_api"
    status: DependencyStatus
    latency_ms: float | None = None
    reason: str | None = None  # why it is unhealthy, in words that leak nothing


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this process should get traffic."""

    ready: bool
    database: str
    redis: str
    clickhouse: str


class DependencyReport(msgspec.Struct, frozen=True, kw_only=True):
    """Every dependency, and the worst of what matters."""

    dependencies: Sequence[Dependency]
    overall_status: str  # healthy, degraded, unhealthy
