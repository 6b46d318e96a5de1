"""`netra sample`: a synthetic request log to experiment with."""

from pathlib import Path
from typing import Final

import click

from netra.entrypoints.commands.context import written
from netra.entrypoints.reports.safe import say, say_bytes

REQUESTS: Final = 4_000
REQUESTS_MAX: Final = 1_000_000  # rows; about half a gigabyte


@click.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Output file; standard output by default."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Random seed; the same seed gives the same rows.",
)
@click.option(
    "--requests", type=click.IntRange(1, REQUESTS_MAX), default=REQUESTS, show_default=True, help="Rows."
)
def sample(*, out: Path | None, seed: int, requests: int) -> None:
    """Write a synthetic day of a small product's model calls, as JSON Lines.

    The distributions follow published statistics; every id begins with 'synthetic', and no row is real.

    \b
    netra sample --out day.jsonl && netra optimize day.jsonl
    """
    from netra.entrypoints.commands.sample_log import sample_log  # needs numpy, which the help does not

    log = sample_log(requests=requests, seed=seed)
    if out is None:
        say_bytes(log)
        return
    written(out, log)
    say(f"Wrote {requests:,} synthetic calls to {out}; analyse them with 'netra optimize {out}'.")
