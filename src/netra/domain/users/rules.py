"""What makes an account well formed."""

import re
from typing import Final

from netra.domain.errors import Fault, ValidationFailed

EMAIL_MAX: Final = 254  # RFC 5321, the longest address a mail server takes
NAME_MAX: Final = 200
PASSWORD_MIN: Final = 8  # NIST SP 800-63B, 2025
PASSWORD_MAX: Final = 1_024  # a bound on what is hashed

_EMAIL: Final = re.compile(r"[^@\s\x00]+@[^@\s\x00]+")


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
    if not name.strip() or len(name) > NAME_MAX or "\x00" in name:
        faults.append(Fault(path="name", code="length", message=f"name must have 1 to {NAME_MAX} characters"))
    if password is not None and not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        message = f"password must have {PASSWORD_MIN} to {PASSWORD_MAX} characters"
        faults.append(Fault(path="password", code="length", message=message))
    return faults


def check_account(*, email: str, name: str, password: str | None) -> None:
    """Raise `ValidationFailed` with all that is wrong with a new account."""
    if faults := account_faults(email=email, name=name, password=password):
        raise ValidationFailed(faults[0].message, faults)
