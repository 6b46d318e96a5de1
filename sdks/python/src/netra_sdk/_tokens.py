"""Credentials: an API key, or a pair of tokens that is renewed before it expires."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from netra_sdk.types import LoginResponse

EARLY_S = 60.0  # an access token with less time left is renewed first


@dataclass(frozen=True, kw_only=True, repr=False)
class Tokens:
    """An access token and the refresh token that renews it; store a new pair before it is used."""

    access_token: str
    refresh_token: str | None = None
    expires_at: float | None = None  # Unix time; None: unknown, renewed when it is refused

    def __repr__(self) -> str:
        return "Tokens(…)"


class Credentials:
    """The present credential of a client; not safe for threads by itself, its users lock."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        tokens: Tokens | None = None,
        on_tokens: Callable[[Tokens], None] | None = None,
    ) -> None:
        self._api_key = api_key
        self.tokens = tokens
        self._on_tokens = on_tokens

    def __repr__(self) -> str:
        return "Credentials(…)"

    def authorization(self) -> str:
        """Return the header's value."""
        return f"Bearer {self._api_key or (self.tokens.access_token if self.tokens else '')}"

    @property
    def can_renew(self) -> bool:
        """Whether there is a refresh token."""
        return self.tokens is not None and self.tokens.refresh_token is not None

    def seconds_left(self) -> float:
        """Return the seconds until the access token ends; endless when that is unknown."""
        expires_at = self.tokens.expires_at if self.tokens else None
        return float("inf") if expires_at is None else expires_at - time.time()

    def needs_renewal(self, *, stale: str | None = None) -> bool:
        """Return whether to renew now: the header `stale` was refused, or little time is left."""
        tokens = self.tokens
        if tokens is None or tokens.refresh_token is None:
            return False
        if stale is not None:
            return stale == self.authorization()
        return tokens.expires_at is not None and tokens.expires_at - time.time() < EARLY_S

    def take(self, fresh: LoginResponse) -> None:
        """Store a new pair: first with the caller, then here."""
        kept = self.tokens.refresh_token if self.tokens else None
        tokens = Tokens(
            access_token=fresh.access_token,
            refresh_token=fresh.refresh_token or kept,
            expires_at=time.time() + fresh.expires_in,
        )
        if self._on_tokens is not None:
            self._on_tokens(tokens)
        self.tokens = tokens
