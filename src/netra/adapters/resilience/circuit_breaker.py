"""A circuit breaker: stops calling a failing service, then lets single trial calls through."""

import math
from collections.abc import Generator
from contextlib import contextmanager

from netra.ports.clock import Clock


class CircuitOpen(Exception):
    """The call was rejected without contacting the service."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"the circuit is open for another {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


class CircuitBreaker:
    """Opens after `failures_max` consecutive failures and rejects every call for `rest_s`.

    After the rest it is half-open: one call at a time passes as a trial. A success closes the circuit, a
    failure starts the next rest. The caller reports the outcome by `succeed` and `fail`.
    """

    def __init__(self, *, clock: Clock, rest_s: float, failures_max: int = 1) -> None:
        self._clock = clock
        self._rest_s = rest_s
        self._failures_max = failures_max
        self._failures = 0  # consecutive
        self._rests_until_s = -math.inf  # on the monotonic clock
        self._has_trial = False

    @property
    def is_open(self) -> bool:
        """Whether the service has failed too often and has not answered since."""
        return self._failures >= self._failures_max

    @property
    def is_refusing(self) -> bool:
        """Whether a call would be rejected now."""
        return self.is_open and (self._has_trial or self._clock.monotonic_s() < self._rests_until_s)

    def check(self) -> None:
        """Raise `CircuitOpen` when a call would be rejected now."""
        if self.is_refusing:
            raise CircuitOpen(max(self._rests_until_s - self._clock.monotonic_s(), 0.0))

    @contextmanager
    def call(self) -> Generator[None]:
        """Admit one call. Raises `CircuitOpen`.

        A call that ends with neither `succeed` nor `fail` changes nothing; the next one may be the trial.
        """
        self.check()
        is_trial = self.is_open
        self._has_trial = is_trial
        try:
            yield
        finally:
            if is_trial:
                self._has_trial = False

    def succeed(self) -> None:
        """Close the circuit: the service answers."""
        self._failures = 0

    def fail(self) -> None:
        """Count a failure, and open the circuit when there are too many."""
        self._failures += 1
        if self.is_open:
            self._rests_until_s = self._clock.monotonic_s() + self._rest_s
