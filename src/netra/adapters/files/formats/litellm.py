"""LiteLLM: rows of the table `LiteLLM_SpendLogs`, and `StandardLoggingPayload` as its callbacks write it.

Both are read as the callback's route reads them; here, times may also be written as a table writes them.
A hit in LiteLLM's own cache is no provider's call.
"""

from collections.abc import Mapping
from typing import Final

from netra.adapters.files.formats.fields import at_of, maybe_at, nested
from netra.adapters.files.formats.model import BadRow, Format, Row, Skip, each_row
from netra.domain.telemetry.litellm import NotACall, Reason, event_of_row
from netra.domain.workloads.model import Event

SKIPPED: Final[Mapping[Reason, Skip]] = {
    Reason.CACHED: Skip("answers from LiteLLM's own cache"),
    Reason.SILENT: Skip("calls without token counts"),
}
_LATER: Final = ("endTime", "completionStartTime")


def is_row(row: Row) -> bool:
    """Return whether a row is one of LiteLLM's."""
    is_payload = "response_cost" in row and "call_type" in row
    return "litellm_call_id" in row or ("request_id" in row and "spend" in row) or is_payload


def event_of(row: Row) -> Event | Skip:
    """Return the call of a row. Raises `BadRow`."""
    later = {name: at.isoformat() for name in _LATER if (at := maybe_at(row.get(name))) is not None}
    times = {"startTime": at_of(row.get("startTime"), "startTime").isoformat(), **later}
    try:
        return event_of_row({**row, **times, "metadata": nested(row, "metadata")})
    except NotACall as error:
        if error.reason in SKIPPED:
            return SKIPPED[error.reason]
        raise BadRow(str(error)) from error


LITELLM: Final = Format(name="litellm", title="LiteLLM spend logs", is_row=is_row, reading=each_row(event_of))
