"""An OpenID provider's published endpoints and keys, cached and refreshed at a bounded rate."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec

from netra.adapters.resilience.deadline import timeout
from netra.domain.errors import OAuthFailed
from netra.ports.clock import Clock

DEADLINE_S: Final = 10.0  # seconds for all requests of one step to the provider
DOCUMENT_BYTES_MAX: Final = 262_144  # bytes; Google's two documents have about 5,000 together
FRESH_S: Final = 3_600.0  # seconds; upper bound on trusting a key after the provider withdrew it
# seconds between refreshes; tokens with invented key names must not cause a request each
FLOOR_S: Final = 60.0
WELL_KNOWN: Final = "/.well-known/openid-configuration"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Key = dict[str, Any]  # Any: members of a JSON Web Key, decoded where it is used
T = TypeVar("T")


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields used from the discovery document (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)


class KeyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set."""

    keys: Sequence[Key]


class Directory:
    """The published documents of one issuer."""

    def __init__(self, *, issuer: str, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetching = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_at_s = 0.0
        self._keys: Sequence[Key] = ()
        self._keys_at_s = 0.0
        self._tls: ssl.SSLContext | None = None

    async def metadata(self) -> Metadata:
        """Return the endpoints. Raises `OAuthFailed`."""
        async with self._fetching:
            now_s = self._clock.monotonic_s()
            if self._metadata is None or now_s - self._metadata_at_s > FRESH_S:
                found = await self._fetch(self._issuer.rstrip("/") + WELL_KNOWN, Metadata)
                _check(found, issuer=self._issuer)
                self._metadata, self._metadata_at_s = found, now_s
            return self._metadata

    async def signing_key(self, kid: str | None) -> Key | None:
        """Return the public key with the id `kid`, or None; without a `kid`, the only key there is."""
        metadata = await self.metadata()
        async with self._fetching:
            age_s = self._clock.monotonic_s() - self._keys_at_s
            found = _chosen(self._keys, kid)
            is_unknown = found is None and age_s > FLOOR_S
            if not self._keys or is_unknown or age_s > FRESH_S:
                document = await self._fetch(metadata.jwks_uri, KeyDocument)
                self._keys, self._keys_at_s = document.keys, self._clock.monotonic_s()
                found = _chosen(self._keys, kid)
        return found

    async def userinfo(self, url: str, *, access_token: str, kind: type[T]) -> T:
        """Return the provider's user information for the access token. Raises `OAuthFailed`."""
        return await self._fetch(url, kind, bearer=access_token)

    def tls(self) -> ssl.SSLContext:
        """Return the shared TLS context; creating one reads every root certificate."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    async def _fetch(self, url: str, kind: type[T], *, bearer: str | None = None) -> T:
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        async with failing_plainly():
            body = b""
            async with (
                httpx2.AsyncClient(verify=self.tls(), headers=headers) as client,
                client.stream("GET", url) as answer,
            ):
                answer.raise_for_status()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > DOCUMENT_BYTES_MAX:
                        raise OAuthFailed("The identity provider sent a document that is too large.")
            return msgspec.json.decode(body, type=kind)


@asynccontextmanager
async def failing_plainly() -> AsyncGenerator[None]:
    """Translate every failure of a request to the provider into `OAuthFailed`, within `DEADLINE_S`."""
    try:
        async with timeout(DEADLINE_S):
            yield
    except TimeoutError as error:
        raise OAuthFailed("The identity provider did not answer in time.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise OAuthFailed("The identity provider cannot be reached.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise OAuthFailed("The identity provider's answer is invalid.") from error


def _check(metadata: Metadata, *, issuer: str) -> None:
    if metadata.issuer != issuer:  # Discovery 1.0, section 4.3
        raise OAuthFailed("The identity provider's document names another issuer.")
    endpoints = [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]
    for url in (*endpoints, metadata.userinfo_endpoint or issuer):
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise OAuthFailed("The identity provider's document names an endpoint without TLS.")


def _chosen(keys: Sequence[Key], kid: str | None) -> Key | None:
    signing = [key for key in keys if key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"]
    named = signing if kid is None else [key for key in signing if key.get("kid") == kid]
    return named[0] if len(named) == 1 else None
