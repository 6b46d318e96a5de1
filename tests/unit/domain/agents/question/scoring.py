"""Score the reader of questions on a corpus: fully right, wrong, silent loss."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from netra.domain.agents.question.goals import read_goals
from netra.domain.agents.question.mentions import KnownNames
from netra.domain.agents.question.summary import summary_of

SCORED = (
    "saving_share", "saving_usd_per_month", "speedup", "traffic_growth", "budget_usd_per_month", "limits",
    "features", "excluded", "models", "from_models", "gpus", "change_at", "per_feature", "facts", "unread",
    "ask_back",
)  # fmt: skip
FREE = ("facts",)  # more of these than expected is no fault
TOLERANCE = 0.005


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How one question was read."""

    name: str
    kind: str
    is_right: bool
    is_wrong: bool
    is_silent: bool
    why: str


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a corpus."""

    questions: int
    right: int
    wrong: int
    silent: int


def known_names(path: Path) -> tuple[KnownNames, datetime]:
    """Return the names of the log that the corpus was written about, and its present."""
    held = json.loads(path.read_text())
    names = KnownNames(
        features=tuple(held["features"]),
        functions=tuple(held["templates"]),
        tools=tuple(held["tools"]),
        models=tuple(held["models"]),
    )
    return names, datetime.fromisoformat(held["now"]).astimezone(UTC)


def scored(path: Path, names: KnownNames, *, now: datetime) -> tuple[Score, ...]:
    """Return the score of every question of a corpus."""
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return tuple(_score(row, names, now=now) for row in rows)


def totals(scores: Sequence[Score]) -> Totals:
    """Return the counts."""
    return Totals(
        questions=len(scores),
        right=sum(one.is_right for one in scores),
        wrong=sum(one.is_wrong for one in scores),
        silent=sum(one.is_silent for one in scores),
    )


def _score(row: Mapping[str, Any], names: KnownNames, *, now: datetime) -> Score:
    got = msgspec.to_builtins(summary_of(read_goals(row["question"], {}, now=now, names=names)))
    expect, allow = row["expect"], row.get("allow", {})
    missing, wrong = [], []
    for field in SCORED:
        if _fits(field, got.get(field), expect.get(field), allow):
            continue
        if got.get(field) is None:
            missing.append(field)
        else:
            wrong.append(field)
    asks = bool(got.get("ask_back"))
    is_lost = "excluded" in missing and not asks
    values = [field for field in wrong if field not in ("unread", "ask_back", "facts")]
    silent = [field for field in missing if field not in ("ask_back", "unread", "facts")]
    return Score(
        name=row["id"],
        kind=row["kind"],
        is_right=not missing and not wrong,
        is_wrong=(bool(values) and not asks) or is_lost,
        is_silent=bool(silent) and not asks and not got.get("unread"),
        why=f"{row['question']} "
        f"| missing {missing} wrong { {f: got.get(f) for f in wrong} } expected {expect}",
    )


def _fits(field: str, got: Any, expected: Any, allow: Mapping[str, Any]) -> bool:
    if _same(field, got, expected, allow):
        return True
    others = allow.get(field, ())
    return any(
        other == "any" or (other is None and got is None) or _same(field, got, other, allow)
        for other in others
    )


def _same(field: str, got: Any, expected: Any, allow: Mapping[str, Any]) -> bool:
    if field in FREE:
        return all(_quoted(one, got or ()) for one in expected or ())
    if field == "unread" and expected:
        return all(any(one in text for text in got or ()) for one in expected)
    if expected is None or got is None:
        return bool(expected) == bool(got)
    if field == "change_at":
        return got.startswith((expected, expected.rstrip("Z")))
    if field == "limits":
        return _same_set([_limit(one) for one in got], [_limit(one) for one in expected])
    if field == "gpus":
        return _same_set([_gpu(one) for one in got], [_gpu(one) for one in expected])
    if isinstance(expected, list):
        return sorted(got) == sorted(expected)
    if isinstance(expected, dict):
        return got.keys() == expected.keys() and all(_close_all(got[k], expected[k]) for k in got)
    return _close(got, expected)


def _quoted(one: str, facts: Iterable[str]) -> bool:
    plain = "".join(one.lower().split())
    return any(
        plain in "".join(fact.lower().split()) or "".join(fact.lower().split()) in plain for fact in facts
    )


def _limit(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["metric"], float(one["percentile"]), round(float(one["value_ms"]), 1), one.get("feature", "")


def _gpu(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["name"].replace(" 80GB", "").replace("-80GB", ""), one.get("count"), bool(one["owned"])


def _same_set(got: Sequence[tuple[Any, ...]], expected: Sequence[tuple[Any, ...]]) -> bool:
    return sorted(map(str, got)) == sorted(map(str, expected))


def _close_all(got: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return got.keys() == expected.keys() and all(_close(got[k], expected[k]) for k in got)


def _close(got: Any, expected: Any) -> bool:
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        return bool(got == expected)
    return math.isclose(got, expected, rel_tol=TOLERANCE)
