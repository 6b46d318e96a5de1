"""Exponential backoff with jitter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DOUBLINGS_MAX: Final = 30  # bounds the exponent, so that a float cannot overflow; `max_s` applies long before
JITTER_SHARE: Final = 0.25  # fraction of a wait


def no_jitter() -> float:
    """Return no jitter, for a single caller."""
    return 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """How long to wait before the next attempt: `first_s`, doubled after each failure up to `max_s`.

    `jitter` returns a number in [0, 1), so that callers that failed together do not retry together.

    >>> [Backoff(first_s=0.5, max_s=3.0).wait_s(failures) for failures in (1, 2, 3, 4)]
    [0.5, 1.0, 2.0, 3.0]
    """

    first_s: float
    max_s: float
    jitter: Callable[[], float] = no_jitter

    def wait_s(self, failures: int, *, retry_after_s: float | None = None) -> float:
        """Return the wait after `failures` in a row, up to a quarter shorter by jitter.

        A service's own `retry_after_s` takes precedence, up to a quarter longer.
        """
        share = JITTER_SHARE * self.jitter()
        if retry_after_s is not None:
            return retry_after_s * (1 + share)
        doublings = min(failures - 1, DOUBLINGS_MAX)
        return min(self.first_s * 2.0**doublings, self.max_s) * (1 - share)
