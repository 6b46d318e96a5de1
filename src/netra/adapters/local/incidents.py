"""Logs incidents as JSON lines."""

import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TextIO

import msgspec

from netra.domain.errors import OAuthFailed, Unavailable
from netra.domain.texts import escaped_json

CAUSE_MAX: Final = 300  # characters of a cause, which may quote the peer
# seconds between two log lines for one outage: an outage affects every request, and must not fill the disk
OUTAGE_EVERY_S: Final = 10.0


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object; tracebacks contain lines of code, never values of variables."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "names", {}),
        }
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["exception"] = "".join(traceback.format_exception(record.exc_info[1]))
        return escaped_json(msgspec.json.encode(line).decode())


class LoggedIncidents:
    """Logs each incident to `netra.incidents`.

    Lines go to `stream`, by default standard error, through a handler of this logger only: the root logger
    belongs to the embedding program. An outage in one place is logged at most every `OUTAGE_EVERY_S`;
    `untold` counts the reports suppressed before a line. A failure of an identity provider is logged with its
    cause and without a traceback: nothing is broken here.
    """

    def __init__(
        self, stream: TextIO | None = None, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic_s = monotonic_s
        self._logged_at_s: dict[tuple[str, type], float] = {}  # by place and cause: a handful
        self._suppressed = 0
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(JsonLines())
        self._log = logging.getLogger("netra.incidents")
        self._log.handlers = [handler]
        self._log.propagate = False

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Log the error at level `error`."""
        is_outage = isinstance(error, OAuthFailed | Unavailable)
        if is_outage and self._is_told((where, type(error.__cause__))):
            self._suppressed += 1
            return
        facts = {"untold": str(self._suppressed)} if self._suppressed else {}
        self._suppressed = 0
        is_provider = isinstance(error, OAuthFailed)
        if is_provider:
            facts |= {"error": str(error), "cause": _cause_of(error)}
        shown = None if is_provider else error
        self._log.error("incident", exc_info=shown, extra={"names": {"where": where, **names, **facts}})

    def _is_told(self, outage: tuple[str, type]) -> bool:
        now_s = self._monotonic_s()
        told_at_s = self._logged_at_s.get(outage)
        if told_at_s is not None and now_s - told_at_s < OUTAGE_EVERY_S:
            return True
        self._logged_at_s[outage] = now_s
        return False


def _cause_of(error: BaseException) -> str:
    cause = error.__cause__
    return "" if cause is None else f"{type(cause).__name__}: {cause}"[:CAUSE_MAX]
