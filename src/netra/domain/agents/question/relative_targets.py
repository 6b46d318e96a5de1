"""Relative targets: "20 % cheaper", "2x faster", "50 % more traffic", and what is allowed to get worse."""

import re
from typing import Final

from netra.domain.agents.question.clauses import Mark, Subject
from netra.domain.agents.question.number_context import Scene, subjects_of
from netra.domain.agents.question.quantities import Unit
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread

_AMONG: Final = (
    Subject.MONEY,
    Subject.RATE,
    Subject.TIME,
    Subject.TRAFFIC,
    Subject.GROWTH,
    Subject.FIRST_TOKEN,
    Subject.PER_TOKEN,
)
_LESS: Final = re.compile(
    r"\b(?:less|lower\w*|reduc\w*|cut\w*|drop\w*|fall\w*|shrink\w*|declin\w*|decreas\w*|fewer|sav\w*"
    r"|cheap\w*|down"
    r"|trim\w*|slash\w*|shav\w*|off|improv\w*|better|halv\w*|shorter)\b",
    re.IGNORECASE,
)
_MORE: Final = re.compile(
    r"\b(?:more|increas\w*|ris(?:e|es|ing)|rais\w*|grow\w*|higher|up|extra|additional|doubl\w*|expensive"
    r"|dearer|above"
    r"|on top|worse|longer)\b",
    re.IGNORECASE,
)
_TO: Final = re.compile(r"\bto (?:about |around |roughly |at most |only )?$", re.IGNORECASE)
_OF: Final = re.compile(r"\s?of\b", re.IGNORECASE)
_WANTED: Final = re.compile(
    r"\b(?:want|need|target|aim for|get|at|only|just|be|is) (?:only |just |about )?$", re.IGNORECASE
)
_QUANTILE: Final = re.compile(
    r"\s?(?:of (?:all |the |our )?(?:requests?|calls|users?|queries|answers?|responses?)|percentile"
    r"|quantile|up\s?time"
    r"|availab\w*|accura\w*)",
    re.IGNORECASE,
)
_FACTOR_MAX: Final = 1_000.0  # a larger one is a typing error
_WHY: Final = "a share of what could not be told; say “20 % cheaper”, “2x faster” or “50 % more traffic”"


def change_targets(scene: Scene) -> tuple[Reading, ...]:
    """Return what a share or a factor asks for, of each of its subjects; "99 % of requests" asks nothing."""
    if _QUANTILE.match(scene.after):
        return ()
    unread = Unread(text=scene.quantity.text, why=_WHY)
    return tuple(_target(scene, mark) or unread for mark in subjects_of(scene, _AMONG)) or (unread,)


def _target(scene: Scene, mark: Mark) -> StatedTarget | None:
    """Return the target, or None where the number can be none: nothing is 100 % cheaper."""
    size = scene.quantity.value
    if not 0 < size <= _FACTOR_MAX or _is_a_statement(scene):
        return None
    if mark.subject is Subject.MONEY:
        return _saving(_remaining(scene, mark))
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH):
        remaining = _remaining(scene, mark)
        return None if remaining <= 0 else StatedTarget(field="traffic_growth", value=round(remaining - 1, 9))
    return _speedup(scene, mark)


def _saving(remaining: float) -> StatedTarget | None:
    return StatedTarget(field="saving_share", value=round(1 - remaining, 9)) if remaining > 0 else None


def _speedup(scene: Scene, mark: Mark) -> StatedTarget | None:
    if mark.subject is Subject.RATE and not mark.text.startswith("slow"):
        is_share = scene.quantity.unit is Unit.SHARE
        factor = 1 + scene.quantity.value if is_share else scene.quantity.value
        if is_share and _TO.search(scene.before):
            factor = scene.quantity.value
    else:
        remaining = _remaining(scene, mark)
        factor = 1 / remaining if remaining > 0 else 0.0
    return StatedTarget(field="speedup", value=round(factor, 9)) if factor > 0 else None


def _remaining(scene: Scene, mark: Mark) -> float:
    """Return what is left of the subject, as a factor of what it is now.

    "20 % off" leaves 0.8, "30 % more" 1.3, "to 70 %" 0.7, "3x cheaper" a third, "2x the traffic" 2.
    """
    size = scene.quantity.value
    is_share = scene.quantity.unit is Unit.SHARE
    if is_share and (_TO.search(scene.before) or _is_what_is_left(scene)):
        return size
    if _falls(scene, mark):
        return 1 - size if is_share else 1 / size
    return 1 + size if is_share else size


def _is_what_is_left(scene: Scene) -> bool:
    """Return whether the share is what is to remain: "I want a third of today's latency"."""
    return _OF.match(scene.after) is not None and _WANTED.search(scene.before) is not None


def _is_a_statement(scene: Scene) -> bool:
    """Return whether the share only describes a part: "30 % of our traffic is chat"."""
    if scene.quantity.unit is not Unit.SHARE or _OF.match(scene.after) is None or _TO.search(scene.before):
        return False
    return not _is_what_is_left(scene) and _LESS.search(scene.around) is None


def _falls(scene: Scene, mark: Mark) -> bool:
    """Return whether the subject gets less: by the number's sign, the words around it, or its nature."""
    words = f"{scene.around} {mark.text}"
    if _MORE.search(words) and not _LESS.search(words):
        return False
    if scene.quantity.unit is Unit.SHARE and scene.quantity.lowers is not None:
        return scene.quantity.lowers
    if _LESS.search(words):
        return True
    if mark.subject in (Subject.TRAFFIC, Subject.GROWTH) or mark.text.startswith("slower"):
        return False
    return mark.subject is not Subject.MONEY or scene.quantity.unit is Unit.SHARE
