"""Access tokens by PyJWT: HS256 only, keys from our own table, time from our own clock.

PyJWT checks the signature and that every claim is present. The token's encoding, the type and range of each
claim, and the times are checked here. Verified claims are cached by the token's hash, as verification takes
about 50 microseconds; the times are checked on every read.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import jwt
import msgspec

from netra.domain.errors import TokenExpired, Unauthorized
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Claims, TokenKind
from netra.ports.clock import Clock

ALGORITHM: Final = "HS256"
SECRET_MIN_BYTES: Final = 32  # RFC 7518, section 3.2: a key at least as long as the hash
TOKEN_MAX_LENGTH: Final = 4_096
REMEMBERED_MAX: Final = 10_000  # cached tokens; about 5 MB
SKEW_S: Final = 5  # seconds; allowed lead of the issuing process's clock
TIME_MAX_S: Final = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second a datetime can hold
USER_ID_MAX: Final = 2**63 - 1  # the largest value of the user id column
REQUIRED: Final = ("exp", "nbf", "iat", "iss", "aud", "sub", "jti", "typ")


Seconds = Annotated[int, msgspec.Meta(ge=0, le=TIME_MAX_S)]  # since 1970, UTC; whole, as `issue` writes them


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of RFC 7519 with exactly the types and ranges that `issue` writes."""

    iss: str
    aud: str
    exp: Seconds
    nbf: Seconds
    iat: Seconds
    sub: Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,18}\Z")]
    jti: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}\Z")]
    typ: TokenKind


class JwtTokenCodec:
    """`TokenCodec` with several keys: one signs tokens, all of them verify."""

    def __init__(
        self,
        *,
        keys: Sequence[str],
        issuer: str,
        audience: str,
        clock: Clock,
        remembered_max: int = REMEMBERED_MAX,
    ) -> None:
        """Sign with the first of `keys` and verify with any; raise `ValueError` when one is too short."""
        secrets = [key.encode() for key in keys]
        if not secrets:
            raise ValueError("at least one key to sign tokens is required")
        for place, secret in enumerate(secrets, 1):
            if len(secret) < SECRET_MIN_BYTES:
                raise ValueError(
                    f"token key {place} of {len(secrets)} has {len(secret)} bytes; "
                    f"at least {SECRET_MIN_BYTES} are required"
                )
        self._keys = {_kid(secret): secret for secret in secrets}
        self._signing_kid = _kid(secrets[0])
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._remembered_max = remembered_max
        self._remembered: OrderedDict[bytes, Claims] = OrderedDict()  # least recently used first

    def issue(self, claims: Claims) -> str:
        """Return the signed token; its times are whole seconds."""
        issued_at_s = int(claims.issued_at.timestamp())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.user_id),
            "jti": claims.session_id,
            "typ": claims.kind.value,
            "iat": issued_at_s,
            "nbf": issued_at_s,
            "exp": int(claims.expires_at.timestamp()),
        }
        key = self._keys[self._signing_kid]
        return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": self._signing_kid})

    def read(self, token: str) -> Claims:
        """Return the token's claims. Raises `TokenExpired` or `Unauthorized`."""
        if len(token) > TOKEN_MAX_LENGTH:
            raise _refused()
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        claims = self._remembered.get(digest)
        if claims is None:
            claims = self._verified(token)
            self._remember(digest, claims)
        else:
            self._remembered.move_to_end(digest)
        return self._in_time(claims)

    def derive(self, text: str) -> str:
        """Return characters that only the signing key derives from `text`."""
        key = self._keys[self._signing_kid]
        raw = hmac.digest(key, b"netra derived\0" + text.encode(), "sha256")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def _verified(self, token: str) -> Claims:
        if not is_canonical(token):
            raise _refused()
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            decoded = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": list(REQUIRED),
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            return _claims(decoded)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise _refused() from error  # msgspec's `ValidationError` is a `ValueError`

    def _in_time(self, claims: Claims) -> Claims:
        now = self._clock.now()
        if claims.expires_at <= now:
            raise TokenExpired("The token has expired; sign in again.")
        if (claims.issued_at - now).total_seconds() > SKEW_S:
            raise _refused()
        return claims

    def _remember(self, digest: bytes, claims: Claims) -> None:
        self._remembered[digest] = claims
        if len(self._remembered) > self._remembered_max:
            self._remembered.popitem(last=False)


def is_canonical(token: str) -> bool:
    """Return whether each of the token's three parts is canonical base64url (RFC 7515).

    A part with padding, other characters or spare bits encodes the same bytes differently. If those were
    accepted, a token would have many spellings, and a blocklist could be evaded.

    >>> is_canonical("YQ.YQ.YQ"), is_canonical("YQ.YQ.YR"), is_canonical("YQ.YQ.YQ=="), is_canonical("YQ.YQ")
    (True, False, False, False)
    """
    parts = token.split(".")
    try:
        return len(parts) == 3 and all(_recoded(part) == part for part in parts)
    except ValueError:
        return False


def _recoded(part: str) -> str:
    """Return the canonical encoding of the bytes in `part`. Raises `ValueError` for invalid base64url."""
    raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _claims(decoded: dict[str, object]) -> Claims:
    payload = msgspec.convert(decoded, Payload)
    user_id = int(payload.sub)
    if user_id > USER_ID_MAX:
        raise ValueError("sub is too large for a user id")
    return Claims(
        user_id=UserId(user_id),
        session_id=SessionId(payload.jti),
        kind=payload.typ,
        # the token is not valid before the later of the two
        issued_at=_instant(max(payload.iat, payload.nbf)),
        expires_at=_instant(payload.exp),
    )


def _kid(secret: bytes) -> str:
    """Return the public id of a key, which identifies the key and reveals nothing else about it."""
    return hashlib.sha256(b"netra token key\0" + secret).hexdigest()[:16]


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _refused() -> Unauthorized:
    return Unauthorized("The token is not valid; sign in again.")
