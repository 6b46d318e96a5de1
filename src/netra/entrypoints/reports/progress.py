"""A progress bar for long work, on a terminal only, and its cancellation from the keyboard."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from netra.domain.errors import WorkStopped
from netra.domain.optimization.model import Checkpoint


@contextmanager
def progress_on(console: Console) -> Generator[Checkpoint]:
    """Yield a checkpoint that moves a bar on `console`; draw nothing unless it is a terminal.

    After the block exits, normally or not, the checkpoint raises `WorkStopped`, so that work still running
    in a thread ends at its next checkpoint.
    """
    is_over = False
    with _bar(console) as bar:
        task = bar.add_task("", total=1.0)

        def checkpoint(done: float, doing: str) -> None:
            if is_over:
                raise WorkStopped("The work was cancelled.")
            bar.update(task, completed=done, description=doing)

        try:
            yield checkpoint
        finally:
            is_over = True


def part_of(checkpoint: Checkpoint, *, begin: float, end: float) -> Checkpoint:
    """Return a checkpoint whose range 0..1 maps to `begin`..`end` of the whole."""

    def part(done: float, doing: str) -> None:
        checkpoint(begin + (end - begin) * done, doing)

    return part


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(style="cyan"),
        BarColumn(bar_width=28, complete_style="cyan", finished_style="cyan"),
        TaskProgressColumn(),
        TextColumn("{task.description}", style="dim", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
