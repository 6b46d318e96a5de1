"""Bound pages of lists, and encode positions as opaque cursors."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from netra.domain.errors import Fault, ValidationFailed
from netra.domain.texts import can_be_kept

LIMIT_MAX: Final = 100
LIMIT_DEFAULT: Final = 20
OFFSET_MAX: Final = 10_000  # deeper pages need a cursor, since OFFSET reads the rows it skips
CURSOR_MAX: Final = 512  # characters; issued cursors have about half of this at most
_CURSOR: Final = re.compile(f"[A-Za-z0-9_=-]{{1,{CURSOR_MAX}}}")  # decoding skips other characters

T = TypeVar("T")


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The last item of a page, in the order newest first, ties by id descending."""

    at: datetime
    id: str


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The requested part of a list: skip `offset` items, or all items up to and including `after`."""

    limit: int = LIMIT_DEFAULT
    offset: int = 0
    after: Position | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list, newest first, with its position in the whole."""

    items: Sequence[T]
    total: int
    limit: int
    offset: int
    next: Position | None = None

    @property
    def has_more(self) -> bool:
        """Return whether more items follow."""
        return self.next is not None


def page_request(*, limit: int, offset: int, cursor: str | None) -> PageRequest:
    """Return the request. Raises `ValidationFailed` for values out of bounds; never clamps them.

    >>> page_request(limit=5, offset=0, cursor=None).limit
    5
    """
    faults: list[Fault] = []
    if not 1 <= limit <= LIMIT_MAX:
        faults.append(Fault(path="limit", code="out_of_range", message=f"limit must be 1 to {LIMIT_MAX}"))
    if not 0 <= offset <= OFFSET_MAX:
        message = f"offset must be 0 to {OFFSET_MAX}; go deeper with cursor"
        faults.append(Fault(path="offset", code="out_of_range", message=message))
    after = None
    if cursor is not None:
        after = _position(cursor)
        if after is None:
            faults.append(Fault(path="cursor", code="malformed", message="cursor was not issued by this API"))
        if offset:
            faults.append(Fault(path="offset", code="conflict", message="give offset or cursor, not both"))
    if faults:
        raise ValidationFailed(faults[0].message, faults)
    return PageRequest(limit=limit, offset=offset, after=after)


def cursor_of(position: Position) -> str:
    """Return the opaque cursor of `position`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def _position(cursor: str) -> Position | None:
    if _CURSOR.fullmatch(cursor) is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = msgspec.json.decode(raw, type=Position)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    return position if position.at.tzinfo is not None and can_be_kept(position.id) else None
