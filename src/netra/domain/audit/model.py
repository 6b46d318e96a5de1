"""Define security events: their kind, account, origin and request id.

An event never contains a secret: it has no field for tokens, keys and passwords.
"""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from netra.domain.ids import UserId

KEPT: Final = timedelta(days=365)  # retention of an event
TEXT_MAX: Final = 256  # longest text from a client, in characters


class SecurityEventKind(enum.StrEnum):
    """The kind of a security event."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    REFRESH_REUSED = "refresh_reused"
    REFRESH_RACED = "refresh_raced"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_DISABLED = "account_disabled"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_REFUSED = "identity_refused"
    KEY_ISSUED = "key_issued"
    KEY_REVOKED = "key_revoked"
    ACCESS_REFUSED = "access_refused"
    LIMIT_REACHED = "limit_reached"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The origin of a request; empty for an operator's command on the machine."""

    request_id: str = ""
    address: str = ""
    agent: str = ""


AT_THE_MACHINE: Final = Origin()


class SecurityEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the security log; `user_id` is the account concerned, if any."""

    id: str
    at: datetime
    kind: SecurityEventKind
    user_id: UserId | None = None
    origin: Origin = AT_THE_MACHINE
    details: Mapping[str, str] = {}


class SecurityEventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The events that a list shows: those that meet every field that is given."""

    kind: SecurityEventKind | None = None
    user_id: UserId | None = None
    since: datetime | None = None  # at this instant or later
    until: datetime | None = None  # before this instant

    def admits(self, event: SecurityEvent) -> bool:
        """Return whether the list shows `event`."""
        return (
            self.kind in {None, event.kind}
            and self.user_id in {None, event.user_id}
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


EVERY_EVENT: Final = SecurityEventFilter()


def cut(text: str) -> str:
    """Return a client's text for the log: one line of bounded length.

    >>> cut("curl/8\\r\\nX: y")
    'curl/8  X: y'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text[:TEXT_MAX])
