"""OTLP/JSON files, as the collector's `file` exporter writes them: an export request of spans or logs a line.

What a record is, and which records are one call, is the domain's; the decoder is given. Prompts are not read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from netra.adapters.files.formats.model import Format, Placed, Row, skipped_note
from netra.domain.errors import UnreadableFile
from netra.domain.telemetry.calls import read_groups
from netra.domain.telemetry.mapping import ancestor_of, teller_of
from netra.domain.telemetry.merging import groups_of
from netra.domain.telemetry.recognition import Kind, kind_of
from netra.domain.telemetry.records import Record
from netra.domain.telemetry.tellers import Ancestor, Teller

RecordsOf = Callable[[bytes], Iterable[Record]]

TELLERS_MAX: Final = (
    2_000_000  # records of calls in one read; they are held until the last file, some 500 bytes each
)


def is_row(row: Row) -> bool:
    """Return whether a row is an export request of spans or logs."""
    return "resourceSpans" in row or "resourceLogs" in row


class TelemetryCalls:
    """Reads export requests; which records are one call is known when every file was read."""

    def __init__(self) -> None:
        self._tellers: list[Teller] = []
        self._lines: dict[str, int] = {}
        self._ancestors: list[Ancestor] = []
        self._notes: tuple[str, ...] = ()

    def begin(self, path: str) -> None:
        """Begin a file."""

    def read(self, row: Sequence[Record], *, line: int) -> Iterable[Placed]:
        """Keep the records of a request. Raises `UnreadableFile` beyond `TELLERS_MAX`."""
        for record in row:
            kind = kind_of(record)
            if kind is Kind.CONTEXT:
                self._ancestors.append(ancestor_of(record))
            elif kind is not Kind.IGNORED:
                teller = teller_of(record, is_likely=kind is Kind.LIKELY_CALL)
                self._tellers.append(teller)
                self._lines.setdefault(teller.key, line)
        if len(self._tellers) > TELLERS_MAX:
            raise UnreadableFile(
                f"The files hold more than {TELLERS_MAX:,} records of calls; read fewer, or send them to the "
                "service."
            )
        return ()

    def finish(self) -> Iterable[Placed]:
        """Return every call once."""
        reading = read_groups(groups_of(self._tellers, self._ancestors), self._ancestors)
        corrected = Counter(note.value for call in reading.calls for note in call.notes)
        self._notes = tuple(
            f"{count:,} calls: {what.replace('_', ' ')}." for what, count in corrected.items()
        )
        if reading.without_usage:
            self._notes += (skipped_note(len(reading.without_usage), "calls without token counts"),)
        return [Placed(self._lines[call.first.key], call.event) for call in reading.calls]

    @property
    def notes(self) -> Sequence[str]:
        """Return what was corrected in the counts, and what was left out."""
        return self._notes


def otlp_format(records_of: RecordsOf) -> Format:
    """Return the format of OTLP/JSON, decoded by `records_of`."""
    return Format(
        name="otlp",
        title="OpenTelemetry (OTLP/JSON)",
        is_row=is_row,
        reading=TelemetryCalls,
        decode=lambda raw: list(records_of(raw)),
    )
