"""`netra worker`: works on runs that services accept, until Ctrl-C or SIGTERM; it opens no port."""

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from netra.bootstrap import open_ports
from netra.entrypoints.commands.context import data_option, settings_with, slots_option
from netra.entrypoints.reports.safe import say_text

if TYPE_CHECKING:
    from netra.settings import Settings

DONE: Final = 0


@click.command()
@slots_option
@data_option
def worker(*, slots: int | None, data: Path | None) -> int:
    """Work on runs, next to any number of services and workers on the same store.

    Queued runs are announced by Redis if NETRA_REDIS_URL is set, otherwise polled every second. At Ctrl-C or
    SIGTERM it claims no more runs, gives those in progress a few seconds to finish, and requeues the rest.

    \b
    Exit codes:
      0  ended by Ctrl-C or SIGTERM
      1  could not start
      2  a setting is invalid
    """
    from netra.entrypoints.server.serving import new_loop
    from netra.settings import SettingsRefused

    settings = settings_with(slots=slots, data=data)
    if settings.slots == 0:
        raise SettingsRefused("A worker with 0 slots does nothing; set --slots or NETRA_SLOTS to at least 1.")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_worked(settings))


async def _worked(settings: "Settings") -> int:
    from netra.plugboard import contained

    stopping = asyncio.Event()
    with _signals_call(stopping.set):
        async with open_ports(settings) as ports:
            working = contained(ports, settings).run_worker().serve(stopping)
            say_text(greeting(settings.slots))
            await working
    return DONE


def greeting(slots: int) -> str:
    """Return the text shown once the worker runs."""
    who = f"as process {os.getpid()}   (Ctrl-C ends it)"
    return f"Netra {version('netra')} works on up to {slots} runs concurrently, {who}"


@contextmanager
def _signals_call(act: Callable[[], None]) -> Generator[None]:
    """Call `act` on this loop at Ctrl-C and SIGTERM, until the block ends."""
    loop = asyncio.get_running_loop()

    def ignore(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 # the signature of a handler
        loop.call_soon_threadsafe(act)

    before = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
