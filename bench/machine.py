"""How busy the machine is: a figure measured beside other work is marked."""

import os
from typing import Final

QUIET_LOAD: Final = 1.0  # processes that run or wait for a processor, mean of a minute; above it figures blur


def load_line(load: float | None = None) -> str:
    """Return the machine's load as a line to print, marked when it is too high to trust a figure.

    >>> load_line(0.25)
    '(load 0.25)'
    >>> load_line(4.0)
    '(load 4.00: BUSY, above 1; figures are not comparable)'
    """
    now = os.getloadavg()[0] if load is None else load
    mark = f": BUSY, above {QUIET_LOAD:g}; figures are not comparable" if now > QUIET_LOAD else ""
    return f"(load {now:.2f}{mark})"
