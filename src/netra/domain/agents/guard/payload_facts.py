"""Read the facts of a payload: its numbers, typed by the names of their fields, its names and its dates.

A field's name states its unit ("_usd_per_month", "_ms", "_share"). Sentences in the payload are read
like any other text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from netra.domain.agents.guard.claim_context import stem
from netra.domain.agents.guard.stated_numbers import NumberKind, figures
from netra.domain.agents.guard.versions_and_dates import Label, labels_in, pieces


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the payload, in the scale of its kind; the other fields are as in `StatedNumber`."""

    value: float
    kind: NumberKind
    period: str = ""
    signs: str = ""  # signs with which the number may be written
    way: str = ""
    words: frozenset[str] = frozenset()
    is_wish: bool = False  # the number is a target of the user


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All facts of a payload."""

    numbers: tuple[Fact, ...]
    labels: tuple[Label, ...]


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a value in the payload: its keys from the root, and the target it belongs to."""

    keys: tuple[str, ...] = ()
    target: str = ""


_PERIODS: Final = (
    ("per_month", "month"), ("per_hour", "hour"), ("gpu_hour", "hour"), ("replica_hour", "hour"),
    ("per_minute", "minute"), ("per_s", "second"), ("per_day", "day"), ("per_year", "year"),
)  # fmt: skip
_KINDS: Final[tuple[tuple[re.Pattern[str], NumberKind, float], ...]] = tuple(
    (re.compile(rf"(?:^|_)(?:{words})(?:_|$)"), kind, scale)
    for words, kind, scale in (
        ("usd|savings", NumberKind.USD, 1.0),
        ("percent", NumberKind.SHARE, 0.01),
        ("share|fraction|utilisation|growth|accept_rate", NumberKind.SHARE, 1.0),
        ("ms", NumberKind.TIME, 0.001),
        ("tokens", NumberKind.TOKENS, 1.0),
        ("per_s", NumberKind.COUNT, 1.0),
        ("s|seconds", NumberKind.TIME, 1.0),
        ("hours", NumberKind.TIME, 3_600.0),
        ("days", NumberKind.TIME, 86_400.0),
        ("gib", NumberKind.GIB, 1.0),
        ("at_once|concurrency", NumberKind.COUNT, 1.0),
        ("calls|requests|rows|known|answers|events|event_count|prompts", NumberKind.CALLS, 1.0),
        ("gpus", NumberKind.GPUS, 1.0),
        ("replicas|sizes_tried", NumberKind.REPLICAS, 1.0),
        ("speedup|per_month|traffic|to_mean|cv", NumberKind.FACTOR, 1.0),
    )
)
_SPREAD: Final = frozenset({"mean", "max", "min", "p50", "p90", "p99", "low", "high", ""})
_SAVED: Final = re.compile(
    r"(?:^|_)(?:saved|saving|savings|marginal|cumulative|leave_one_out|share_of_bill)(?:_|$)"
)
_DIGIT: Final = re.compile("[0-9]")
_LISTED_MAX: Final = 1_000


def facts_of(payload: Any) -> Facts:  # Any: whatever encodes as JSON
    """Return the facts of `payload`.

    >>> facts = facts_of({"saved_usd_per_month": 23.4, "model": "gpt-4o"})
    >>> [(fact.value, fact.kind.value, fact.period, fact.way) for fact in facts.numbers]
    [(23.4, 'usd', 'month', 'down')]
    """
    numbers: list[Fact] = []
    labels: list[Label] = []
    for found in _walked(msgspec.to_builtins(payload), _Place()):
        if isinstance(found, Fact):
            numbers.append(found)
        else:
            labels.append(found)
    return Facts(numbers=tuple(dict.fromkeys(numbers)), labels=tuple(_unique(labels)))


