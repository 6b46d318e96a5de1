"""Recorders: send calls in the background, never block or fail the program that makes them."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any, Self

from netra_sdk import _calls, errors
from netra_sdk._async_transport import AsyncTransport
from netra_sdk._batching import (
    ATTEMPT_S,
    BATCH,
    BYTES_MAX,
    DROP_NOTICE_S,
    INTERVAL_S,
    QUEUE_MAX,
    Buffer,
    Flushed,
    OnDrop,
    OnRejected,
    line_of,
)
from netra_sdk._policy import Options
from netra_sdk._transport import Transport
from netra_sdk._wire import LOG
from netra_sdk.types import EventsTaken, RowOutcome, WorkloadEvent

_ONCE = Options(timeout=ATTEMPT_S, max_retries=0)
EXIT_S = 2.0  # how long the end of the process may wait for the last calls


class _Notices:
    """Tells the program of drops and rejected rows, seldom enough not to flood it."""

    def __init__(self, on_drop: OnDrop | None, on_rejected: OnRejected | None) -> None:
        self._on_drop = on_drop
        self._on_rejected = on_rejected
        self._dropped = 0
        self._drop_at = 0.0
        self._logged: dict[str, float] = {}

    def dropped(self, count: int, reason: str) -> None:
        self._dropped += count
        now = time.monotonic()
        if now - self._drop_at < DROP_NOTICE_S:
            return
        self._drop_at, count, self._dropped = now, self._dropped, 0
        LOG.warning("%d calls dropped: %s", count, reason)
        if self._on_drop is not None:
            with contextlib.suppress(Exception):
                self._on_drop(count, reason)

    def rejected(self, rows: list[RowOutcome]) -> None:
        now = time.monotonic()
        for row in rows:
            code = row.code or "rejected"
            if now - self._logged.get(code, -60.0) >= 60.0:
                self._logged[code] = now
                LOG.warning("a recorded call was rejected: %s (%s)", row.message, code)
        if rows and self._on_rejected is not None:
            with contextlib.suppress(Exception):
                self._on_rejected(rows)


class Recorder:
    """Sends calls from a background thread; `record` never blocks and never raises for the network.

    With RQ or anything else that ends a process by `os._exit`, call `flush` before the job ends.
    """

    def __init__(
        self,
        transport: Transport,
        workload_id: str,
        *,
        max_queue: int = QUEUE_MAX,
        max_bytes: int = BYTES_MAX,
        batch: int = BATCH,
        interval: float = INTERVAL_S,
        on_drop: OnDrop | None = None,
        on_rejected: OnRejected | None = None,
    ) -> None:
        self._transport = transport
        self._workload_id = workload_id
        self._limits = {"max_queue": max_queue, "max_bytes": max_bytes, "batch": batch, "interval": interval}
        self._notices = _Notices(on_drop, on_rejected)
        self._reset()
        alive: weakref.ref[Recorder] = weakref.ref(self)
        atexit.register(_close, alive)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _rearm(alive))

    def _reset(self) -> None:
        self._buffer = Buffer(**self._limits)  # type: ignore[arg-type]
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_urgent = False

    def rearm(self) -> None:
        """Give the child of a fork its own queue, thread and connections."""
        parent = self._transport
        self._transport = Transport(
            parent.base_url, parent.credentials, options=parent.options, idle_timeout=parent.idle_timeout
        )
        self._reset()

    def record(self, call: WorkloadEvent | Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Take a call: a `Call`, a mapping, or its columns as keywords."""
        line = line_of(call, columns)
        with self._changed:
            reason = self._buffer.add(line)
            if self._thread is None and reason is None:
                self._thread = threading.Thread(target=self._run, name="netra-recorder", daemon=True)
                self._thread.start()
            if self._buffer.is_full_batch:
                self._changed.notify_all()
        if reason is not None:
            self._notices.dropped(1, reason)

    def flush(self, timeout: float = 10.0) -> Flushed:
        """Send what waits; return by `timeout` seconds with what became of it."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._is_urgent = True
            self._changed.notify_all()
            while self._buffer.pending and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            self._is_urgent = False
            return self._buffer.flushed()

    def close(self, timeout: float = 5.0) -> Flushed:
        """Flush, then refuse further calls."""
        flushed = self.flush(timeout)
        with self._changed:
            self._buffer.is_closed = True
            self._changed.notify_all()
        if self._thread is not None and not flushed.pending:
            self._thread.join(timeout=1.0)
        return flushed

    def stats(self) -> Flushed:
        """Return the counts so far."""
        with self._changed:
            return self._buffer.flushed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        pause = 0.0
        while True:
            with self._changed:
                if self._buffer.is_closed:
                    return
                self._changed.wait_for(self._is_due if not pause else _never, pause or self._buffer.interval)
                batch = None if self._buffer.is_closed else self._buffer.take()
            if batch is None:
                continue
            try:
                outcome = self._transport.call(
                    _calls.add_events(self._workload_id, batch.body, key=batch.key), _ONCE
                ).value
            except errors.NetraError as error:
                pause = self._failed(error, len(batch.lines))
            else:
                pause = 0.0
                self._taken(outcome)

    def _is_due(self) -> bool:
        return (
            self._buffer.is_closed
            or self._buffer.is_full_batch
            or (self._is_urgent and self._buffer.pending > 0)
        )

    def _taken(self, outcome: EventsTaken) -> None:
        with self._changed:
            rejected = self._buffer.taken(outcome)
            self._changed.notify_all()
        self._notices.rejected(rejected)

    def _failed(self, error: errors.NetraError, count: int) -> float:
        with self._changed:
            pause = self._buffer.failed(error)
            self._changed.notify_all()
        if pause is None:
            self._notices.dropped(count, str(error))
            return 0.0
        LOG.warning("recorded calls were not sent: %s; again in %.1f s", error, pause)
        return pause


def _never() -> bool:
    return False


def _close(alive: weakref.ref[Recorder]) -> None:
    recorder = alive()
    if recorder is not None:
        recorder.close(EXIT_S)


def _rearm(alive: weakref.ref[Recorder]) -> None:
    recorder = alive()
    if recorder is not None:
        recorder.rearm()


class AsyncRecorder:
    """Sends calls from a task of the running event loop; use it with `async with`."""

    def __init__(
        self,
        transport: AsyncTransport,
        workload_id: str,
        *,
        max_queue: int = QUEUE_MAX,
        max_bytes: int = BYTES_MAX,
        batch: int = BATCH,
        interval: float = INTERVAL_S,
        on_drop: OnDrop | None = None,
        on_rejected: OnRejected | None = None,
    ) -> None:
        self._transport = transport
        self._workload_id = workload_id
        self._buffer = Buffer(max_queue=max_queue, max_bytes=max_bytes, batch=batch, interval=interval)
        self._notices = _Notices(on_drop, on_rejected)
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._is_urgent = False

    def record(self, call: WorkloadEvent | Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Take a call: a `Call`, a mapping, or its columns as keywords."""
        reason = self._buffer.add(line_of(call, columns))
        if reason is not None:
            self._notices.dropped(1, reason)
            return
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="netra-recorder")
        if self._buffer.is_full_batch:
            self._wake.set()

    async def flush(self, timeout: float = 10.0) -> Flushed:
        """Send what waits; return by `timeout` seconds with what became of it."""
        self._is_urgent = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._buffer.pending:
                    self._settled.clear()
                    await self._settled.wait()
        self._is_urgent = False
        return self._buffer.flushed()

    async def close(self, timeout: float = 5.0) -> Flushed:
        """Flush, then refuse further calls."""
        flushed = await self.flush(timeout)
        self._buffer.is_closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        return flushed

    def stats(self) -> Flushed:
        """Return the counts so far."""
        return self._buffer.flushed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _run(self) -> None:
        while True:
            await self._wait(self._buffer.interval)
            while (batch := self._buffer.take()) is not None:
                try:
                    call = _calls.add_events(self._workload_id, batch.body, key=batch.key)
                    outcome = (await self._transport.call(call, _ONCE)).value
                except errors.NetraError as error:
                    pause = self._buffer.failed(error)
                    if pause is None:
                        self._notices.dropped(len(batch.lines), str(error))
                    self._settled.set()
                    await asyncio.sleep(pause or 0.0)
                else:
                    self._notices.rejected(self._buffer.taken(outcome))
                    self._settled.set()
                if not (self._is_urgent or self._buffer.is_full_batch or self._buffer.flight):
                    break

    async def _wait(self, seconds: float) -> None:
        if self._buffer.is_full_batch or (self._is_urgent and self._buffer.pending):
            return
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
