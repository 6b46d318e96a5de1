"""Classifies the status of a call: answered, refused before any work, failed, or unknown.

A status is free text from the log: an HTTP code, a client's error or a model's finish reason. The `waste`
analyser prices the failures and advises on them.
"""

import enum
import re
from typing import Final

import numpy as np
import numpy.typing as npt

from netra.domain.workloads.columns import Events, Labels

_Bools = npt.NDArray[np.bool_]

ANSWERED: Final = frozenset(
    (
        *("ok", "okay", "success", "successful", "succeeded", "complete", "completed", "done", "finished"),
        *("stop", "stop_sequence", "end_turn", "pause_turn", "eos", "eos_token", "no_error"),
        *("length", "max_tokens", "max_output_tokens", "model_length", "incomplete"),
        *("tool_calls", "tool_call", "tool_use", "function_call"),
        # These answers are charged, and a retry would end the same way.
        *("content_filter", "content_filtered", "refusal", "safety", "recitation"),
    )
)
"""Statuses of an answered call: words of clients, and the finish reasons of OpenAI, Anthropic, Google,
Mistral and AWS Bedrock (their API references, November 2026)."""
_REFUSED_PARTS: Final = re.compile(
    "rate_?limit|throttl|too_many_requests|quota|resource_exhausted|reject|refused|denied|invalid"
    "|bad_request|unauthori[sz]ed|authentication|permission|forbidden|not_found|context_length"
)
_FAILED_PARTS: Final = re.compile(
    "error|fail|time_?out|timed_out|exception|abort|cancel|unavailable|overload|exceeded|crash|interrupt"
    "|disconnect|expired"
)
_HTTP_CODE: Final = re.compile(r"(?:http(?:/\d(?:\.\d)?)?|status|code|error)?[_:]*([2-5]\d\d)(?!\d)")
_BETWEEN_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s\-]+")
_TURNED_AWAY: Final = frozenset(("429", "rate_limited", "rate_limit", "ratelimited", "throttled"))
_TRIED: Final = frozenset((408, 499))  # timeout, client closed the request: the server did work


class CallOutcome(enum.Enum):
    """The outcome of a call."""

    ANSWERED = "answered"
    REFUSED = "refused"  # rejected before any work was done
    FAILED = "failed"
    UNKNOWN = "unknown"


def outcome_of(status: str) -> CallOutcome:
    """Return the outcome that a status label stands for.

    >>> [outcome_of(status).value for status in ("200 OK", "tool-calls", "429", "Timeout", "fine")]
    ['answered', 'answered', 'refused', 'failed', 'unknown']
    """
    word = _BETWEEN_WORDS.sub("_", status.strip()).lower()
    code = _HTTP_CODE.match(word)
    if code is not None:
        return _outcome_of_code(int(code.group(1)))
    if word in ANSWERED:
        return CallOutcome.ANSWERED
    if _REFUSED_PARTS.search(word):
        return CallOutcome.REFUSED
    return CallOutcome.FAILED if _FAILED_PARTS.search(word) else CallOutcome.UNKNOWN


def _outcome_of_code(code: int) -> CallOutcome:
    if 200 <= code < 400:
        return CallOutcome.ANSWERED
    return CallOutcome.REFUSED if 400 <= code < 500 and code not in _TRIED else CallOutcome.FAILED


def failed_calls(events: Events) -> _Bools:
    """Return which calls failed or were refused; a call without a status is assumed to have succeeded."""
    return _those(events.status, CallOutcome.FAILED, CallOutcome.REFUSED, of=len(events))


def answered_calls(events: Events) -> _Bools:
    """Return which calls have an answer, including those without a status."""
    return ~_those(
        events.status, CallOutcome.FAILED, CallOutcome.REFUSED, CallOutcome.UNKNOWN, of=len(events)
    )


def calls_of_unknown_outcome(events: Events) -> _Bools:
    """Return which calls have an unrecognised status."""
    return _those(events.status, CallOutcome.UNKNOWN, of=len(events))


def is_turned_away(events: Events) -> _Bools | None:
    """Return which calls a rate limit refused; None if the log has no status."""
    if events.status is None:
        return None
    refused = np.array([name.strip().lower() in _TURNED_AWAY for name in events.status.names] + [False])
    return np.asarray(refused[events.status.codes], np.bool_)


def unpaid_calls(events: Events) -> _Bools:
    """Return which failed calls were not charged.

    Decides by the logged cost; without one, a refused call without output is assumed not to be charged.
    """
    failed = failed_calls(events)
    idle = _those(events.status, CallOutcome.REFUSED, of=len(events)) & (events.output_tokens <= 0)
    if events.cost is None:
        return failed & idle
    return failed & np.where(np.isnan(events.cost), idle, events.cost <= 0)


def _those(status: Labels | None, *outcomes: CallOutcome, of: int) -> _Bools:
    if status is None:
        return np.zeros(of, np.bool_)
    verdicts = np.array([outcome_of(name) in outcomes for name in status.names] + [False])
    return verdicts[status.codes]
