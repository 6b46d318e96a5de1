"""Makes the texts of an answer plain: models, labels and templates come from logs of any origin."""

from collections.abc import Mapping
from typing import Any

import msgspec

from netra.domain.optimization.model import Advice
from netra.domain.texts import plain, plain_lines, unsafe_character


def plain_advice(advice: Advice) -> Advice:
    """Return the advice with each text as one plain line, and its report as plain lines."""
    said = msgspec.to_builtins(advice)
    if not _has_unsafe({**said, "report": said["report"].replace("\n", "")}):
        return advice  # the usual case
    made = {name: _plain(value) for name, value in said.items()}
    return msgspec.convert({**made, "report": plain_lines(said["report"])}, Advice)


def _has_unsafe(value: Any) -> bool:  # Any: JSON, as the metrics of an answer are
    if isinstance(value, str):
        return unsafe_character(value) is not None
    if isinstance(value, Mapping):
        return any(_has_unsafe(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(_has_unsafe(part) for part in value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {_plain(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