def _walked(value: Any, place: _Place) -> Iterator[Fact | Label]:  # Any: decoded JSON
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield from _of_number(float(value), place)
    elif isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, dict):
        yield from _of_object(cast("Mapping[Any, Any]", value), place)
    else:
        items = cast("Sequence[Any]", value)
        key = place.keys[-1] if place.keys else ""
        yield Fact(value=float(len(items)), kind=NumberKind.COUNT, words=_stems(key) or frozenset({"item"}))
        for item in items[:_LISTED_MAX]:
            yield from _walked(item, place)


def _of_object(value: Mapping[Any, Any], place: _Place) -> Iterator[Fact | Label]:
    target = value.get("target")
    for key, inside in value.items():
        name = str(key)
        if _DIGIT.search(name):
            yield from _of_key(name)
        yield from _walked(
            inside, _Place(keys=(*place.keys, name), target=target if isinstance(target, str) else "")
        )


def _of_key(name: str) -> Iterator[Fact | Label]:
    """Yield the facts in a key: "p99" of `latency_ms_p99`, 60 of a table by seconds."""
    if name.isdecimal():
        yield Fact(value=float(name), kind=NumberKind.ANY)
    yield from labels_in(name)
    for piece in pieces(name):
        if _DIGIT.search(piece) and not piece.isdecimal():
            yield Label(text=piece, key=(piece,), start=0, end=0)


def _of_text(text: str) -> Iterator[Fact | Label]:
    stated = figures(text)
    yield from stated.labels
    for number in stated.numbers:
        yield Fact(
            value=number.value,
            kind=number.kind,
            period=number.period,
            signs=number.sign,
            way={"-": "down", "+": "up"}.get(number.sign, number.way),
            words=frozenset(number.words),
        )


def _of_number(value: float, place: _Place) -> Iterator[Fact]:
    key = place.target if place.target and place.keys[-1].startswith(("asked", "reached")) else _key(place)
    kind, scale = _kind(key)
    words = frozenset(piece for name in place.keys[-2:] for piece in _stems(name))
    period = next((name for ending, name in _PERIODS if ending in key), "")
    if kind is NumberKind.USD and place.keys[-1] in ("low", "high"):
        period = "month"
    signs, way = _signs_and_way(value, key=key, path=place.keys[-2:] if key != place.target else ())
    is_wish = "goals" in place.keys or (key == place.target and place.keys[-1] == "asked")
    yield Fact(
        value=abs(value) * scale,
        kind=kind,
        period=period,
        signs=signs,
        way=way,
        words=words,
        is_wish=is_wish,
    )
    if key == "traffic_growth":
        yield Fact(value=1 + value, kind=NumberKind.FACTOR, words=words, is_wish=is_wish)


def _key(place: _Place) -> str:
    """Return the key that states the unit: the value's own, else the nearest enclosing one."""
    for name in reversed(place.keys):
        if name not in _SPREAD and any(pattern.search(name) for pattern, _, _ in _KINDS):
            return name
    return place.keys[-1] if place.keys else ""


def _kind(key: str) -> tuple[NumberKind, float]:
    if key == "" or key.isdecimal():
        return NumberKind.ANY, 1.0
    for pattern, kind, scale in _KINDS:
        if pattern.search(key):
            return kind, scale
    return NumberKind.COUNT, 1.0


def _signs_and_way(value: float, *, key: str, path: tuple[str, ...]) -> tuple[str, str]:
    """Return the signs with which the number may be written, and its direction: a saving is "down"."""
    if key == "traffic_growth":
        return ("+", "up") if value > 0 else ("-", "down")
    if any(_SAVED.search(name) for name in path) and value != 0:
        return ("-", "down") if value > 0 else ("+", "up")
    return ("-", "") if value < 0 else ("", "")


def _stems(name: str) -> frozenset[str]:
    return frozenset(stem(piece) for piece in pieces(name) if not piece.isdecimal())


def _unique(labels: Sequence[Label]) -> list[Label]:
    by_key = {(label.key, label.is_model, label.is_date): label for label in labels}
    return list(by_key.values())
