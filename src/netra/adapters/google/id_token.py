"""Verification of ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

joserfc checks the signature with the given key, by an algorithm from our own list. The claims are checked
here, more strictly than the standard requires: the only audience is our client id.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from netra.domain.errors import OAuthRefused

# asymmetric only: never a key that a client knows, never "none"
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
TOKEN_LENGTH_MAX: Final = 16_384
SUBJECT_LENGTH_MAX: Final = 255  # characters; Core 1.0, section 2
SKEW_S: Final = 60  # seconds; allowed difference between the provider's clock and ours


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """A token's header: untrusted, used only to choose among known keys."""

    alg: str
    kid: str | None = None


class IdClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims that are used."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nbf: float | None = None
    nonce: str | None = None
    azp: str | None = None
    at_hash: str | None = None
    email: str | None = None
    email_verified: bool | str | None = None  # some providers write "true"
    name: str | None = None
    picture: str | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The values that the claims must match."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    now: datetime


def header_of(token: str) -> Header:
    """Return the token's header. Raises `OAuthRefused`."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise refused()
    try:
        part = token.partition(".")[0]
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        header = msgspec.json.decode(raw, type=Header)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise refused() from error
    if header.alg not in ALGORITHMS:
        raise refused()
    return header


def verified(token: str, *, key: dict[str, Any], header: Header, expected: Expected) -> IdClaims:
    """Return the claims after verifying signature and contents. Raises `OAuthRefused`."""
    try:
        decoded = jwt.decode(token, import_key(key), algorithms=[header.alg])
        claims = msgspec.convert(decoded.claims, IdClaims)
    except (JoseError, msgspec.ValidationError, ValueError, TypeError) as error:
        raise refused() from error
    if not all(_checks(claims, expected=expected, algorithm=header.alg)):
        raise refused()
    return claims


def refused() -> OAuthRefused:
    """Return the same error for every invalid token: naming the failed check would help only forgers."""
    return OAuthRefused("The identity provider's token is not valid.", reason="id_token_refused")


def _checks(claims: IdClaims, *, expected: Expected, algorithm: str) -> tuple[bool, ...]:
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    now_s = expected.now.timestamp()
    return (
        claims.iss == expected.issuer,
        audience == [expected.client_id],  # any other audience is not trusted
        claims.azp in {None, expected.client_id},
        claims.exp > now_s - SKEW_S,
        claims.iat < now_s + SKEW_S,
        claims.nbf is None or claims.nbf < now_s + SKEW_S,
        claims.nonce is not None and hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()),
        0 < len(claims.sub) <= SUBJECT_LENGTH_MAX,
        claims.at_hash is None or claims.at_hash == _half_hash(expected.access_token or "", algorithm),
    )


def _half_hash(access_token: str, algorithm: str) -> str:
    """Return the access token's hash in the form of an ID token's claim (Core 1.0, section 3.1.3.6).

    >>> _half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256")
    '77QmUPtjPfzWtF2AnpK9RQ'
    """
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
