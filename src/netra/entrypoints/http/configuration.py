"""The route for the public settings."""

from collections.abc import Mapping

import msgspec
from litestar import Router, get

from netra.entrypoints.asgi import API_VERSION
from netra.entrypoints.http.admission import admits
from netra.entrypoints.http.request import InjectedServices
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
    max_events_per_workload: int
    rate_limit_requests: int
    rate_limits: Mapping[str, int]


class IdentityProvider(msgspec.Struct, frozen=True, kw_only=True):
    """The provider that users may sign in with."""

    name: str


class LanguageModelState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a language model may word answers."""

    enabled: bool


class PublicConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """The public settings."""

    environment: str
    version: str
    console: bool
    features: Features
    limits: Limits
    identity_provider: IdentityProvider | None
    language_model: LanguageModelState
    default_model: str


@get(
    "/api/config",
    operation_id="get_config",
    opt=admits(public=True),
    sync_to_thread=False,
    summary="Public settings",
)
def config(services: InjectedServices) -> PublicConfiguration:
    """Return the settings that a client may need before its first request."""
    settings = services.settings()
    features = Features(
        oauth_enabled=services.ports().identity_provider is not None,
        websocket_enabled=True,
        analytics_enabled=True,
        registration_enabled=settings.registration,
    )
    return PublicConfiguration(
        environment=settings.environment,
        version=API_VERSION,
        console=settings.console,
        features=features,
        limits=_limits(services),
        identity_provider=IdentityProvider(name="Google") if features.oauth_enabled else None,
        language_model=LanguageModelState(enabled=settings.has_language_model),
        default_model=settings.default_model,
    )


def configuration_router() -> Router:
    """Return the route."""
    return Router("/", route_handlers=[config], tags=["Configuration"])


def _limits(services: Services) -> Limits:
    settings = services.settings()
    published = services.ports().limiter.published()
    return Limits(
        max_message_length=settings.quotas.max_message_length,
        max_thread_messages=settings.quotas.max_thread_messages,
        max_body_bytes=settings.max_body_bytes,
        max_events_body_bytes=settings.max_events_body_bytes,
        max_events_per_batch=settings.quotas.max_events_per_batch,
        max_events_per_workload=settings.quotas.max_events_per_workload,
        rate_limit_requests=published["general"],
        rate_limits=published,
    )
