"""All settings: one frozen value, read once from the environment; invalid ones prevent the start."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from netra.domain.addresses import is_safe, is_server, is_web, parts_of
from netra.domain.networks import networks_in
from netra.domain.quotas import Quotas, RequestRateLimits
from netra.domain.secret_text import Secret as Secret  # noqa: PLC0414  # re-exported
from netra.domain.spending import Budget, Budgets
from netra.domain.telemetry.intake_limits import IntakeLimits

PREFIX: Final = "NETRA_"
SECRET_BYTES_MIN: Final = 32
MAKE_ONE: Final = "make one with python -c 'import secrets; print(secrets.token_urlsafe(48))'"
LISTS: Final = frozenset({"cors_origins", "websocket_origins", "trusted_proxies", "oauth_redirects"})
OF_CLIENTS: Final = frozenset({"api_key", "base_url", "prefix_key"})  # share the prefix; ignored by servers
SERVERS: Final = {
    "database_url": ({"postgresql", "postgres"}, "postgresql://user@host/netra"),
    "redis_url": ({"redis", "rediss", "unix"}, "redis://host:6379/0"),
    "clickhouse_url": ({"http", "https", "chdb"}, "http://user:password@host:8123/netra"),
}
OPENAI: Final = "https://api.openai.com/v1"

Count = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Dollars = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class SettingsRefused(Exception):
    """A setting is invalid; the message names it and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one deployment runs; each field is the variable `NETRA_<FIELD>` in capitals."""

    environment: str = "development"
    host: str = "127.0.0.1"
    port: Port = 8000
    data: Path = Path("netra-data")  # the embedded store's folder
    database_url: Secret | None = None  # PostgreSQL in place of the embedded store
    redis_url: Secret | None = None  # state that processes share: limits, wake-ups, events, tickets
    clickhouse_url: Secret | None = None  # the events of workloads, in place of the database
    clickhouse_retention_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0  # 0: forever
    secret: Secret | None = None  # signs tokens; generated and stored in `data` if absent
    previous_secret: Secret | None = None  # still accepted while keys rotate
    issuer: str = "netra"
    audience: str = "netra-api"
    registration: bool = False
    console: bool = True  # whether the web console is served at /console/
    public_url: str | None = None  # where browsers reach this deployment
    google_client_id: str | None = None
    google_client_secret: Secret | None = None
    google_sign_up: bool = True  # whether a first sign-in creates an account
    oidc_issuer: str = "https://accounts.google.com"
    oauth_redirects: tuple[str, ...] = ()  # pages to which a sign-in may redirect; compared exactly
    prices: Path | None = (
        None  # file of negotiated prices and deployment names, which override published ones
    )
    prices_as_of: date | None = None  # date of the prices; None: today
    default_model: str = "gpt-4o"  # prices a log that names no model; the answer states this
    language_model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "gpt-4.1-mini"
    language_model_key: Secret | None = None  # enables the model, as does an address other than OpenAI's
    language_model_url: str = OPENAI
    language_model_api: Literal["chat", "responses"] = "chat"
    language_model_sends: Literal["all", "numbers"] = "all"  # numbers: no text of users or of their data
    language_model_silence_s: Annotated[float, msgspec.Meta(ge=0.1, le=600)] = (
        20.0  # idle timeout of a stream
    )
    language_model_connections: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 8  # per process
    language_model_input_usd: Dollars | None = None  # per million tokens; overrides the price book
    language_model_cached_input_usd: Dollars | None = None
    language_model_output_usd: Dollars | None = None
    language_model_run_tokens: Count = 200_000  # input and output; 0: unlimited
    language_model_run_usd: Dollars = 0.5
    language_model_user_tokens: Count = 2_000_000  # per UTC day, over all processes and restarts
    language_model_user_usd: Dollars = 5.0
    slots: Annotated[int, msgspec.Meta(ge=0, le=64)] = 2  # concurrent runs per process
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1  # API processes that share the port
    cors_origins: tuple[str, ...] = ()
    websocket_origins: tuple[str, ...] = ()  # browser origins in addition to the service's own
    trusted_proxies: tuple[str, ...] = ()  # addresses and networks whose X-Forwarded-* headers are trusted
    limit_authentication: Count = 5
    limit_agent: Count = 10
    limit_websocket: Count = 30
    limit_simulate: Count = 60
    limit_ingest: Count = 600
    limit_general: Count = 100
    limit_ingest_events: Count = 1_000_000  # records of telemetry in 60 s, by user; 0: no limit
    limit_ingest_bytes: Count = 1_073_741_824  # the same in bytes, after decompression
    otlp_content: Literal["hash", "drop"] = "hash"  # what is done with prompts in telemetry
    max_message_length: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 10_000
    max_thread_messages: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 1_000
    max_live_runs_per_user: Annotated[int, msgspec.Meta(ge=1)] = 1_000
    max_live_runs: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    max_connections: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    max_connections_per_user: Annotated[int, msgspec.Meta(ge=1)] = 100
    max_tcp_connections: Annotated[int, msgspec.Meta(ge=2)] = 12_000  # requests and sockets, per process
    max_tcp_connections_per_address: Annotated[int, msgspec.Meta(ge=1)] = 1_000  # not of trusted proxies
    max_body_bytes: Annotated[int, msgspec.Meta(ge=1_024)] = 1_048_576
    max_events_body_bytes: Annotated[int, msgspec.Meta(ge=1_024)] = 33_554_432
    max_events_per_workload: Annotated[int, msgspec.Meta(ge=1)] = 5_000_000
    max_prefix_hashes_per_batch: Annotated[int, msgspec.Meta(ge=1)] = 2_000_000
    max_prefix_hashes_per_workload: Annotated[int, msgspec.Meta(ge=1)] = 10_000_000
    max_bytes_per_workload: Annotated[int, msgspec.Meta(ge=1)] = 2_147_483_648  # of events as columns
    max_waiting_events: Annotated[int, msgspec.Meta(ge=1)] = 20_000_000  # for ClickHouse, of all users
    max_waiting_bytes: Annotated[int, msgspec.Meta(ge=1)] = 2_147_483_648  # the same, as they are stored
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"

    @property
    def callback_url(self) -> str:
        """The address to which the identity provider redirects browsers; must be registered there."""
        return f"{self._base_url}/api/auth/google/callback"

    @property
    def sign_in_pages(self) -> tuple[str, ...]:
        """The pages to which a sign-in may redirect: the configured ones and the service's own console."""
        return (*self.oauth_redirects, *((f"{self._base_url}/console/",) if self.console else ()))

    @property
    def _base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def has_language_model(self) -> bool:
        """Whether a language model is configured."""
        return self.language_model_key is not None or self.language_model_url != OPENAI

    @property
    def language_model_budgets(self) -> Budgets:
        """The language model's budgets of a run and of a user."""
        return Budgets(
            run=Budget(tokens=self.language_model_run_tokens, usd=self.language_model_run_usd),
            user_day=Budget(tokens=self.language_model_user_tokens, usd=self.language_model_user_usd),
        )

    @property
    def rate_limits(self) -> RequestRateLimits:
        """The number of requests admitted in any 60 s."""
        return RequestRateLimits(
            authentication=self.limit_authentication,
            agent=self.limit_agent,
            websocket=self.limit_websocket,
            simulate=self.limit_simulate,
            ingest=self.limit_ingest,
            general=self.limit_general,
        )

    @property
    def intake_limits(self) -> IntakeLimits:
        """The telemetry admitted in any 60 s, by user."""
        return IntakeLimits(records=self.limit_ingest_events, bytes=self.limit_ingest_bytes)

    @property
    def quotas(self) -> Quotas:
        """The limits of everything that can grow."""
        names = set(Quotas.__struct_fields__) & set(self.__struct_fields__)
        return Quotas(**{name: getattr(self, name) for name in names})


