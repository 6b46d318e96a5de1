"""Hold a model's reading of a question to the user's own words, and settle numbers read in two ways.

A field rests on a quotation. A field whose quotation is in no message of the user is dropped.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.agents.question.heard import ModelReadGoals
from netra.domain.optimization.metrics import GoalDifference
from netra.domain.optimization.model import Goals

_SPACES: Final = re.compile(r"\s+")
_EDGES: Final = " \t\n.,;:!?\"'“”„«»…"
_FIELDS: Final = tuple(
    field.name for field in msgspec.structs.fields(ModelReadGoals) if field.name != "quotations"
)
_LIMITS: Final[Mapping[str, str]] = {"ttft_ms_p99": "ttft", "tpot_ms_p99": "tpot", "latency_ms": "latency"}
_NAMES: Final[Mapping[str, str]] = {
    "saving_share": "the saving",
    "traffic_growth": "the growth of traffic",
    "speedup": "the speed-up",
    "budget_usd_per_month": "the budget",
    "ttft_ms_p99": "the limit on the time to first token",
    "tpot_ms_p99": "the limit on the time per output token",
    "latency_ms": "the limit on the whole call",
}


def only_quoted(read: ModelReadGoals, texts: Sequence[str]) -> tuple[ModelReadGoals, tuple[str, ...]]:
    """Return the fields that rest on words of the texts, and the names of those that do not."""
    said = [_plain(text) for text in texts]
    quoted = {
        one.field
        for one in read.quotations or ()
        if (words := _plain(one.words)) and any(_holds(text, words) for text in said)
    }
    unquoted = tuple(
        field for field in _FIELDS if getattr(read, field) not in (None, ()) and field not in quoted
    )
    return msgspec.structs.replace(read, **dict.fromkeys(unquoted)), unquoted


def words_for(read: ModelReadGoals, field: str) -> str:
    """Return the words that a field rests on."""
    return "\n".join(one.words for one in read.quotations or () if one.field == field)


def without_disputed(goals: Goals, differences: Sequence[GoalDifference]) -> Goals:
    """Return the goals without the numbers that were read in two ways, and with a question about them."""
    cleared: dict[str, Any] = {}
    for difference in differences:
        cleared[difference.field] = {} if difference.field == "latency_ms" else None
    disputed = {_LIMITS[one.field] for one in differences if one.field in _LIMITS}
    return msgspec.structs.replace(
        goals,
        **cleared,
        limits=tuple(limit for limit in goals.limits if limit.metric not in disputed),
        ask_back=" ".join(_asked(difference) for difference in differences),
    )


def _asked(difference: GoalDifference) -> str:
    mine, theirs = _shown(difference.field, difference.local), _shown(difference.field, difference.model)
    return f"Is {_NAMES[difference.field]} {mine} or {theirs}? Your message was read in both ways."


def _shown(field: str, value: float) -> str:
    if field in ("saving_share", "traffic_growth"):
        return f"{100 * value:g} %"
    if field == "budget_usd_per_month":
        return f"${value:,.10g} a month"
    return f"{value:g} times" if field == "speedup" else f"{value:,.10g} ms"


def _holds(text: str, words: str) -> bool:
    """Return whether the words stand in the text as whole words."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text) is not None


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip(_EDGES).casefold()
