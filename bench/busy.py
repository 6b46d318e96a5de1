"""Keep processor cores busy for a bounded time, so that tests can be run on a loaded machine.

    python bench/busy.py --seconds 600 &
    python bench/busy.py -- tox -e tests

With a command it runs until the command ends, and exits with the command's code. It ends by itself
after `--seconds`, or when the process that started it ends, whichever comes first.
"""

import argparse
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

SLICE_S = 0.05  # of arithmetic between two looks at whether to stop
MOST_S = 6 * 3_600.0  # upper bound on --seconds: a forgotten one is gone by the next morning


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "-c", "--cores", type=int, default=os.cpu_count() or 1, help="number of busy processes (default: all)"
    )
    parser.add_argument(
        "-s", "--seconds", type=float, default=3_600.0, help="upper bound on the run time, s (default: 3600)"
    )
    parser.add_argument("command", nargs="*", help="command to run meanwhile, after --")
    read = parser.parse_args(arguments)
    if read.cores < 1:
        parser.error(f"--cores is {read.cores}; give 1 or more")
    if not 0 < read.seconds <= MOST_S:
        parser.error(f"--seconds is {read.seconds:g}; give more than 0 and at most {MOST_S:g}")
    return read


def burn(parent: int, until_s: float, results: Connection) -> None:
    """Compute until the deadline, a signal to stop, or the parent's end; report the processor time used."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set() and time.monotonic() < until_s and os.getppid() == parent:
        slice_until_s = time.monotonic() + SLICE_S
        while time.monotonic() < slice_until_s:
            sum(range(1_000))
    results.send(time.process_time())


def wait(command: Sequence[str], *, parent: int, until_s: float) -> int:
    """Wait for the command's end or the deadline; return an exit code."""
    child = subprocess.Popen(command) if command else None
    try:
        while time.monotonic() < until_s and os.getppid() == parent:
            if child is not None and child.poll() is not None:
                return child.returncode
            time.sleep(SLICE_S)
    finally:
        if child is not None and child.poll() is None:
            child.terminate()
            child.wait()
    return 0 if child is None else 124  # as timeout(1) does


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Keep the cores busy, and print what was used of them."""
    read = options()
    signal.signal(signal.SIGTERM, _interrupt)
    began_s, parent = time.monotonic(), os.getppid()
    until_s = began_s + read.seconds
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(read.cores)]
    burners = [
        multiprocessing.Process(target=burn, args=(os.getpid(), until_s, sender)) for _, sender in pipes
    ]
    for burner in burners:
        burner.start()
    print(f"busy: {read.cores} processes for at most {read.seconds:g} s", file=sys.stderr, flush=True)
    code = 0
    try:
        code = wait(read.command, parent=parent, until_s=until_s)
    except KeyboardInterrupt:
        code = 130
    finally:
        used_s = 0.0
        for burner, (receiver, _) in zip(burners, pipes, strict=True):
            burner.terminate()
            used_s += receiver.recv() if receiver.poll(10) else 0.0
            burner.join()
        took_s = time.monotonic() - began_s
        print(f"busy: used {used_s:.1f} s of processor time in {took_s:.1f} s", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