def settings_from(environment: Mapping[str, str], **overrides: object) -> Settings:
    """Return the settings of the `NETRA_*` variables; `overrides` that are not None take precedence.

    Lists are separated by commas. Raises `SettingsRefused` for an unknown name, usually a typing error,
    and for an invalid value.
    """
    given: dict[str, object] = {}
    for key, text in environment.items():
        name = key.removeprefix(PREFIX).lower()
        if not key.startswith(PREFIX) or name.startswith("test_") or name in OF_CLIENTS:
            continue
        if name not in Settings.__struct_fields__:
            raise SettingsRefused(f"{key} is no setting of Netra; see docs/settings.md for those there are.")
        is_list = name in LISTS
        given[name] = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
    given.update({name: value for name, value in overrides.items() if value is not None})
    return _checked(given)


def check_shared_secret(settings: Settings) -> None:
    """Raise `SettingsRefused` for a shared database without a secret: each process would make its own."""
    if settings.database_url is not None and settings.secret is None:
        raise SettingsRefused(
            f"{PREFIX}DATABASE_URL needs {PREFIX}SECRET, the same one in every process: each accepts the "
            f"tokens that any of them signed; {MAKE_ONE}."
        )


def package_missing(package: str | None, extra: str, *, needed_by: str) -> SettingsRefused:
    """Return the error for a missing package; it names the checkout, as PyPI has another `netra`."""
    return SettingsRefused(
        f"{needed_by} is set, but {package} is not installed. "
        f"Install it in Netra's checkout: python -m pip install '.[{extra}]'."
    )


