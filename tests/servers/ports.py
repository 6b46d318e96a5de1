"""Ports that are this process's alone, so that a server that was killed finds its own again.

The kernel gives ports from 32,768 on to whoever asks for any, be it for the near end of a connection:
one that was found free there may be somebody else's by the time its server listens. So ports are taken
below, and each process that runs tests holds a slice of them until it ends.
"""

import errno
import itertools
import socket
from collections.abc import Iterator
from functools import cache

FIRST, BEYOND, SLICE = 20_000, 32_000, 200


def free_port() -> int:
    """Return a port that nobody listens on, and that no other process of tests will be given."""
    _, ports = _slice()
    return next(port for port in itertools.islice(ports, SLICE) if _is_free(port))


@cache
def _slice() -> tuple[socket.socket, Iterator[int]]:
    """Return what holds a slice, by a name that the kernel forgets when the process ends, and its ports."""
    for first in range(FIRST, BEYOND, SLICE):
        holder = socket.socket(socket.AF_UNIX)
        try:
            holder.bind(f"\0netra-tests-{first}")
        except OSError as error:
            holder.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return holder, itertools.cycle(range(first, first + SLICE))
    raise RuntimeError(f"all slices of ports from {FIRST} to {BEYOND} are held by processes that run tests")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
