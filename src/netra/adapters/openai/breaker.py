"""When to leave an endpoint alone: where it asks for that, and after failures until one try succeeds."""

import math
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from netra.ports.clock import Clock
from netra.ports.language_model import (
    LanguageModelFailed,
    LanguageModelRateLimited,
    LanguageModelTimedOut,
    LanguageModelUnavailable,
)

FAILURES: Final = 5  # in a row; fewer would let one bad minute of a busy provider silence it
REST_S: Final = 10.0  # a run waits for no more than one try in so long
PAUSE_S_MAX: Final = 60.0  # whoever asks for more gets one question in a minute: it may be ready sooner


class Trial:
    """One question's word on the endpoint."""

    def __init__(self) -> None:
        self.is_alive = False  # some of the answer has come


class Breaker:
    """Counts failures in a row; the endpoint's own silence counts, not what it says."""

    def __init__(self, *, clock: Clock, failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._failures_max = failures
        self._rest_s = rest_s
        self._failures = 0
        self._rests_until_s = -math.inf  # of the steady clock
        self._pauses_until_s = -math.inf
        self._is_tried = False

    @property
    def is_open(self) -> bool:
        """Whether the endpoint has failed too often and has not answered since."""
        return self._failures >= self._failures_max

    @contextmanager
    def trial(self) -> Generator[Trial]:
        """Let one question through.

        Raises `LanguageModelRateLimited` for as long as the endpoint asked everyone to wait, and
        `LanguageModelUnavailable` while it rests. Of all that ask once the rest is over, one goes
        through and its word decides for the others. A question that is given up says nothing.
        """
        is_probe = self._admitted()
        trial = Trial()
        try:
            yield trial
        except LanguageModelFailed as failure:
            self._note(failure, trial)
            raise
        else:
            self._failures = 0
        finally:
            if is_probe:
                self._is_tried = False

    def _admitted(self) -> bool:
        """Return whether this question tries an endpoint that has been resting."""
        now_s = self._clock.monotonic_s()
        if now_s < self._pauses_until_s:
            raise LanguageModelRateLimited(
                "The language model's provider has asked to wait.", retry_after_s=self._pauses_until_s - now_s
            )
        if not self.is_open:
            return False
        wait_s = self._rests_until_s - now_s
        if wait_s > 0 or self._is_tried:
            raise LanguageModelUnavailable(
                "The language model has failed several times in a row and is left alone for a while.",
                retry_after_s=max(wait_s, 0.0),
            )
        self._is_tried = True
        return True

    def _note(self, failure: LanguageModelFailed, trial: Trial) -> None:
        """Count silence and breakdowns; an answer that fails in any other way is one all the same."""
        if failure.retry_after_s is not None:
            pause_s = min(failure.retry_after_s, PAUSE_S_MAX)
            self._pauses_until_s = self._clock.monotonic_s() + pause_s
        is_late = isinstance(failure, LanguageModelTimedOut) and not trial.is_alive
        if not is_late and not isinstance(failure, LanguageModelUnavailable):
            self._failures = 0
            return
        self._failures += 1
        if self.is_open:
            self._rests_until_s = self._clock.monotonic_s() + self._rest_s
