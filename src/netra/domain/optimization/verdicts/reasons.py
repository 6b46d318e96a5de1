"""The reasons of a ruling in sentences, with what the log would have to hold to decide more."""

from collections.abc import Mapping
from typing import Final

from netra.domain.optimization.verdicts.behaviour import Behaviour
from netra.domain.optimization.verdicts.configuration import Mechanical
from netra.domain.optimization.verdicts.holdout import Arms
from netra.domain.optimization.verdicts.ruling import Ruling
from netra.domain.optimization.wording import count

NOTHING_CHANGED: Final = "No model, price or use of caching changed at that instant"
_BEFORE_AND_AFTER: Final[Mapping[Ruling, str]] = {
    "cannot_tell": "The calls before that instant vary as much between windows in which nothing changed; a "
    "longer log or a hold-out group would tell.",
    "no_difference": "The difference is one that windows without a change show as well.",
}
_BY_ARMS: Final[Mapping[Ruling, str]] = {
    "cannot_tell": "The arms differ no more than by chance, which is too wide to call them equal; more calls "
    "would tell.",
    "no_difference": "The arms differ no more than by chance.",
}


def reasons_of(
    ruling: Ruling, mechanical: Mechanical, behaviour: Behaviour | str, *, arms: Arms | None, undecided: str
) -> tuple[str, ...]:
    """Return the reasons of a ruling, and the limits of the log.

    `arms` are those of the hold-out test that decides; `undecided` says why one that the log has does not.
    """
    found: list[str] = []
    if mechanical.doubtful:
        found.append(
            f"Of {count(mechanical.doubtful, 'kind')} of call some use another model since then, in "
            "too few calls to tell a change from chance."
        )
    elif not mechanical.adopted:
        found.append(f"{NOTHING_CHANGED}.")
    if arms is not None:
        found.append(arms.sentence)
    if undecided:
        found.append(f"Its hold-out test does not decide: {undecided}.")
    if isinstance(behaviour, str):
        found.append(f"Whether calls are made in another way cannot be decided: {behaviour}.")
    else:
        said = (_BEFORE_AND_AFTER if arms is None else _BY_ARMS).get(ruling)
        found += [] if said is None else [said]
    if mechanical.foreign.any():
        found.append("The two providers count tokens differently, by up to 35 %; the interval includes it.")
    return tuple(found)
