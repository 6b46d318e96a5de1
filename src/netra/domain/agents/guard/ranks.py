"""Check ranks and comparisons: the most expensive feature, the largest saving, slower than another."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.known_verdicts import Change, Measure
from netra.domain.agents.guard.naming import Mention, NameKind
from netra.domain.agents.guard.verdict_words import (
    BUSIEST,
    FASTEST,
    HIGHEST,
    LOWEST,
    MORE_THAN,
    NO_EVALUATION,
    SLOWEST,
)

_MEASURED: Final = ("slower", "faster", "quicker", "save", "bring")  # comparisons that need both values
_OF_MONEY: Final = re.compile(r"expensive|cheap|cost|dear|pric[ei]", re.IGNORECASE)
_CLAUSE: Final = re.compile(
    r"[,;:()]\s|\s(?:but|although|though|while|whereas|even though|however|yet)\s", re.IGNORECASE
)
_ORDINAL: Final = re.compile(r"\b(?:second|third|fourth|fifth|two|three|four|five)[- ]$", re.IGNORECASE)
_ROWS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)


def false_ranks(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield superlatives of a row or a change that another one holds."""
    for pattern, is_highest in (
        (SLOWEST, True),
        (FASTEST, False),
        (BUSIEST, True),
        (HIGHEST, True),
        (LOWEST, False),
    ):
        match = pattern.search(judged.sentence)
        if match is None:
            continue
        subject = _subject(judged, match.start(), match.end())
        if subject is None or _ORDINAL.search(judged.sentence[: match.start()]):
            return
        text = judged.around(match.start(), match.end())
        if pattern in (HIGHEST, LOWEST) and (_is_change(subject) or "saving" in judged.sentence.lower()):
            yield from _false_saving(judged, subject, text, is_highest=is_highest)
            return
        measure = _measure(
            _clause(judged.sentence, match), latency=pattern in (SLOWEST, FASTEST), calls=pattern is BUSIEST
        )
        if judged.is_negated(match.start(), match.end()):
            yield from _denied_rank(judged, subject, measure, text, is_highest=is_highest)
        else:
            yield from _false_rank(judged, subject, measure, text, is_highest=is_highest)
        return


def false_comparisons(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "A is slower than B" and "A saves more than B" where it is the other way round."""
    match = MORE_THAN.search(judged.sentence)
    if match is None:
        return
    first = next((one for one in reversed(judged.mentions) if one.end <= match.start()), None)
    second = next((one for one in judged.mentions if one.start >= match.end()), None)
    if first is None or second is None:
        return
    word = match["word"].lower()
    is_more = word.startswith(
        ("slower", "dearer", "costlier", "pricier", "busier", "bigger", "larger", "more")
    )
    if match["verb"]:
        is_more = match["much"].lower() == "more"
    values = _values(judged, first, second, word)
    if values is None:
        if word.startswith(_MEASURED) and not judged.is_hedged:
            yield FalseVerdict(text=match[0], truth="The result does not compare them by that.")
        return
    is_more = is_more != judged.is_negated(match.start(), match.end())
    if (values[0] > values[1]) is not is_more:
        yield FalseVerdict(text=match[0], truth=f"{values[0]:,.6g} against {values[1]:,.6g}")


def _is_change(mention: Mention) -> bool:
    return all(name.kind is NameKind.CHANGE for name in mention.names)


def _values(judged: Judged, first: Mention, second: Mention, word: str) -> tuple[float, float] | None:
    """Return the values compared; None if the payload lacks one."""
    if word.startswith(("save", "bring")):
        one, other = _usd(judged, first), _usd(judged, second)
        return None if one is None or other is None else (one, other)
    is_latency = word.startswith(("slower", "faster", "quicker", "takes"))
    measure = _measure(judged.sentence, latency=is_latency, calls=word.startswith(("busier", "make")))
    for table in judged.known.ranked(measure):
        ones = [table[name.text] for name in first.names if name.text in table]
        others = [table[name.text] for name in second.names if name.text in table]
        if ones and others:
            return ones[0], others[0]
    return None


def _usd(judged: Judged, mention: Mention) -> float | None:
    found = [change.usd for change in judged.changes((mention,))]
    return max(found, default=None)


def _clause(sentence: str, match: re.Match[str]) -> str:
    """Return the words that say what the superlative measures: its own, else its clause's."""
    if _OF_MONEY.search(match[0]):
        return match[0]
    start = max((one.end() for one in _CLAUSE.finditer(sentence) if one.end() <= match.start()), default=0)
    end = next((one.start() for one in _CLAUSE.finditer(sentence) if one.start() >= match.end()), None)
    return sentence[start:end]


def _measure(sentence: str, *, latency: bool, calls: bool) -> Measure:
    lower = sentence.lower()
    if latency or "latency" in lower or "slow" in lower:
        return "latency"
    if calls or " calls" in lower or " requests" in lower or "traffic" in lower:
        return "calls"
    if "output token" in lower:
        return "output_tokens"
    return "input_tokens" if "token" in lower else "usd"


def _subject(judged: Judged, start: int, end: int) -> Mention | None:
    """Return the mention that the superlative is stated of: the first in the sentence that has a rank."""
    before = [one for one in judged.mentions if one.end <= start]
    after = [one for one in judged.mentions if one.start >= end]
    return before[-1] if before else after[0] if after else None


def _false_rank(
    judged: Judged, subject: Mention, measure: Measure, text: str, *, is_highest: bool
) -> Iterator[FalseVerdict]:
    names = {name.text for name in subject.names if name.kind in _ROWS}
    tables = [table for table in judged.known.ranked(measure) if not names.isdisjoint(table)]
    if names and not tables:
        yield FalseVerdict(text=text, truth="The result does not rank them by that.")
    tables = [table for table in tables if len(table) > 1]
    best = [_best(table, is_highest=is_highest) for table in tables]
    if best and not any(name in names for name in best):
        yield FalseVerdict(text=text, truth=f"That is {' or '.join(dict.fromkeys(best))}.")


def _denied_rank(
    judged: Judged, subject: Mention, measure: Measure, text: str, *, is_highest: bool
) -> Iterator[FalseVerdict]:
    """Yield "is not the slowest" of the one that is."""
    names = {name.text for name in subject.names if name.kind in _ROWS}
    tables = [table for table in judged.known.ranked(measure) if not names.isdisjoint(table)]
    if any(_best(table, is_highest=is_highest) in names for table in tables):
        yield FalseVerdict(text=text, truth="It is.")


def _best(table: Mapping[str, float], *, is_highest: bool) -> str:
    return max(table, key=lambda name: table[name] if is_highest else -table[name])


def _false_saving(judged: Judged, subject: Mention, text: str, *, is_highest: bool) -> Iterator[FalseVerdict]:
    mine = {change.id for change in judged.changes((subject,))}
    saving = [one for one in judged.known.recommendations if one.usd > 0]
    safe = [one for one in saving if one.stance == "do"]
    groups: Sequence[Sequence[Change]] = (safe,) if NO_EVALUATION.search(judged.sentence) else (safe, saving)
    best = [(max if is_highest else min)(group, key=lambda one: one.usd) for group in groups if group]
    if mine and best and not any(one.id in mine for one in best):
        yield FalseVerdict(text=text, truth=f"That is {best[0].id} ({best[0].kind}).")
