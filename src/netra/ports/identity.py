"""Who else may vouch for people."""

from typing import Protocol

from netra.domain.users.model import ProvenIdentity


class IdentityProvider(Protocol):
    """An OpenID provider, spoken to by authorization code with PKCE."""

    @property
    def issuer(self) -> str:
        """Who signs its ID tokens; with a subject it makes an identity."""
        ...

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where the browser goes; it shows the S256 challenge of `verifier`, never the verifier.

        Raises `OAuthFailed` when the provider cannot be asked.
        """
        ...

    async def prove(self, *, code: str, nonce: str, verifier: str) -> ProvenIdentity:
        """Return who signed in, once the ID token's signature, issuer, audience, times and nonce hold.

        Raises `OAuthRefused` for a code or a token that does not hold, `OAuthFailed` when the
        provider cannot be asked or answers with nonsense. A code counts once.
        """
        ...
