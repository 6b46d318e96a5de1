"""Parse an instant as ISO 8601 writes it."""

import re
from datetime import UTC, datetime


def iso_instant(text: str) -> datetime | None:
    """Parse an ISO 8601 date or instant, in UTC unless it has a zone; return None if it is invalid.

    >>> iso_instant("2026-11-20 14:00").isoformat()
    '2026-11-20T14:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(re.sub(r"\s?z$", "+00:00", text.strip(), flags=re.IGNORECASE))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # 2026-13-45, or a time zone that moves the date out of range
        return None