def _checked(given: Mapping[str, object]) -> Settings:
    try:
        settings = msgspec.convert(given, Settings, strict=False, dec_hook=_decoded)
    except msgspec.ValidationError as error:
        raise SettingsRefused(_unusable(str(error), given)) from error
    for name in ("secret", "previous_secret"):
        secret: Secret | None = getattr(settings, name)
        if secret is not None and len(secret.reveal().encode()) < SECRET_BYTES_MIN:
            raise SettingsRefused(
                f"{PREFIX}{name.upper()} is shorter than {SECRET_BYTES_MIN} bytes; {MAKE_ONE}."
            )
    if settings.environment == "production" and settings.secret is None:
        raise SettingsRefused(f"{PREFIX}SECRET must be set when {PREFIX}ENVIRONMENT is production.")
    _check_servers(settings)
    _check_sign_in(settings)
    _check_proxies(settings)
    _check_language_model(settings)
    return settings


def _unusable(complaint: str, given: Mapping[str, object]) -> str:
    """Return msgspec's complaint, such as "Expected `int` - at `$.port`", with the variable and its value."""
    why, _, place = complaint.rpartition(" - at `$.")
    name = place.rstrip("`")
    return (
        f"{PREFIX}{name.upper()} cannot be {str(given[name])!r}: {why[:1].lower()}{why[1:]}. "
        "See docs/settings.md for what it may be."
    )


def _check_servers(settings: Settings) -> None:
    for name, (schemes, example) in SERVERS.items():
        url: Secret | None = getattr(settings, name)
        if url is not None and not is_server(url.reveal(), schemes):
            raise SettingsRefused(f"{PREFIX}{name.upper()} must be an address such as {example}.")
    if settings.workers > 1 and settings.redis_url is None:
        raise SettingsRefused(
            f"More than one API process (--workers, {PREFIX}WORKERS) needs {PREFIX}REDIS_URL: "
            "they share limits, tickets and live events there."
        )


def _check_sign_in(settings: Settings) -> None:
    if (settings.google_client_id is None) != (settings.google_client_secret is None):
        raise SettingsRefused(
            f"{PREFIX}GOOGLE_CLIENT_ID and {PREFIX}GOOGLE_CLIENT_SECRET go together: set both or neither."
        )
    for name in ("cors_origins", "websocket_origins"):
        for origin in getattr(settings, name):
            if "*" in origin:  # allowed origins may send requests with a browser's cookies
                raise SettingsRefused(
                    f"{PREFIX}{name.upper()} cannot hold {origin!r}: "
                    "name each origin whole, as in https://app.example.com."
                )
    if not is_safe(settings.oidc_issuer):
        raise SettingsRefused(f"{PREFIX}OIDC_ISSUER must be an https address (http only on this machine).")
    if settings.public_url is not None and not is_web(settings.public_url):
        raise SettingsRefused(f"{PREFIX}PUBLIC_URL must be an address such as https://api.example.com.")
    for page in settings.oauth_redirects:
        if not is_safe(page) or "#" in page:
            raise SettingsRefused(
                f"{PREFIX}OAUTH_REDIRECTS: {page!r} is no https address without a fragment."
            )


def _check_proxies(settings: Settings) -> None:
    try:
        networks_in(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsRefused(f"{PREFIX}TRUSTED_PROXIES cannot be used: {error}.") from error


def _check_language_model(settings: Settings) -> None:
    parts = parts_of(settings.language_model_url)
    if parts is None or not is_web(settings.language_model_url) or parts.username or parts.query:
        raise SettingsRefused(
            f"{PREFIX}LANGUAGE_MODEL_URL must be an address such as {OPENAI}, without a password or a query."
        )
    if (settings.language_model_input_usd is None) != (settings.language_model_output_usd is None):
        raise SettingsRefused(
            f"{PREFIX}LANGUAGE_MODEL_INPUT_USD and {PREFIX}LANGUAGE_MODEL_OUTPUT_USD go together: "
            "set both or neither."
        )


def _decoded(kind: type, value: object) -> object:
    if kind is Path and value == "":
        raise ValueError("Expected the path of a folder")
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"cannot read a {kind.__name__} from {type(value).__name__}")
