"""Measure logs and bound their size, which determines the memory an analysis needs."""

import msgspec

from netra.domain.errors import ValidationFailed
from netra.domain.quotas import Quotas
from netra.domain.workloads.columns import Column, Events, Labels, Prefixes
from netra.domain.workloads.model import Workload


class LogSize(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a log: events, prefix hashes, and bytes as columns."""

    events: int = 0
    prefix_hashes: int = 0
    bytes: int = 0


class LogLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds on a log's size; None sets no bound."""

    events: int | None = None
    prefix_hashes: int | None = None
    bytes: int | None = None


def limits_of(quotas: Quotas) -> LogLimits:
    """Return the limits of one workload."""
    return LogLimits(
        events=quotas.max_events_per_workload,
        prefix_hashes=quotas.max_prefix_hashes_per_workload,
        bytes=quotas.max_bytes_per_workload,
    )


def size_of(events: Events) -> LogSize:
    """Return the size of `events`; each distinct name of a column counts once.

    >>> from netra.domain.workloads.columns import empty_events
    >>> size_of(empty_events())
    LogSize(events=0, prefix_hashes=0, bytes=0)
    """
    columns: list[Column] = [getattr(events, name) for name in events.__struct_fields__]
    return LogSize(
        events=len(events),
        prefix_hashes=0 if events.prefixes is None else len(events.prefixes.hashes),
        bytes=sum(_bytes_of(column) for column in columns) if len(events) else 0,
    )


def added(size: LogSize, more: LogSize) -> LogSize:
    """Return the sum of both sizes."""
    return LogSize(
        events=size.events + more.events,
        prefix_hashes=size.prefix_hashes + more.prefix_hashes,
        bytes=size.bytes + more.bytes,
    )


def removed_size(events: Events, left: Events) -> LogSize:
    """Return the decrease in size from `events` to its part `left`."""
    before, after = size_of(events), size_of(left)
    return LogSize(
        events=before.events - after.events,
        prefix_hashes=before.prefix_hashes - after.prefix_hashes,
        bytes=before.bytes - after.bytes,
    )


def check_room(size: LogSize, *, limits: LogLimits | None) -> None:
    """Raise `ValidationFailed` when a workload of this size would exceed the limits."""
    limits = limits or LogLimits()
    if limits.events is not None and size.events > limits.events:
        raise _full(f"a workload holds at most {limits.events} events: begin another workload")
    if limits.prefix_hashes is not None and size.prefix_hashes > limits.prefix_hashes:
        raise _full(
            f"a workload holds at most {limits.prefix_hashes} prefix hashes, with this batch it would hold "
            f"{size.prefix_hashes}: send larger blocks (prefix_block_tokens), or begin another workload"
        )
    if limits.bytes is not None and size.bytes > limits.bytes:
        raise _full(
            f"a workload holds at most {limits.bytes} bytes of events, with this batch it would hold "
            f"{size.bytes}: send shorter texts or fewer columns, or begin another workload"
        )


def check_hashes(hashes: int, *, most: int) -> None:
    """Raise `ValidationFailed` when a batch has more than `most` prefix hashes."""
    if hashes > most:
        raise ValidationFailed.of(
            "events",
            "too_many_prefix_hashes",
            f"at most {most} prefix hashes go in one batch: send fewer events at a time",
        )


def check_readable(workload: Workload, *, limits: LogLimits) -> None:
    """Raise `ValidationFailed` when a workload is too large for an analysis.

    This happens when the limits were lowered after its events had been accepted.
    """
    held = (
        ("events", workload.event_count, limits.events),
        ("prefix hashes", workload.prefix_hashes, limits.prefix_hashes),
        ("bytes of events", workload.bytes, limits.bytes),
    )
    for what, count, most in held:
        if most is not None and count > most:
            raise ValidationFailed.of(
                "workload_id",
                "workload_too_large",
                f"workload {workload.id!r} holds {count} {what}, and an analysis reads at most {most}: send "
                "the calls of a shorter time to another workload, or raise the limit of this deployment",
            )


def _full(message: str) -> ValidationFailed:
    return ValidationFailed.of("events", "workload_full", message)


def _bytes_of(column: Column) -> int:
    if column is None:
        return 0
    if isinstance(column, Labels):
        return column.codes.nbytes + sum(map(_text_bytes, column.names))
    if isinstance(column, Prefixes):
        return column.hashes.nbytes + column.offsets.nbytes + column.block_tokens.nbytes
    texts: list[str | None] = column.tolist() if column.dtype.kind == "O" else []
    return column.nbytes + sum(_text_bytes(text) for text in texts if text is not None)


def _text_bytes(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
