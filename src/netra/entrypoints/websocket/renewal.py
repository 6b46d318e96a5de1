"""The frame that keeps a socket signed in: a new proof in place of the one that is about to expire.

Only the frame lives here: whose proof it must be is decided in `session`, whether it holds elsewhere.
"""

from typing import Annotated, Final

import msgspec

from netra.domain.runs.rules import CLIENT_REF_MAX

TOKEN_MAX: Final = 4_096  # characters; an access token has about 300

Proof = Annotated[str, msgspec.Meta(min_length=1, max_length=TOKEN_MAX)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=CLIENT_REF_MAX)]


class AuthenticateData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new access token, or an API key, of the user who is connected."""

    token: Proof


class Authenticate(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="authenticate"):
    """Show a new proof before the present one expires; the connection then lasts as long as the new one."""

    data: AuthenticateData
    id: Reference | None = None
    timestamp: str | None = None
