"""Health routes: without sign-in and rate limit."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from netra.domain.health.model import Dependency, DependencyReport, DependencyStatus, Readiness
from netra.domain.health.service import HealthService
from netra.entrypoints.asgi import API_VERSION, App, Receive, Scope, Send
from netra.entrypoints.credentials import header
from netra.entrypoints.http.admission import admits
from netra.entrypoints.http.answers import send_json
from netra.entrypoints.http.listing import instant
from netra.entrypoints.http.methods import answering_options
from netra.entrypoints.http.openapi import noted
from netra.entrypoints.schemas import one_of

_PATH: Final = "/health"
_HOST: Final = re.compile(rb"[A-Za-z0-9._:\[\]-]*")  # the characters of host names and addresses
_OPEN: Final = admits(limit=None, public=True)


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    status: Annotated[str, one_of(["healthy"])]
    timestamp: datetime
    version: str


Connection = Annotated[str, one_of(["connected", "disconnected", "not_configured"])]


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """`connected`, `disconnected` or `not_configured`, for each dependency."""

    database: Connection
    redis: Connection
    clickhouse: Connection


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this process should receive traffic."""

    ready: bool
    checks: Checks


class DependencyHealth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dependency; `latency_ms` only if it answered, `reason` only if it did not."""

    status: Annotated[str, one_of(DependencyStatus)]
    latency_ms: float | None = None
    reason: str | None = None


class DependenciesHealth(msgspec.Struct, frozen=True, kw_only=True):
    """All dependencies, and the overall status."""

    dependencies: Mapping[str, DependencyHealth]
    overall_status: Annotated[str, one_of(["healthy", "degraded", "unhealthy"])]


@get(
    "/", operation_id="health_check", sync_to_thread=False, opt=_OPEN, summary="Check that the process is up"
)
def health() -> Health:
    """Return that the process answers, without checking anything else."""
    return _alive()


@get(
    "/ready",
    opt=_OPEN | noted(answers={503: Ready}),
    summary="Check whether the process should receive traffic",
)
async def ready(health_service: NamedDependency[HealthService]) -> Response[Ready]:
    """Check that the database answers and the process is not shutting down: 200 or 503, in one shape."""
    readiness = await health_service.readiness()
    return Response(_ready(readiness), status_code=200 if readiness.ready else 503)


@get("/dependencies", opt=_OPEN, summary="Check the dependencies")
async def dependencies(health_service: NamedDependency[HealthService]) -> DependenciesHealth:
    """Probe every dependency, at most every few seconds; the status is always 200."""
    return _dependencies(await health_service.report())


class Pulse:
    """Answers the plain `GET /health` before the router: a load balancer sends it every second.

    The router handles the rest of the route: other methods, requests from other origins, invalid hosts and
    the documentation.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope.get("path") == _PATH and scope.get("method") == "GET" and _is_plain(scope):
            await send_json(_alive(), send)
        else:
            await self._app(scope, receive, send)


def health_router() -> Router:
    """Return the routes."""
    handlers = [health, ready, dependencies]
    return Router(_PATH, route_handlers=handlers, middleware=[answering_options], tags=["Health"])


def _alive() -> Health:
    return Health(status="healthy", timestamp=instant(datetime.now(UTC)), version=API_VERSION)


def _is_plain(scope: Scope) -> bool:
    headers = scope["headers"]
    return header(headers, b"origin") is None and _HOST.fullmatch(header(headers, b"host") or b"") is not None


def _ready(readiness: Readiness) -> Ready:
    checks = Checks(database=readiness.database, redis=readiness.redis, clickhouse=readiness.clickhouse)
    return Ready(ready=readiness.ready, checks=checks)


def _dependencies(report: DependencyReport) -> DependenciesHealth:
    return DependenciesHealth(
        dependencies={dependency.name: _shown(dependency) for dependency in report.dependencies},
        overall_status=report.overall_status,
    )


def _shown(dependency: Dependency) -> DependencyHealth:
    return DependencyHealth(
        status=dependency.status.value, latency_ms=dependency.latency_ms, reason=dependency.reason
    )
