"""Azure API Management's logs of language models, `ApiManagementGatewayLlmLog`.

A call has a row for each part of its messages, and each says its tokens again: rows of one correlation id are
one call. Latency and status stand in `ApiManagementGatewayLogs`, joined where the files hold both.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from netra.adapters.files.formats.fields import at_of, label_in, model_of, ms_of, whole_object
from netra.adapters.files.formats.model import Format, Placed, Row, skipped_note
from netra.domain.telemetry.values import count_of, label_of, truth_of
from netra.domain.workloads.model import Event

NOTE: Final = "Azure's gateway logs hold no cached and no reasoning tokens: input is priced as not cached."
_KINDS: Final = ("ApiManagementGatewayLlmLog", "GatewayLlmLogs")
_GATEWAY: Final = ("ApiManagementGatewayLogs", "GatewayLogs")


def is_row(row: Row) -> bool:
    """Return whether a row is one of either log."""
    kind = row.get("Type") or row.get("category") or row.get("Category")
    return kind in (*_KINDS, *_GATEWAY) or {"PromptTokens", "CompletionTokens", "CorrelationId"} <= row.keys()


class _Call(msgspec.Struct, kw_only=True):
    event: Event
    line: int


class GatewayCalls:
    """Reads both logs; a call is complete when every file was read."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._outcomes: dict[str, tuple[float | None, str | None]] = {}
        self._without_usage = 0

    def begin(self, path: str) -> None:
        """Begin a file."""

    def read(self, row: Row, *, line: int) -> Iterable[Placed]:
        """Keep a row of a call, or of its outcome."""
        row = {**_plain(row), **_plain(whole_object(row.get("properties")))}
        key = label_in(row, "CorrelationId", "RequestId") or f"line {line}"
        if "PromptTokens" not in row and "CompletionTokens" not in row:
            status = label_in(row, "ResponseCode", "BackendResponseCode")
            self._outcomes[key] = (ms_of(row.get("TotalTime")), status)
            return ()
        event = _event(row)
        if not event.input_tokens and not event.output_tokens:
            self._without_usage += key not in self._calls
            return ()
        known = self._calls.get(key)
        if known is None or event.output_tokens > known.event.output_tokens:
            self._calls[key] = _Call(event=event, line=line)
        return ()

    def finish(self) -> Iterable[Placed]:
        """Return every call once, with its outcome where that is known."""
        for key, call in self._calls.items():
            latency_ms, status = self._outcomes.get(key, (None, None))
            yield Placed(call.line, msgspec.structs.replace(call.event, latency_ms=latency_ms, status=status))

    @property
    def notes(self) -> Sequence[str]:
        """Return what the log does not hold."""
        left_out = (
            (skipped_note(self._without_usage, "rows without token counts"),) if self._without_usage else ()
        )
        return (NOTE, *left_out)


def _plain(row: Row) -> dict[str, Any]:
    """Return a row under its plain names: the portal's export adds the time zone to some."""
    return {key.removesuffix(" [UTC]"): value for key, value in row.items()}


def _event(row: Row) -> Event:
    return Event(
        timestamp=at_of(row.get("TimeGenerated") or row.get("time"), "TimeGenerated"),
        id=label_in(row, "RequestId", "CorrelationId"),
        model=model_of(row.get("ModelName"), row.get("DeploymentName")),
        provider="azure",
        input_tokens=count_of(row.get("PromptTokens")) or 0,
        output_tokens=count_of(row.get("CompletionTokens")) or 0,
        streaming=truth_of(row.get("IsStreamCompletion")),
        feature=label_of(row.get("ApiId")) or label_of(row.get("OperationId")),
    )


AZURE_APIM: Final = Format(
    name="azure_apim", title="Azure API Management's model logs", is_row=is_row, reading=GatewayCalls
)
