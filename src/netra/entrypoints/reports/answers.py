"""Sanitises the texts of an answer: models, labels and templates come from untrusted logs."""

from collections.abc import Sequence
from typing import TypeAlias, cast

import msgspec

from netra.domain.optimization.explain.explanation import Explanation
from netra.domain.optimization.result import Advice
from netra.domain.texts import plain, plain_lines, unsafe_character

Json: TypeAlias = dict[str, object]


def plain_advice(advice: Advice) -> Advice:
    """Return the advice with each text as one plain line, and its report as plain lines."""
    decoded: Json = msgspec.to_builtins(advice)
    report = plain_lines(advice.report)
    if not _has_unsafe({**decoded, "report": advice.report.replace("\n", "")}):
        return advice  # the usual case
    made = {name: _plain(value) for name, value in decoded.items()}
    return msgspec.convert({**made, "report": report}, Advice)


def plain_explanation(explanation: Explanation) -> Explanation:
    """Return the explanation with each text as one plain line."""
    decoded: Json = msgspec.to_builtins(explanation)
    return msgspec.convert(_plain(decoded), Explanation) if _has_unsafe(decoded) else explanation


def _has_unsafe(value: object) -> bool:
    if isinstance(value, str):
        return unsafe_character(value) is not None
    if isinstance(value, dict):
        found = cast("Json", value)
        return any(_has_unsafe(part) for pair in found.items() for part in pair)
    return isinstance(value, list | tuple) and any(map(_has_unsafe, cast("Sequence[object]", value)))


def _plain(value: object) -> object:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(name): _plain(part) for name, part in cast("Json", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in cast("Sequence[object]", value)]
    return value
