"""What both transports share: addresses, headers, and the log line of a request."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from netra_sdk._policy import Lost, Send
from netra_sdk._tokens import Credentials, Tokens
from netra_sdk.errors import ConfigurationError

LOG = logging.getLogger("netra_sdk")
VERSION = "2.0.0"
BASE_URL = "http://127.0.0.1:8000"
API_MAJOR = "2"
USER_AGENT = (
    f"netra-python/{VERSION} "
    f"({platform.python_implementation()}/{platform.python_version()}; {platform.system()})"
)


def base_url_of(given: str | None) -> str:
    """Return the service's address: as given, else `NETRA_BASE_URL`. Raises `ConfigurationError`."""
    found = (given or os.environ.get("NETRA_BASE_URL") or BASE_URL).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"base_url must be an address such as {BASE_URL}, not {found!r}")
    return found


def credentials_of(
    api_key: str | None, tokens: Tokens | None, on_tokens: Callable[[Tokens], None] | None
) -> Credentials:
    """Return the first credential there is. Raises `ConfigurationError` without one."""
    if api_key is None and tokens is None:
        api_key = os.environ.get("NETRA_API_KEY")
    if not api_key and tokens is None:
        raise ConfigurationError("give api_key or tokens, set NETRA_API_KEY, or use Netra.sign_in(...)")
    return Credentials(api_key=api_key or None, tokens=tokens, on_tokens=on_tokens)


def is_sent(error: Exception, unsent: tuple[type[Exception], ...]) -> Lost:
    """Return an attempt that brought no answer."""
    was_sent = not isinstance(error, unsent)
    words = str(error) or type(error).__name__
    return Lost(why=words, was_sent=was_sent)


class Journal:
    """Writes one line a request, without headers and bodies; warns once of another API version."""

    def __init__(self) -> None:
        self._has_warned = False

    def request(self, step: Send, *, status: int | str, seconds: float, headers: Mapping[str, str]) -> None:
        """Log an attempt."""
        LOG.debug(
            "%s %s -> %s in %d ms (attempt %d, request %s)",
            step.method,
            step.template,
            status,
            seconds * 1000,
            step.attempt + 1,
            headers.get("x-request-id") or step.headers.get("x-request-id"),
        )
        version = headers.get("x-api-version", API_MAJOR)
        if version.partition(".")[0] != API_MAJOR and not self._has_warned:
            self._has_warned = True
            LOG.warning("the service speaks API %s, this SDK speaks %s", version, API_MAJOR)

    def repeat(self, reason: str, seconds: float) -> None:
        """Log that an attempt is repeated."""
        LOG.warning("%s; again in %.1f s", reason, seconds)
