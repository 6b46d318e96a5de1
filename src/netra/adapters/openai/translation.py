"""Translates the vendor's failures into the port's; no vendor text is passed on."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from netra.ports.language_model import (
    LanguageModelFailed,
    LanguageModelMalformed,
    LanguageModelMisconfigured,
    LanguageModelRateLimited,
    LanguageModelRefused,
    LanguageModelTimedOut,
    LanguageModelUnavailable,
)

RETRY_AFTER_S_MAX: Final = 3_600.0  # seconds; upper bound on the provider's Retry-After
REFUSALS: Final = frozenset(
    {"content_filter", "content_policy_violation", "invalid_prompt", "responsible_ai_policy_violation"}
)
LIMITS: Final = frozenset({"rate_limit_exceeded", "rate_limit_error", "rate_limit"})
TOO_LONG: Final = "context_length_exceeded"
NO_CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class OutOfCredit(LanguageModelRateLimited):
    """The account's credit is used up: unlike other limits, waiting does not help."""


def translated(error: APIError, *, now: datetime) -> LanguageModelFailed:
    """Return the port's failure for an exception of the vendor's library."""
    if isinstance(error, APITimeoutError):
        return LanguageModelTimedOut("The language model did not answer in time.")
    if isinstance(error, APIConnectionError):
        return LanguageModelUnavailable("The language model cannot be reached, or the connection broke off.")
    if isinstance(error, APIStatusError):
        return _of_status(error, now=now)
    return of_code(error.code, kind=error.type)


def of_code(code: object, *, kind: object = None) -> LanguageModelFailed:
    """Return the failure for an error code that a stream reports."""
    words = {word for word in (code, kind) if isinstance(word, str)}
    if words & NO_CREDIT:
        return OutOfCredit("The account at the language model's provider has no credit left.")
    if words & LIMITS:
        return LanguageModelRateLimited(
            "The rate limit of the language model's provider is reached; try again later."
        )
    if words & REFUSALS:
        return LanguageModelRefused("The language model's provider refused this prompt.")
    return LanguageModelUnavailable("The language model reported an error while answering.")


def _of_status(error: APIStatusError, *, now: datetime) -> LanguageModelFailed:
    status = error.status_code
    wait_s = retry_after_s(error.response.headers, now=now)
    if status == 429:
        if NO_CREDIT & {error.code, error.type}:
            return of_code("insufficient_quota")
        return LanguageModelRateLimited(
            "The rate limit of the language model's provider is reached; try again later.",
            retry_after_s=wait_s,
        )
    if status in {408, 409} or status >= 500:
        return LanguageModelUnavailable(
            f"The language model answered with HTTP status {status}.", retry_after_s=wait_s
        )
    if REFUSALS & {error.code, error.type}:
        return of_code("content_filter")
    if error.code == TOO_LONG:
        return LanguageModelMisconfigured("The prompt is longer than the language model accepts.")
    return LanguageModelMisconfigured(
        f"The language model answered with HTTP status {status}: the key, the model or the address is wrong."
    )


def nonsense() -> LanguageModelMalformed:
    """Return the failure of an endpoint that violates the wire format."""
    return LanguageModelMalformed("The endpoint's response is broken or not an answer of a language model.")


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the requested wait in seconds (RFC 9110, section 10.2.3), or None without one.

    >>> from datetime import UTC
    >>> now = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    >>> retry_after_s({"retry-after": "Sun, 01 Nov 2026 12:00:20 GMT"}, now=now)
    20.0
    """
    for name, seconds in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name)
        if text is not None and (wait := _number(text)) is not None:
            return _bounded(wait * seconds)
    try:
        at = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return _bounded((at - now).total_seconds())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _bounded(seconds: float) -> float | None:
    return None if math.isnan(seconds) else min(max(seconds, 0.0), RETRY_AFTER_S_MAX)
