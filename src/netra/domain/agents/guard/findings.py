"""List what a text says that a result does not bear out, each with what holds: `netra check`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from netra.domain.agents.guard.echoes import QuestionEcho, without_echo
from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.guard import refusals
from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.guard.truths import truth_of

_NO_ECHO: Final = QuestionEcho()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a text that does not hold."""

    text: str  # as written
    what: Literal["number", "name", "date", "verdict"]
    sentence: str
    truth: str  # what the result holds instead; empty if it holds nothing like it


class CheckedText(msgspec.Struct, frozen=True, kw_only=True):
    """A text checked against a result."""

    holds: bool
    findings: tuple[Finding, ...]


class StoredResult(msgspec.Struct, frozen=True, kw_only=True):
    """A result as it was written, by this version of Netra or another; its report proves nothing."""

    recommendations: tuple[Mapping[str, Any], ...]  # Any: JSON, by the version that wrote it
    metrics: Mapping[str, Any]
    actions: tuple[Mapping[str, Any], ...] = ()
    supply_config: Mapping[str, Any] = {}


def check_text(text: str, result: StoredResult, *, echo: QuestionEcho = _NO_ECHO) -> CheckedText:
    """Check a text against a result; the `echo` of its question may stand in it."""
    return check_by(without_echo(text, echo), facts_of(result))


def check_by(text: str, facts: Facts) -> CheckedText:
    """Check a text against facts already read."""
    found: Sequence[Finding] = [
        Finding(text=one.text, what=one.what, sentence=one.sentence, truth=truth_of(one, facts))
        for one in refusals(text, facts)
    ]
    return CheckedText(holds=not found, findings=tuple(found))
