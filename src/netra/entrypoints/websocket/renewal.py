"""The frame that renews a socket's sign-in: a new proof in place of one that is about to expire.

Defines only the frame: `session` checks whose proof it is, the user service whether it is valid.
"""

from typing import Annotated, Final

import msgspec

from netra.domain.runs.rules import CLIENT_REF_MAX

TOKEN_MAX: Final = 4_096  # characters; an access token has about 300

Proof = Annotated[str, msgspec.Meta(min_length=1, max_length=TOKEN_MAX)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=CLIENT_REF_MAX)]


class AuthenticateData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new access token, or an API key, of the connected user."""

    token: Proof


class Authenticate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="authenticate"):
    """Present a new proof before the current one expires; the connection then lasts as long as it."""

    data: AuthenticateData
    id: Reference | None = None
    timestamp: str | None = None
