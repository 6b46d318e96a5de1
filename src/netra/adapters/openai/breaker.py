"""The circuit breaker of an endpoint: counts failures, and honours pauses that the provider asks for."""

import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from netra.adapters.resilience.circuit_breaker import CircuitBreaker, CircuitOpen
from netra.ports.clock import Clock
from netra.ports.language_model import (
    LanguageModelFailed,
    LanguageModelRateLimited,
    LanguageModelTimedOut,
    LanguageModelUnavailable,
)

# consecutive failures that open the circuit; fewer would trip in one bad minute of a busy provider
FAILURES: Final = 5
REST_S: Final = 10.0  # seconds between two trial requests while the circuit is open
# seconds; upper bound on a Retry-After, since the provider may recover sooner than it says
PAUSE_S_MAX: Final = 60.0


class Trial:
    """What one request reveals about the endpoint."""

    def __init__(self) -> None:
        self.is_alive = False  # part of the answer has arrived


class Breaker:
    """Counts consecutive failures of an endpoint to answer, whatever the content of its answers."""

    def __init__(self, *, clock: Clock, failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._circuit = CircuitBreaker(clock=clock, failures_max=failures, rest_s=rest_s)
        self._paused_until_s = -math.inf  # on the monotonic clock

    @property
    def is_open(self) -> bool:
        """Whether the endpoint has failed too often and has not answered since."""
        return self._circuit.is_open

    @contextmanager
    def trial(self) -> Generator[Trial]:
        """Admit one request."""
        wait_s = self._paused_until_s - self._clock.monotonic_s()
        if wait_s > 0:
            raise LanguageModelRateLimited(
                "The language model's provider has asked to wait; try again later.", retry_after_s=wait_s
            )
        trial = Trial()
        try:
            with self._circuit.call():
                yield trial
        except CircuitOpen as refused:
            raise LanguageModelUnavailable(
                "The language model has failed several times in a row; it is not asked again for a while.",
                retry_after_s=refused.retry_after_s,
            ) from None
        except LanguageModelFailed as failure:
            self._note(failure, trial)
            raise
        self._circuit.succeed()

    def _note(self, failure: LanguageModelFailed, trial: Trial) -> None:
        """Count an outage or a timeout without an answer as a failure, every other failure as an answer."""
        if failure.retry_after_s is not None:
            pause_s = min(failure.retry_after_s, PAUSE_S_MAX)
            self._paused_until_s = self._clock.monotonic_s() + pause_s
        is_silent = isinstance(failure, LanguageModelTimedOut) and not trial.is_alive
        if is_silent or isinstance(failure, LanguageModelUnavailable):
            self._circuit.fail()
        else:
            self._circuit.succeed()
