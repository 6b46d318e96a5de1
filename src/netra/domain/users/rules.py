"""Validate accounts, decide which account an identity may be linked to, and hash secrets."""

import enum
import hashlib
import hmac
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from netra.domain.errors import Fault, OAuthRefused, RateLimited, ValidationFailed
from netra.domain.texts import plain, unsafe_fault
from netra.domain.users.model import Grace, ProvenIdentity, User

EMAIL_MAX: Final = 254  # longest address in characters, RFC 5321
NAME_MAX: Final = 200
PASSWORD_MIN: Final = 8  # shortest password in characters, NIST SP 800-63B, 2025
PASSWORD_MAX: Final = 1_024  # longest password in characters; bounds the work of hashing

ACCESS_LIFETIME: Final = timedelta(hours=1)  # lifetime of an access token
SESSION_LIFETIME: Final = timedelta(days=30)  # lifetime of a session, regardless of renewals
PENDING_LIFETIME: Final = timedelta(minutes=10)  # time to complete a sign-in at an identity provider
CODE_LIFETIME: Final = timedelta(seconds=60)  # time to exchange a sign-in code for tokens

WAITING_MAX: Final = 100_000  # pending sign-ins and codes in total: about 50 MB
WAITING_PER_CLIENT_MAX: Final = (
    500  # pending sign-ins and codes per client network; no client can exhaust the total
)

KEY_PREFIX: Final = "nk_"  # distinguishes an API key from a token, and lets secret scanners find it

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def normal_email(email: str) -> str:
    """Return the form of an address in which accounts are compared.

    >>> normal_email(" Ada@Example.com ")
    'ada@example.com'
    """
    return email.strip().lower()


def account_faults(*, email: str, name: str, password: str | None) -> list[Fault]:
    """Return the faults of a new account; empty if it is valid."""
    faults: list[Fault] = []
    if len(email) > EMAIL_MAX or _EMAIL.fullmatch(email) is None:
        faults.append(Fault(path="email", code="malformed", message="email must look like name@host"))
    elif (unsafe := unsafe_fault(email, path="email")) is not None:
        faults.append(unsafe)
    if not name.strip() or len(name) > NAME_MAX:
        faults.append(Fault(path="name", code="length", message=f"name must have 1 to {NAME_MAX} characters"))
    elif (unsafe := unsafe_fault(name, path="name")) is not None:
        faults.append(unsafe)
    if password is not None and not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        message = f"password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters"
        faults.append(Fault(path="password", code="length", message=message))
    return faults


def check_account(*, email: str, name: str, password: str | None) -> None:
    """Raise `ValidationFailed` with all faults of a new account."""
    if faults := account_faults(email=email, name=name, password=password):
        raise ValidationFailed(faults[0].message, faults)


def check_password(password: str, *, path: str) -> None:
    """Raise `ValidationFailed` for a password of invalid length; `path` names its field."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        message = f"{path} must have {PASSWORD_MIN} to {PASSWORD_MAX} characters"
        raise ValidationFailed.of(path, "length", message)


NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # stored as the replacement of a token whose grace is spent


class Reuse(enum.StrEnum):
    """The effect of bringing a refresh token that was replaced before."""

    REPLAY = "replay"
    RACE = "race"
    END = "end"


def on_reuse(
    *,
    replaced_at: datetime,
    renewed_at: datetime | None,
    has_successor: bool,
    at: datetime,
    grace: Grace,
) -> Reuse:
    """Decide about a token replaced at `replaced_at`, of a session last renewed at `renewed_at`.

    Only the token before the present one has a grace. `has_successor`: the request names the present token
    as its successor, which only the request that made it can. Everything else may be theft.
    """
    age_s = (at - replaced_at).total_seconds()
    if replaced_at != renewed_at:
        return Reuse.END
    if has_successor and age_s < grace.replay_s:
        return Reuse.REPLAY
    return Reuse.RACE if age_s < grace.race_s else Reuse.END


def digest_of(secret: str, *, use: str) -> str:
    """Return the stored digest of a random secret; digests for different uses never match.

    A plain hash suffices, since a secret has 256 random bits and cannot be guessed.

    >>> digest_of("s", use="state") == digest_of("s", use="code")
    False
    """
    return hashlib.sha256(f"netra {use}\0{secret}".encode()).hexdigest()


def key_digest(secret: str) -> str:
    """Return the stored digest of an API key."""
    return digest_of(secret, use="api key")


def too_many_waiting(*, first_ends_s: float) -> RateLimited:
    """Return the error for one more pending sign-in, with the wait until the client's first one expires."""
    wait_s = math.ceil(first_ends_s)
    message = f"Too many sign-ins from your network wait to be finished; try again in {wait_s} s."
    return RateLimited(message, retry_after_s=wait_s)


def is_same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def email_to_link(proven: ProvenIdentity) -> str:
    """Return the address by which this person's account is found or created.

    Raises `OAuthRefused` unless the provider has verified a well-formed address.
    """
    if proven.email is None:
        raise OAuthRefused("The identity provider gave no e-mail address.", reason="email_missing")
    if not proven.is_email_verified:
        message = "The identity provider has not verified this e-mail address."
        raise OAuthRefused(message, reason="email_not_verified")
    email = normal_email(proven.email)
    if account_faults(email=email, name="any", password=None):
        raise OAuthRefused("The identity provider gave an unusable e-mail address.", reason="email_unusable")
    return email


def check_may_link(holder: User) -> None:
    """Raise `OAuthRefused` unless the account's own address is verified.

    Otherwise an attacker could register another person's address and wait for that person to link to it.
    """
    if not holder.is_email_verified:
        message = (
            "An account has this e-mail address, but the address is not verified; sign in with the password."
        )
        raise OAuthRefused(message, reason="account_not_verified")


def check_active(user: User) -> None:
    """Raise `OAuthRefused` when the account is disabled."""
    if user.disabled_at is not None:
        raise OAuthRefused("This account is no longer active.", reason="account_disabled")


def shown_name(proven: ProvenIdentity, *, email: str) -> str:
    """Return a well-formed name for a new account.

    >>> from netra.domain.users.model import Identity
    >>> me = Identity(issuer="i", subject="s")
    >>> shown_name(ProvenIdentity(identity=me, name=" "), email="ada@example.com")
    'ada'
    """
    name = plain(proven.name or "", instead="").strip()[:NAME_MAX].strip()
    return name or email.partition("@")[0]
