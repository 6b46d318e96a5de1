"""Reads a log for a command, in a thread and with a progress bar."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from netra.domain.optimization.model import Checkpoint
from netra.entrypoints.commands.context import settings_with
from netra.entrypoints.commands.price_options import PUBLISHED, Prices
from netra.entrypoints.embedded import Netra
from netra.entrypoints.reports.console import error_console
from netra.entrypoints.reports.progress import part_of, progress_on
from netra.ports.log_files import ReadLog

READING_SHARE: Final = 0.3  # fraction of the progress bar; about reading's share of the time for a large file


@asynccontextmanager
async def log_in(
    file: Path, *, prices: Prices = PUBLISHED
) -> AsyncGenerator[tuple[Netra, ReadLog, Checkpoint]]:
    """Yield an in-memory Netra, the log in `file`, and the checkpoint for the work that follows."""
    with progress_on(error_console()) as checkpoint:

        def reading(done: float) -> None:
            checkpoint(READING_SHARE * done, f"Reading {file.name}")

        async with Netra.in_memory(settings_with(slots=0, **prices.settings)) as netra:
            log = await asyncio.to_thread(netra.read_file, file, progress=reading)
            yield netra, log, part_of(checkpoint, begin=READING_SHARE, end=1)
