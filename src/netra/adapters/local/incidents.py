"""Incidents as log lines of JSON."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

import msgspec


class JsonLines(logging.Formatter):
    """One JSON object a record; a trace shows the lines of code and never the values of variables."""

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
        return msgspec.json.encode(line).decode()


class LoggedIncidents:
    """Writes each incident to the log `netra.incidents`.

    Lines go to `stream`, by default standard error, through a handler of this log alone: the root
    log of an embedding program is not ours to set up.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        handler = logging.StreamHandler(stream or sys.stderr)
        handler.setFormatter(JsonLines())
        self._log = logging.getLogger("netra.incidents")
        self._log.handlers = [handler]
        self._log.propagate = False

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Log the error at level `error`."""
        self._log.error("incident", exc_info=error, extra={"names": {"where": where, **names}})
