"""Check promises, finished evaluations, causes, trends, speed, retirements and exclusions."""

import re
from collections.abc import Iterator
from typing import Final

from netra.domain.agents.guard.concepts import content_of
from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.verdict_words import (
    ADVERB_FASTER,
    CAUSE,
    DONE,
    EVALUATED,
    EXCLUSIVE,
    FASTER,
    FOR_EVER,
    NO_EVALUATION,
    PROMISE,
    RETIRED,
    SLOWER,
    SPAN,
    TARGET,
    TOO_SHORT,
    TREND,
)
from netra.domain.agents.question.mentions import blanked

_ONLY: Final = re.compile(r"\bonly (?:the |your )?$", re.IGNORECASE)
_ROWS: Final = (NameKind.FEATURE, NameKind.TEMPLATE, NameKind.TOOL, NameKind.MODEL)
_SPAN_SLACK: Final = 0.15  # share by which "a day" may be off
_PERIODS_S: Final = {
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_800,
    "quarter": 7_889_400,
    "year": 31_557_600,
}
_OF_ANALYSIS: Final = re.compile(
    r"\s*(?:that )?(?:the|this|your|these|those|our) (?:short |whole |small )?(?:log|plan|sample|data"
    r"|interval|estimate|window|steps?|savings?|figures?"
    r"|numbers?|changes?|evaluations?)\b(?!.*\b(?:users?|customers?|provider|bugs?|releases?|deploy\w*"
    r"|team|grew|grown)\b)",
    re.IGNORECASE,
)
_COMPARED_DATES: Final = re.compile(
    r"\b(?:no|none of the) other\b.*\b(?:as early|as soon|earlier|sooner|before)\b", re.IGNORECASE
)
_OF_ROWS: Final = content_of(
    "features models tools templates others rest alone just only mainly mostly largely almost entirely"
)
"""Words of a cause that name no more than rows: "comes from features other than chat"."""
_CAUSE_SHARED: Final = 0.6  # least share of a cause's words that one sentence of the payload has


def false_promises(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield promises: the result computes money and time, and promises neither quality nor certainty."""
    if judged.is_hedged or TARGET.search(judged.sentence):
        return
    match = PROMISE.search(judged.sentence)
    if match is not None and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="The result promises no quality and no certainty.")


def false_evaluations(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield evaluations stated as done, and as needless where the change needs one."""
    match = EVALUATED.search(judged.sentence)
    if match is not None and not judged.is_hedged and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="No evaluation has been made.")
    match = NO_EVALUATION.search(judged.sentence)
    needing = [change for change in judged.changes() if change.stance == "evaluate"]
    if match is not None and needing and not judged.is_negated(match.start(), match.end()):
        safe = [change for change in judged.changes() if change.stance == "do"]
        if not safe:
            yield FalseVerdict(text=match[0], truth=f"{needing[0].id} needs an evaluation.")


def false_deeds(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield proposed changes stated as made."""
    match = DONE.search(judged.sentence)
    if match is None or judged.is_hedged or judged.is_negated(match.start(), match.end()):
        return
    if judged.names(NameKind.CHANGE) or "plan" in judged.sentence.lower():
        yield FalseVerdict(text=match[0], truth="The result proposes it; it does not say that it was done.")


def false_causes(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield causes that no sentence of the payload names."""
    for match in CAUSE.finditer(judged.sentence):
        at = match.start("cause")
        if _OF_ANALYSIS.match(judged.sentence, at):
            continue
        end = at + len(re.split(r",\s", match["cause"])[0])
        cause = blanked(judged.sentence, [(one.start, one.end) for one in judged.mentions])[at:end]
        content = {word for word in content_of(cause) if not word.startswith("*")} - _OF_ROWS
        held = max((len(content & one) for one in judged.facts.contents), default=0)
        if content and held < _CAUSE_SHARED * len(content) and not content <= judged.facts.stems:
            yield FalseVerdict(text=match[0].strip(), truth="The result names no such cause.")


def false_trends(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield changes over time where the result compares no two times."""
    match = TREND.search(judged.sentence)
    if match is None or judged.known.change is not None or judged.is_hedged:
        return
    if not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="The result compares no two times.")


def false_speeds(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "faster" where the plan changes no latency, or no latency is known."""
    match = FASTER.search(judged.sentence) or ADVERB_FASTER.search(judged.sentence)
    if match is None or judged.is_hedged or TARGET.search(judged.sentence):
        return
    speed = judged.known.speed_of_plan()
    is_slower = SLOWER.search(match[0]) is not None
    holds = speed is not None and (speed < 0.99 if is_slower else speed > 1.01)
    if holds is judged.is_negated(match.start(), match.end()):
        truth = (
            "No latency of the plan is known."
            if speed is None
            else f"The plan's calls are {speed:.2f} times as fast."
        )
        yield FalseVerdict(text=match[0], truth=truth)


def false_retirements(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield retirements of models that the result does not list, and denials of those it does."""
    retiring = {one.model for one in judged.known.retirements}
    named = {name.text for name in judged.names(NameKind.MODEL)}
    for_ever = FOR_EVER.search(judged.sentence)
    if for_ever is not None and not named.isdisjoint(retiring):
        yield FalseVerdict(text=for_ever[0], truth=f"Retirements: {', '.join(sorted(retiring))}.")
    match = RETIRED.search(judged.sentence)
    if match is None or _COMPARED_DATES.search(judged.sentence):
        return
    is_true = bool(retiring) if not named else not named.isdisjoint(retiring)
    if is_true is judged.is_negated(match.start(), match.end()):
        truth = f"Retirements: {', '.join(sorted(retiring)) or 'none'}."
        yield FalseVerdict(text=match[0], truth=truth)


def false_exclusions(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "only for" and "all come from" about a row: the result measures each row, and excludes no row."""
    for mention in judged.mentions:
        only = _ONLY.search(judged.sentence[: mention.start])
        rows = {name.text for name in mention.names if name.kind in _ROWS}
        if only is not None and rows.difference(judged.known.goals.features) and not judged.is_hedged:
            yield FalseVerdict(
                text=only[0].strip(), truth="The result does not say that it holds only there."
            )
    match = EXCLUSIVE.search(judged.sentence)
    if match is not None and judged.mentions and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="The result does not say that it holds only there.")


def false_spans(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "the log covers a week" of a log that covers another time."""
    match = SPAN.search(judged.sentence)
    seconds = judged.known.span.seconds
    if match is None:
        return
    stated = _PERIODS_S[match["period"].lower()]
    is_more = match["more"] is not None
    most = 1.5 if is_more else 1 + _SPAN_SLACK
    if not (1 - _SPAN_SLACK) * stated <= seconds <= most * stated:
        yield FalseVerdict(text=match[0], truth=f"The log covers {seconds / 86_400:.2f} days.")


def false_shortness(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "the log is too short" of a log that suffices."""
    match = TOO_SHORT.search(judged.sentence)
    if match is None or not judged.known.data_sufficiency.sufficient or judged.is_hedged:
        return
    is_about_log = "log" in judged.sentence.lower() or "data" in judged.sentence.lower()
    if is_about_log and not judged.is_negated(match.start(), match.end()):
        yield FalseVerdict(text=match[0], truth="The log suffices for advice.")
