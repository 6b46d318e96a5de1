"""Incidents as structured log lines."""

import structlog


class LoggedIncidents:
    """Writes each incident to the log, with its trace."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("netra.incidents")

    def report(self, error: BaseException, *, where: str, **names: str) -> None:
        """Log the error at level `error`."""
        self._log.error("incident", where=where, exc_info=error, **names)
