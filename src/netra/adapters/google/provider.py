"""`IdentityProvider` by Authlib: sends browsers to the provider and exchanges the returned code."""

from typing import Any, Final, Protocol, Self, cast

import msgspec
from authlib.common.errors import AuthlibBaseError  # pyright: ignore[reportMissingTypeStubs]  # no stubs exist
from authlib.integrations.httpx_client import (  # pyright: ignore[reportMissingTypeStubs]  # no stubs exist
    AsyncOAuth2Client,
)

from netra.adapters.google.directory import Directory, Metadata, failing_plainly
from netra.adapters.google.id_token import Expected, IdClaims, header_of, refused, verified
from netra.domain.errors import OAuthFailed, OAuthRefused
from netra.domain.users.model import Identity, ProvenIdentity
from netra.ports.clock import Clock

SCOPE: Final = "openid email profile"
PICTURE_LENGTH_MAX: Final = 2_048
CODE_REFUSED: Final = frozenset({"invalid_grant", "invalid_request"})  # RFC 6749, section 5.2


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The token endpoint's answer to a code."""

    id_token: str
    access_token: str | None = None


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """User information that is not in the ID token; `sub` must match."""

    sub: str
    email: str | None = None
    email_verified: bool | str | None = None
    name: str | None = None
    picture: str | None = None


class Client(Protocol):
    """Types for the part of Authlib's client that is used here, which has no type annotations."""

    async def __aenter__(self) -> Self:
        """Open it."""
        ...

    async def __aexit__(self, *exception: object) -> None:
        """Close it."""
        ...

    def create_authorization_url(self, url: str, **fields: str) -> tuple[str, str]:
        """Return the address, and the state that it contains."""
        ...

    async def fetch_token(self, url: str, **fields: str) -> dict[str, Any]:
        """Return the token endpoint's answer."""
        ...


class OpenIdProvider:
    """An OpenID provider, identified by its issuer."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, callback_url: str, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._callback_url = callback_url
        self._clock = clock
        self._directory = Directory(issuer=issuer, clock=clock)

    @property
    def issuer(self) -> str:
        """The issuer of its ID tokens."""
        return self._issuer

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return the address of the sign-in page."""
        metadata = await self._directory.metadata()
        async with self._client(metadata) as client:
            url, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return url

    async def prove(self, *, code: str, nonce: str, verifier: str) -> ProvenIdentity:
        """Exchange the code and return the user's proven identity."""
        metadata = await self._directory.metadata()
        answer = await self._exchanged(metadata, code=code, verifier=verifier)
        header = header_of(answer.id_token)
        key = await self._directory.signing_key(header.kid)
        if key is None:
            raise refused()
        expected = Expected(
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=nonce,
            access_token=answer.access_token,
            now=self._clock.now(),
        )
        claims = verified(answer.id_token, key=key, header=header, expected=expected)
        person = await self._claims_of_user(claims, metadata, access_token=answer.access_token)
        return _proven(person, issuer=claims.iss)

    async def _exchanged(self, metadata: Metadata, *, code: str, verifier: str) -> TokenAnswer:
        try:
            async with failing_plainly(), self._client(metadata) as client:
                answer = await client.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
            return msgspec.convert(dict(answer), TokenAnswer)
        except AuthlibBaseError as error:
            if error.error in CODE_REFUSED:
                message = "The identity provider rejected this code; sign in again."
                raise OAuthRefused(message, reason="code_refused") from None
            raise OAuthFailed(
                "The identity provider rejected this deployment's client id or secret."
            ) from error
        except (ValueError, TypeError) as error:  # not JSON, or JSON of another shape
            raise OAuthFailed("The identity provider's answer is invalid.") from error

    async def _claims_of_user(
        self, claims: IdClaims, metadata: Metadata, *, access_token: str | None
    ) -> IdClaims | UserInfo:
        """Return the user's claims; the provider is asked when the ID token lacks the e-mail address."""
        if claims.email is not None or metadata.userinfo_endpoint is None or access_token is None:
            return claims
        url = metadata.userinfo_endpoint
        info = await self._directory.userinfo(url, access_token=access_token, kind=UserInfo)
        if info.sub != claims.sub:  # Core 1.0, section 5.3.2
            raise refused()
        return info

    def _client(self, metadata: Metadata) -> Client:
        """Return a new client for each step: Authlib's stores the last token it received."""
        is_basic = "client_secret_basic" in metadata.token_endpoint_auth_methods_supported
        client: Any = AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if is_basic else "client_secret_post",
            scope=SCOPE,
            redirect_uri=self._callback_url,
            code_challenge_method="S256",
            verify=self._directory.tls(),
        )
        return cast("Client", client)


def _proven(person: IdClaims | UserInfo, *, issuer: str) -> ProvenIdentity:
    picture = person.picture
    is_shown = picture is not None and picture.startswith("https://") and len(picture) <= PICTURE_LENGTH_MAX
    return ProvenIdentity(
        identity=Identity(issuer=issuer, subject=person.sub),
        email=person.email,
        is_email_verified=person.email_verified in {True, "true"},
        name=person.name,
        picture=picture if is_shown else None,
    )
