"""External identity providers."""

from typing import Protocol

from netra.domain.users.model import ProvenIdentity


class IdentityProvider(Protocol):
    """An OpenID provider, used by authorization code with PKCE."""

    @property
    def issuer(self) -> str:
        """The issuer of its ID tokens; issuer and subject together form an identity."""
        ...

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return the address of the sign-in page; it contains the S256 challenge, never the `verifier`.

        Raises `OAuthFailed` when the provider cannot be reached.
        """
        ...

    async def prove(self, *, code: str, nonce: str, verifier: str) -> ProvenIdentity:
        """Exchange the code and return the user's proven identity.

        The ID token's signature, issuer, audience, times and nonce have been verified. A code is valid once.
        Raises `OAuthRefused` for an invalid code or token, `OAuthFailed` when the provider cannot be reached
        or its answer is malformed.
        """
        ...
