"""A bar for long work, on a terminal only, and the way to end that work from the keyboard."""

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
    """Yield a checkpoint that moves a bar on `console`; nothing is drawn where nobody looks.

    Once the block is left, however it is left, the checkpoint raises `WorkStopped`: work that
    still goes on in a thread then ends at its next one.
    """
    is_over = False
    with _bar(console) as bar:
        task = bar.add_task("", total=1.0)

        def checkpoint(done: float, doing: str) -> None:
            if is_over:
                raise WorkStopped("The caller no longer waits for this work.")
            bar.update(task, completed=done, description=doing)

        try:
            yield checkpoint
        finally:
            is_over = True


def part_of(checkpoint: Checkpoint, *, begin: float, end: float) -> Checkpoint:
    """Return a checkpoint whose 0..1 is `begin`..`end` of the whole."""

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
