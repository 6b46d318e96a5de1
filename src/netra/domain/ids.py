"""Define the ids of things: typed here, opaque to clients, sortable by time where a store creates them."""

import re
from typing import Final, NewType

from netra.domain.errors import ValidationFailed

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", str)
KeyId = NewType("KeyId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
RunId = NewType("RunId", str)
WorkloadId = NewType("WorkloadId", str)

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def well_formed(text: str, *, path: str) -> str:
    """Return `text` if it is a valid id. Raises `ValidationFailed` for the field `path`.

    >>> well_formed("thread-456", path="thread_id")
    'thread-456'
    """
    if _WELL_FORMED.fullmatch(text) is None:
        raise ValidationFailed.of(
            path, "malformed_id", f"{path} must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -"
        )
    return text
