"""What makes an account well formed, whom an identity may be linked to, and how secrets are kept."""

import hashlib
import hmac
import math
import re
from datetime import timedelta
from typing import Final

from netra.domain.errors import Fault, OAuthRefused, RateLimited, ValidationFailed
from netra.domain.texts import plain, unsafe_fault
from netra.domain.users.model import ProvenIdentity, User

EMAIL_MAX: Final = 254  # RFC 5321, the longest address a mail server takes
NAME_MAX: Final = 200
PASSWORD_MIN: Final = 8  # NIST SP 800-63B, 2025
PASSWORD_MAX: Final = 1_024  # a bound on what is hashed

ACCESS_LIFETIME: Final = timedelta(hours=1)  # of an access token
SESSION_LIFETIME: Final = timedelta(days=30)  # of a sign-in, however often it is renewed
PENDING_LIFETIME: Final = timedelta(minutes=10)  # of a sign-in that went to an identity provider
CODE_LIFETIME: Final = timedelta(seconds=60)  # of the code that a page exchanges for its tokens

WAITING_MAX: Final = 100_000  # sign-ins and codes that wait for their second step, in all: about 50 MB
WAITING_PER_CLIENT_MAX: Final = 500  # the same, from one client's network: no stranger can use up the rest

KEY_PREFIX: Final = "nk_"  # of every API key: it tells a key from a token, and secret scanners find it

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def normal_email(email: str) -> str:
    """Return the address as accounts are compared by.

    >>> normal_email(" Ada@Example.com ")
    'ada@example.com'
    """
    return email.strip().lower()


def account_faults(*, email: str, name: str, password: str | None) -> list[Fault]:
    """Return what is wrong with a new account; empty when nothing is."""
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
    """Raise `ValidationFailed` with all that is wrong with a new account."""
    if faults := account_faults(email=email, name=name, password=password):
        raise ValidationFailed(faults[0].message, faults)


def check_password(password: str, *, path: str) -> None:
    """Raise `ValidationFailed` when `password` may not be one; `path` names the field it came in."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        message = f"{path} must have {PASSWORD_MIN} to {PASSWORD_MAX} characters"
        raise ValidationFailed.of(path, "length", message)


def digest_of(secret: str, *, use: str) -> str:
    """Return what is kept of a random secret; a digest for one use never matches one for another.

    A plain hash is enough: what is hashed has 256 random bits, nobody can try them all.

    >>> digest_of("s", use="state") == digest_of("s", use="code")
    False
    """
    return hashlib.sha256(f"netra {use}\0{secret}".encode()).hexdigest()


def key_digest(secret: str) -> str:
    """Return the digest that is stored of an API key."""
    return digest_of(secret, use="api key")


def too_many_waiting(*, first_ends_s: float) -> RateLimited:
    """Return the refusal of one more step-by-step sign-in, until the client's first one expires."""
    wait_s = math.ceil(first_ends_s)
    message = f"Too many sign-ins from your network wait to be finished; try again in {wait_s} s."
    return RateLimited(message, retry_after_s=wait_s)


def is_same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def email_to_link(proven: ProvenIdentity) -> str:
    """Return the address that may find or make this person's account.

    Raises `OAuthRefused` unless the provider has verified one that is well formed.
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
    """Raise `OAuthRefused` unless the account's own address is known to be its owner's.

    Without that, somebody could register a stranger's address and wait for the stranger to link to it.
    """
    if not holder.is_email_verified:
        message = (
            "An account has this e-mail address, and nobody has verified that; sign in to it by password."
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
