"""Which emitters leave what out of their sums: a table by scope and version, to be kept up to date.

An emitter that is not listed sends inclusive sums, as the OpenTelemetry conventions say. Versions count to
the last release that was seen with the fault; arithmetic overrules the table for later ones (`usage`).
"""

import re
from typing import Final

import msgspec

from netra.domain.telemetry.usage import EXCLUSIVE, INCLUSIVE, Convention


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """The convention of the scopes that begin with `scope`, up to and including version `last`."""

    scope: str
    convention: Convention
    last: str | None = None


_LOSING: Final = Convention(is_input_exclusive=True, loses_cache=True)

DIALECTS: Final = (
    Dialect(scope="com.anthropic.claude_code", convention=EXCLUSIVE),
    Dialect(scope="openlit.instrumentation.anthropic", convention=EXCLUSIVE),
    Dialect(scope="openlit.instrumentation.bedrock", convention=_LOSING),
    Dialect(scope="opentelemetry.instrumentation.bedrock", convention=_LOSING, last="0.62.4"),
    Dialect(scope="opentelemetry.instrumentation.botocore", convention=_LOSING, last="0.66b2"),
    Dialect(scope="logfire.anthropic", convention=EXCLUSIVE, last="4.30"),  # pydantic/logfire#1812
    Dialect(scope="gemini-cli", convention=Convention(is_reasoning_beside=True)),
    Dialect(scope="gemini_cli", convention=Convention(is_reasoning_beside=True)),
)
"""Seen on the wire in November 2026, but Gemini CLI and Logfire, which were read in source."""

IGNORED_SCOPES: Final = frozenset(("codex_exec", "codex_cli_rs", "codex_tui", "codex_mcp_server"))
"""Scopes whose spans are never calls and come by the hundred a turn; their calls are log records."""

ESTIMATING: Final = ("openlit.",)
"""Scopes that estimate the tokens of a stream without usage and do not mark the estimate."""

MODEL_UNSURE_OF_STREAM: Final = ("openinference.instrumentation.langchain", "langsmith")
"""Scopes whose `stream: false` is a setting of the model and not of the call."""

_DIGITS: Final = re.compile(r"\d+")


def convention_of(scope: str, version: str) -> Convention:
    """Return what a scope's sums leave out."""
    for dialect in DIALECTS:
        if scope.startswith(dialect.scope) and _is_within(version, dialect.last):
            return dialect.convention
    return INCLUSIVE


def _is_within(version: str, last: str | None) -> bool:
    """Return whether a version is at most `last`, to as many numbers as `last` has; unknown ones are.

    >>> _is_within("0.62.4", "0.62.4"), _is_within("0.63.0", "0.62.4"), _is_within("4.30.2", "4.30")
    (True, False, True)
    """
    if last is None or not version:
        return True
    bound = [int(digits) for digits in _DIGITS.findall(last)]
    return [int(digits) for digits in _DIGITS.findall(version)][: len(bound)] <= bound
