"""Check verdicts on money: cheaper or dearer, worth it or to avoid, something or nothing to save."""

import re
from collections.abc import Iterator
from typing import Final

from netra.domain.agents.guard.concepts import says
from netra.domain.agents.guard.judged import FalseVerdict, Judged
from netra.domain.agents.guard.known_verdicts import Change
from netra.domain.agents.guard.naming import Name, NameKind
from netra.domain.agents.guard.verdict_words import BAD, BAN, FREE, GOOD, NO_SAVING, ON_API, ORDER, WORTH

_HOSTING: Final = Name(text="self_hosting", kind=NameKind.CHANGE)
_GROWTH: Final = re.compile(
    r"\b(?:(?:more|growing|extra|additional) (?:traffic|load|usage)|growth)\b", re.IGNORECASE
)
_WORTH_SAYING: Final = 0.01  # a smaller share of the bill is "nothing"


def false_directions(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "cheaper", "worth it", "avoid" and the like of a change that does the opposite."""
    if judged.is_hedged or says(judged.sentence, "accept"):
        return
    found = BAD.search(judged.sentence)
    is_good = found is None
    found = found or GOOD.search(judged.sentence)
    if found is None or _is_about_models(judged):
        return
    is_good = is_good != judged.is_negated(found.start(), found.end())
    changes = [change for change in judged.changes() if _is_judged(change)]
    on_api = ON_API.search(judged.sentence)
    is_before = on_api is not None and on_api.end() <= found.start()
    between = judged.sentence[on_api.end() : found.start()] if on_api is not None and is_before else ":"
    if not judged.names(NameKind.CHANGE) and not set(",;:.") & set(between):
        changes = [one for one in judged.known.recommendations if one.kind == "self_hosting"]
        is_good = not is_good
    elif is_before and _than_hosting(judged, found.end()):
        is_good = not is_good
    wrong = [change for change in changes if _is_good(change) is not is_good]
    if changes and len(wrong) == len(changes):
        text = judged.around(found.start(), found.end())
        yield FalseVerdict(text=text, truth="; ".join(_truth(change) for change in wrong))
    elif (
        not changes and _is_about_plan(judged) and (judged.known.plan.saved_share or 0.0) > 0 and not is_good
    ):
        text = judged.around(found.start(), found.end())
        yield FalseVerdict(text=text, truth="The plan lowers the bill.")


def false_worth(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "worth doing" of a change that the result only informs about."""
    found = WORTH.search(judged.sentence)
    changes = tuple(judged.changes())
    if found is None or not changes or judged.is_hedged or judged.is_negated(found.start(), found.end()):
        return
    if all(change.stance == "inform" for change in changes):
        yield FalseVerdict(text=found[0], truth="The result does not advise it.")


def false_orders(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield an order to do what the result advises against."""
    match = ORDER.match(judged.sentence)
    hosting = [one for one in judged.known.recommendations if one.kind == "self_hosting"]
    if match is not None and hosting and all(not _is_good(one) for one in hosting):
        yield FalseVerdict(text=match[0].strip(), truth=_truth(hosting[0]))


def false_bans(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield an order to leave what the result advises to do."""
    match = BAN.match(judged.sentence)
    advised = [one for one in judged.changes() if one.stance == "do"]
    if match is not None and advised and all(one.stance == "do" for one in judged.changes()):
        yield FalseVerdict(text=match[0].strip(), truth=_truth(advised[0]))


def false_nothing(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "nothing can be saved" where something can."""
    match = NO_SAVING.search(judged.sentence)
    share = judged.known.plan.saved_share
    if match is None or share is None or judged.mentions or "else" in match[0]:
        return
    if share >= _WORTH_SAYING:
        yield FalseVerdict(text=match[0], truth="The plan saves a part of the bill.")


def false_freedom(judged: Judged) -> Iterator[FalseVerdict]:
    """Yield "costs nothing" of what a change would save."""
    match = FREE.search(judged.sentence)
    saving = [change for change in judged.changes() if change.usd > 0 and change.stance == "do"]
    if (
        match is not None
        and saving
        and not judged.is_hedged
        and not judged.is_negated(match.start(), match.end())
    ):
        yield FalseVerdict(text=match[0], truth=_truth(saving[0]))


def _than_hosting(judged: Judged, end: int) -> bool:
    """Return whether self-hosting is what the API is compared with: "the API is cheaper than hosting"."""
    hosting = [one for one in judged.mentions if one.start >= end and _HOSTING in one.names]
    return bool(hosting) and judged.sentence[end : hosting[0].start].strip().lower() == "than"


def _is_about_plan(judged: Judged) -> bool:
    return "plan" in judged.sentence.lower() and not judged.mentions and not _GROWTH.search(judged.sentence)


def _is_about_models(judged: Judged) -> bool:
    """Return whether the sentence compares models, whose prices are not a change's."""
    return len(judged.names(NameKind.MODEL)) > 1


def _is_judged(change: Change) -> bool:
    """Return whether the result takes a side: a saving that is advised against is neither good nor bad."""
    return change.usd != 0 and change.stance != "inform" and not (change.usd > 0 and change.stance == "avoid")


def _is_good(change: Change) -> bool:
    return change.usd > 0 and change.stance != "avoid"


def _truth(change: Change) -> str:
    does = "saves money" if change.usd > 0 else "would cost more"
    advice = {"avoid": "; the advice is to avoid it", "evaluate": "; it needs an evaluation"}.get(
        change.stance, ""
    )
    return f"{change.id} ({change.kind}) {does}{advice}"
