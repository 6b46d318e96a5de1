"""Reads a log for a command, in a thread and with a progress bar."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from netra.domain.optimization.model import Checkpoint
from netra.entrypoints.commands.reading_options import Logs
from netra.entrypoints.reports.console import error_console
from netra.entrypoints.reports.progress import part_of, progress_on
from netra.ports.log_files import ReadLog, RequestLogs

READING_SHARE: Final = 0.3  # fraction of the progress bar; about reading's share of the time for a large file


@asynccontextmanager
async def log_in(
    logs: Logs, log_files: RequestLogs, *, now: datetime
) -> AsyncGenerator[tuple[ReadLog, Checkpoint]]:
    """Yield the log in `logs`, and the checkpoint for the work that follows."""
    with progress_on(error_console()) as checkpoint:

        def reading(done: float) -> None:
            checkpoint(READING_SHARE * done, f"Reading {logs.title}")

        choices = logs.choices(now=now)
        log = await asyncio.to_thread(log_files.read, *logs.paths, choices=choices, progress=reading)
        yield log, part_of(checkpoint, begin=READING_SHARE, end=1)
