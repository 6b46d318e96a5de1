"""The bar."""

from io import StringIO

import pytest
from rich.console import Console

from netra.domain.errors import WorkStopped
from netra.entrypoints.reports.progress import part_of, progress_on


def test_nothing_is_drawn_where_nobody_looks() -> None:
    file = StringIO()
    with progress_on(Console(file=file)) as checkpoint:
        checkpoint(0.5, "Reading")
    assert file.getvalue().strip() == ""


def test_a_terminal_sees_what_is_being_done() -> None:
    file = StringIO()
    with progress_on(Console(file=file, force_terminal=True, width=100)) as checkpoint:
        checkpoint(0.5, "Reading the log")
    assert "Reading the log" in file.getvalue()


def test_work_that_outlives_its_block_is_stopped() -> None:
    with progress_on(Console(file=StringIO())) as checkpoint:
        pass
    with pytest.raises(WorkStopped):
        checkpoint(0.6, "Still going")


def test_a_part_of_the_work_moves_its_part_of_the_bar() -> None:
    seen: list[float] = []
    part = part_of(lambda done, _: seen.append(done), begin=0.3, end=0.8)
    part(0, "")
    part(0.5, "")
    part(1, "")
    assert seen == pytest.approx([0.3, 0.55, 0.8])
