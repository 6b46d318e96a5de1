"""The route for the public settings."""

from collections.abc import Mapping

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from netra.entrypoints.http.admission import admits
from netra.entrypoints.services import Services


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """The features of this deployment."""

    oauth_enabled: bool
    websocket_enabled: bool
    analytics_enabled: bool
    registration_enabled: bool


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that apply to a client; rate limits count requests in any 60 seconds, 0 means no limit."""

    max_message_length: int
    max_thread_messages: int
    max_body_bytes: int
    max_events_body_bytes: int
    max_events_per_batch: int
    rate_limit_requests: int
    rate_limits: Mapping[str, int]


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """The public settings."""

    environment: str
    features: Features
    limits: Limits


@get("/api/config", opt=admits(public=True), sync_to_thread=False, summary="Public settings")
def config(services: NamedDependency[Services]) -> Configuration:
    """Return the settings that a client may need before its first request."""
    settings = services.settings
    features = Features(
        oauth_enabled=services.ports.identity_provider is not None,
        websocket_enabled=True,
        analytics_enabled=True,
        registration_enabled=settings.registration,
    )
    return Configuration(environment=settings.environment, features=features, limits=_limits(services))


def configuration_router() -> Router:
    """Return the route."""
    return Router("/", route_handlers=[config], tags=["Configuration"])


def _limits(services: Services) -> Limits:
    settings = services.settings
    published = services.ports.limiter.published()
    return Limits(
        max_message_length=settings.quotas.max_message_length,
        max_thread_messages=settings.quotas.max_thread_messages,
        max_body_bytes=settings.max_body_bytes,
        max_events_body_bytes=settings.max_events_body_bytes,
        max_events_per_batch=settings.quotas.max_events_per_batch,
        rate_limit_requests=published["general"],
        rate_limits=published,
    )
