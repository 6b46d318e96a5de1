"""All settings: one frozen value, read once from the environment; nonsense refuses to start."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from netra.domain.quotas import Quotas, RateLimits

PREFIX: Final = "NETRA_"
SECRET_BYTES_MIN: Final = 32

Count = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class SettingsRefused(Exception):
    """The settings make no sense; the message says which and what to do."""


class Secret(str):
    """Text that does not print itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def reveal(self) -> str:
        """Return the text itself."""
        return str.__str__(self)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one deployment runs; each field is the variable `NETRA_<FIELD>` in capitals."""

    environment: str = "development"
    host: str = "127.0.0.1"
    port: Port = 8000
    data: Path = Path("netra-data")  # the embedded store's folder
    secret: Secret | None = None  # signs tokens; made and kept in `data` when absent
    previous_secret: Secret | None = None  # still accepted while keys rotate
    issuer: str = "netra"
    audience: str = "netra-api"
    registration: bool = False
    default_model: str = "gpt-4o"  # prices a log that names no model, and says so
    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 2  # runs worked on at once in this process
    cors_origins: tuple[str, ...] = ()
    websocket_origins: tuple[str, ...] = ()  # browser origins beside the service's own
    trusted_proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For is believed
    limit_authentication: Count = 5
    limit_agent: Count = 10
    limit_websocket: Count = 30
    limit_general: Count = 100
    max_message_length: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000
    max_thread_messages: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 1_000
    max_connections: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    max_connections_per_user: Annotated[int, msgspec.Meta(ge=1)] = 100
    max_body_bytes: Annotated[int, msgspec.Meta(ge=1_024)] = 1_048_576
    max_events_body_bytes: Annotated[int, msgspec.Meta(ge=1_024)] = 33_554_432
    log_level: str = "info"

    @property
    def rate_limits(self) -> RateLimits:
        """The admissions in any 60 s."""
        return RateLimits(
            authentication=self.limit_authentication,
            agent=self.limit_agent,
            websocket=self.limit_websocket,
            general=self.limit_general,
        )

    @property
    def quotas(self) -> Quotas:
        """The bounds of what can grow."""
        return Quotas(
            max_message_length=self.max_message_length, max_thread_messages=self.max_thread_messages
        )


def settings_from(environment: Mapping[str, str], **overrides: Any) -> Settings:
    """Return the settings that `NETRA_*` variables give, `overrides` (not None) over them.

    Lists are separated by commas. Raises `SettingsRefused` for an unknown name, which is mostly a
    slip of the pen, and for a value that cannot be.
    """
    given: dict[str, Any] = {}
    for key, text in environment.items():
        name = key.removeprefix(PREFIX).lower()
        if not key.startswith(PREFIX) or name.startswith("test_"):
            continue
        if name not in Settings.__struct_fields__:
            raise SettingsRefused(f"{key} is no setting of Netra; see docs/settings.md for those there are.")
        is_list = name in {"cors_origins", "websocket_origins", "trusted_proxies"}
        given[name] = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    given.update({name: value for name, value in overrides.items() if value is not None})
    return _checked(given)


def _checked(given: Mapping[str, Any]) -> Settings:
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise SettingsRefused(f"A setting cannot be used: {error}.") from error
    for name in ("secret", "previous_secret"):
        secret: Secret | None = getattr(settings, name)
        if secret is not None and len(secret.reveal().encode()) < SECRET_BYTES_MIN:
            raise SettingsRefused(
                f"{PREFIX}{name.upper()} is shorter than {SECRET_BYTES_MIN} bytes; make one with "
                "python -c 'import secrets; print(secrets.token_urlsafe(48))'."
            )
    if settings.environment == "production" and settings.secret is None:
        raise SettingsRefused(f"{PREFIX}SECRET must be set when {PREFIX}ENVIRONMENT is production.")
    return settings


def _decoded(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"cannot read a {kind.__name__} from {type(value).__name__}")
