"""Incidents as structured log lines."""

import sys
from typing import TextIO

import structlog


class LoggedIncidents:
    """Writes each incident as one line of JSON: its trace, never the values of its variables.

    The chain is set here and not globally: in an embedding program the global one is not ours.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(stream or sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Log the error at level `error`."""
        self._log.error("incident", where=where, exc_info=error, **names)
