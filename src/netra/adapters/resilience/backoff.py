"""Exponential backoff with jitter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DOUBLINGS_MAX: Final = 30  # beyond them a float could overflow; `max_s` rules long before
JITTER_SHARE: Final = 0.25  # of a wait


def no_jitter() -> float:
    """Return no jitter: for a caller that is alone."""
    return 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """How long to wait before the next try: `first_s`, doubled after each failure up to `max_s`.

    `jitter` returns a number in [0, 1): callers that failed together do not come back together.

    >>> [Backoff(first_s=0.5, max_s=3.0).wait_s(failures) for failures in (1, 2, 3, 4)]
    [0.5, 1.0, 2.0, 3.0]
    """

    first_s: float
    max_s: float
    jitter: Callable[[], float] = no_jitter

    def wait_s(self, failures: int, *, retry_after_s: float | None = None) -> float:
        """Return the wait after `failures` in a row, up to a quarter shorter by jitter.

        A service that names its own `retry_after_s` gets that, up to a quarter longer.
        """
        share = JITTER_SHARE * self.jitter()
        if retry_after_s is not None:
            return retry_after_s * (1 + share)
        doublings = min(failures - 1, DOUBLINGS_MAX)
        return min(self.first_s * 2.0**doublings, self.max_s) * (1 - share)
