"""Check shares without a number: "most calls are duplicates", "nearly all of the bill is code_review's"."""

import re
from collections.abc import Iterator
from typing import Final

from netra.domain.agents.guard.concepts import says
from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.known_verdicts import Measure
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.percentile_phrases import percentile_phrases
from netra.domain.agents.guard.verdict_words import LARGE, MOST, SMALL

_ROWS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_MAJORITY: Final = re.compile(r"most|majority|more than half|over half|bulk|lion", re.IGNORECASE)
_NEARLY: Final = re.compile(r"nearly all|almost all|virtually all", re.IGNORECASE)
_FEW: Final = re.compile(r"(?:only )?a handful|only a few|hardly any|almost no|very few|few", re.IGNORECASE)
_NONE: Final = re.compile(r"none|no", re.IGNORECASE)
_CAN_WAIT: Final = re.compile(r"\b(?:can|could|may) (?:all )?(?:wait|be batched|be delayed)\b", re.IGNORECASE)
_SAME: Final = re.compile(
    r"\b(?:all|every|each)\b.{0,40}\b(?:the same|one|a single) (?P<kind>feature|model|tool|template)\b",
    re.IGNORECASE,
)
_SMALL_MAX: Final = 0.12  # largest share of the bill that "hardly matters"
_LARGE_MIN: Final = 0.3  # least share of the bill that "dominates"
_NOT: Final = re.compile(r"\bnot (?:quite |nearly )?$", re.IGNORECASE)
_COUNTED: Final = ("call", "request", "answer", "prompt", "traffic")
_PAID: Final = ("bill", "cost", "spend", "money")


def false_shares(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield quantities in words that the payload contradicts, or that it cannot bear out."""
    if any(percentile_phrases(judged.sentence)):
        return
    for match in MOST.finditer(judged.sentence):
        if match["what"] is None or _NOT.search(judged.sentence[: match.start()]):
            continue
        word, what = match["word"].lower(), match["what"].lower()
        low, high = _interval(word)
        share = _share(judged, what)
        if share is None:
            if low == 0.5 and what.startswith((*_COUNTED, *_PAID, "token")):
                yield FalseVerdict(text=match[0].strip(), truth="The result has no such share.")
            continue
        is_not = re.search(r"\b(?:not|n't|never)\b", judged.sentence[match.end() :]) is not None
        held = 1 - share if is_not else share
        if not low <= held <= high:
            yield FalseVerdict(text=match[0].strip(), truth=f"The share is {share:.1%}.")


def false_smallness(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "hardly matters" of a row with a good part of the bill, and "dominates the bill" of a small "
    "one."""
    for pattern, holds in ((SMALL, _is_small), (LARGE, _is_large)):
        match = pattern.search(judged.sentence)
        if match is None or judged.is_hedged:
            continue
        names = {
            name.text
            for mention in judged.mentions
            for name in mention.names
            if mention.end <= match.start() and name.kind in _ROWS
        }
        shares = [
            table[name] / sum(table.values())
            for table in judged.known.ranked("usd")
            for name in names
            if name in table and sum(table.values()) > 0
        ]
        if shares and holds(max(shares)) is judged.is_negated(match.start(), match.end()):
            yield FalseVerdict(text=match[0], truth=f"The share of the bill is {max(shares):.1%}.")


def _is_small(share: float) -> bool:
    return share <= _SMALL_MAX


def _is_large(share: float) -> bool:
    return share >= _LARGE_MIN


def false_sameness(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "all calls are of the same model" where the result has several."""
    match = _SAME.search(judged.sentence)
    if match is None or judged.is_negated(match.start(), match.end()):
        return
    rows = judged.known.rows[_ROWS.index(NameKind(match["kind"].lower()))]
    if len(rows) > 1:
        yield FalseVerdict(text=match[0], truth=f"The result has {len(rows)} of them.")


def _interval(word: str) -> tuple[float, float]:
    if word in ("every second", "half"):
        return 0.45, 0.55
    if _NEARLY.fullmatch(word):
        return 0.9, 1.0
    if _FEW.match(word):
        return 0.0, 0.1
    if _NONE.fullmatch(word):
        return 0.0, 0.0
    return (0.5, 1.0) if _MAJORITY.search(word) else (1.0, 1.0)


def _share(judged: Judged, what: str) -> float | None:
    """Return the share that the sentence speaks of; None if the payload has no share."""
    known = judged.known
    if says(judged.sentence, "repeat") and what.startswith(_COUNTED):
        return known.duplicates.share
    if _CAN_WAIT.search(judged.sentence) and what.startswith(_COUNTED):
        batched = [
            one.calls for one in known.recommendations if one.kind == "batch" and one.calls is not None
        ]
        return batched[0] / known.requests if batched and known.requests else None
    if says(judged.sentence, "fail") and what.startswith(_COUNTED):
        return known.failures.share
    measure: Measure = (
        "usd" if what.startswith(_PAID) else "calls" if what.startswith(_COUNTED) else "input_tokens"
    )
    for kind in _ROWS:
        names = {name.text for name in judged.names(kind)}
        for table in known.ranked(measure):
            if not names.isdisjoint(table) and sum(table.values()) > 0:
                return sum(table[name] for name in names if name in table) / sum(table.values())
    calls = [change.calls for change in judged.changes() if change.calls is not None]
    return calls[0] / known.requests if calls and known.requests and what.startswith(_COUNTED) else None
