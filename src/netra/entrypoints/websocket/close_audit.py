"""Logs a socket's end as a security event: rejected proofs and rate limits, with the request's id."""

from collections.abc import Mapping
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import Origin, SecurityEventKind
from netra.domain.users.model import Principal
from netra.entrypoints.rate_limiting import user_key

NOTED: Final[Mapping[int, SecurityEventKind]] = {
    1008: SecurityEventKind.ACCESS_REFUSED,  # origin not allowed, too many connections or frames
    4000: SecurityEventKind.ACCESS_REFUSED,
    4003: SecurityEventKind.LIMIT_REACHED,
}


async def note_end(
    journal: SecurityJournal, *, code: int | None, principal: Principal | None, origin: Origin
) -> None:
    """Record that a socket was closed with `code`, if the code is relevant to security.

    Events of the same caller are recorded at a limited rate.
    """
    kind = None if code is None else NOTED.get(code)
    if kind is None:
        return
    caller = f"address:{origin.address}" if principal is None else user_key(principal.user_id)
    user_id = None if principal is None else principal.user_id
    await journal.note_once(kind, origin=origin, key=f"websocket {caller}", user_id=user_id, path="/ws")
