"""Converts instants to and from the database: whole microseconds since 1970, in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Return the instant as stored."""
    return (at - _EPOCH) // _MICROSECOND


def micros_or_none(at: datetime | None) -> int | None:
    """Return the instant as stored; None stays None."""
    return None if at is None else micros(at)


def instant(stored: int) -> datetime:
    """Return the stored instant."""
    return _EPOCH + timedelta(microseconds=stored)


def instant_or_none(stored: int | None) -> datetime | None:
    """Return the stored instant; None stays None."""
    return None if stored is None else instant(stored)
