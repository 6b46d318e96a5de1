"""Check verdicts on targets and limits: met or missed."""

import re
from collections.abc import Iterator
from typing import Final

from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.naming import NameKind
from netra.domain.agents.guard.verdict_words import HEDGE, MET, MISSED, TARGET

_WORDS: Final = (
    ("saving_share", re.compile(r"\bsav\w+|cheaper|cost\b", re.IGNORECASE)),
    ("budget_usd_per_month", re.compile(r"\bbudget", re.IGNORECASE)),
    ("speedup", re.compile(r"\bspeed\w*|faster|fast\b", re.IGNORECASE)),
    ("ttft_ms_p99", re.compile(r"\bttft|first[- ]token", re.IGNORECASE)),
    ("tpot_ms_p99", re.compile(r"\btpot|per (?:output )?token", re.IGNORECASE)),
    ("latency_ms_p99", re.compile(r"\blatenc\w+|whole[- ]call|response time", re.IGNORECASE)),
    ("gpus", re.compile(r"\bgpus?\b|\bfleet", re.IGNORECASE)),
    ("rent_usd_in_window", re.compile(r"\brent", re.IGNORECASE)),
    ("gpu_memory_gib", re.compile(r"\bmemory", re.IGNORECASE)),
)
_CLAUSES: Final = re.compile(r"[,;:]\s|\s(?:but|while|whereas|although|though|yet|and)\s", re.IGNORECASE)
_PURPOSE: Final = re.compile(
    r"\b(?:to|must|should|has to|have to|needs? to|would have to|so that \w+|before \w+|until "
    r"\w+)\s(?:\w+ )?$",
    re.IGNORECASE,
)
_ELLIPSIS: Final = re.compile(r"\b(?:is|are|was|does|do|will) (?:(?P<no>not)|too|as well)\W*$", re.IGNORECASE)
_COUNTED: Final = re.compile(
    r"[0-9]\s?(?:%|percent|per cent)?\s(?:of )?(?:[\w.'’-]+ ){0,4}?(?:calls?|requests?|answers?)\b",
    re.IGNORECASE,
)
_FLEET: Final = re.compile(r"\b(?:gpus?|host\w*|self-?host\w*|replicas?|cards?|fleet)\b", re.IGNORECASE)
_RATE_LIMIT: Final = re.compile(r"rate[- ]limits?", re.IGNORECASE)


def false_targets(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "met" and "missed" that the payload does not bear out."""
    sentence = _RATE_LIMIT.sub(lambda match: " " * len(match[0]), judged.sentence)
    if TARGET.search(sentence) is None or HEDGE.search(sentence):
        return
    found = MISSED.search(sentence) or MET.search(sentence)
    if found is None or _PURPOSE.search(sentence[: found.start()]):
        return
    if _COUNTED.search(sentence[: found.start()]) or _is_of_fleet(judged, found):
        return  # "5 % of the calls stay within the limit" is a number; a fleet is sized to hold the limits
    is_met = (MISSED.fullmatch(found[0]) is None) != judged.is_negated(found.start(), found.end())
    yield from _left_out(judged, sentence)
    outcomes = _outcomes(judged, sentence, clause=_clause(sentence, found.start()))
    if not outcomes:
        yield FalseVerdict(
            text=judged.around(found.start(), found.end()), truth="The result judges no such target."
        )
        return
    if any(met is not is_met for met in outcomes.values()):
        truth = "; ".join(f"{name}: {_verdict(met)}" for name, met in outcomes.items())
        yield FalseVerdict(text=judged.around(found.start(), found.end()), truth=truth)


def _left_out(judged: Judged, sentence: str) -> Iterator[FalseVerdict]:
    """Yield false verdicts that leave the verb out: "the saving is met, the speed-up is not"."""
    for clause in _CLAUSES.split(sentence):
        match = _ELLIPSIS.search(clause)
        named = {target for target, words in _WORDS if words.search(clause)}
        if match is None or not named:
            continue
        for target in judged.known.targets:
            if target.target in named and target.met is not (match["no"] is None):
                yield FalseVerdict(text=clause.strip(), truth=f"{target.target}: {_verdict(target.met)}")


def _clause(sentence: str, at: int) -> str:
    """Return the clause of a place in the sentence."""
    start = max((one.end() for one in _CLAUSES.finditer(sentence) if one.end() <= at), default=0)
    end = next((one.start() for one in _CLAUSES.finditer(sentence) if one.start() >= at), None)
    return sentence[start:end]


def _is_of_fleet(judged: Judged, found: re.Match[str]) -> bool:
    """Return whether a fleet of the result is what keeps the limits: each of them is sized to."""
    is_met = MISSED.fullmatch(found[0]) is None or "within" in found[0].lower()
    has_fleet = any(one.kind in ("self_hosting", "gpu_choice") for one in judged.known.recommendations)
    return is_met and has_fleet and _FLEET.search(judged.sentence) is not None


def _outcomes(judged: Judged, sentence: str, *, clause: str) -> dict[str, bool | None]:
    """Return the targets that the clause, else the sentence, speaks of, and whether each is met."""
    features = {name.text for name in judged.names(NameKind.FEATURE)}
    limited = {
        f"{row.feature}'s limit": row.met
        for row in judged.known.latency.by_feature
        if row.limit_ms is not None and (not features or row.feature in features)
    }
    if features and limited:
        return limited
    named = {target for target, words in _WORDS if words.search(clause)}
    named = named or {target for target, words in _WORDS if words.search(sentence)}
    targets = {one.target: one.met for one in judged.known.targets if not named or one.target in named}
    if "latency_ms_p99" in named:
        targets |= limited
    return targets or ({} if named else limited)


def _verdict(met: bool | None) -> str:  # noqa: FBT001 (the outcome itself)
    return "cannot be told from this log" if met is None else "met" if met else "not met"
