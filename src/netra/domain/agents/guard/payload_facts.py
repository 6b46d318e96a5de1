"""Read the facts of a payload: its numbers with their rows, typed by their fields, and its names.

A field's name states its unit ("_usd_per_month", "_ms", "_share") and its measure; the objects around it
state its row. Sentences in the payload are read like any other text.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

from netra.domain.agents.guard.claim_context import stem
from netra.domain.agents.guard.concepts import content_of, needs_of, percentile_of, population_of
from netra.domain.agents.guard.derived_facts import derived_facts
from netra.domain.agents.guard.facts import Fact, Facts, NamedLabel, Rows, squeezed
from netra.domain.agents.guard.figures import NumberKind
from netra.domain.agents.guard.key_units import direction, key_of, period_of, unit_of
from netra.domain.agents.guard.known_verdicts import verdicts_of
from netra.domain.agents.guard.naming import Name, NameIndex, NameKind, change_of
from netra.domain.agents.guard.payload_names import names_in, own_names, strings_in
from netra.domain.agents.guard.sentence_facts import facts_in_sentences
from netra.domain.agents.guard.versions_and_dates import Label, labels_in, pieces
from netra.domain.json_values import is_object

_LISTED_MAX: Final = 1_000
_DIGIT: Final = re.compile("[0-9]")
_SNAKE: Final = re.compile(r"\w+_\w+")
_SPACES: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TARGETS: Final = ("asked", "reached")
_SECTIONS: Final[Mapping[str, str]] = {
    "duplicates": "exact_duplicates",
    "deduplication": "exact_duplicates",
    "failures": "waste",
    "prefix_reuse": "prompt_caching",
    "caching": "prompt_caching",
    "batch": "batch",
    "queue": "burst_shaping",
    "rate_limits": "rate_limits",
}
"""Sections that measure what one change is about."""
_ROWS: Final = frozenset(
    {
        "by_feature",
        "by_model",
        "by_tool",
        "by_template",
        "features",
        "models",
        "tools",
        "templates",
        "retirements",
    }
)
_KEYED_BY_NAME: Final = frozenset({"latency_ms", "models_assumed", "suggestions", "by_status"})


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a value in the payload: its keys from the root, its rows, and its target."""

    keys: tuple[str, ...] = ()
    target: str = ""
    option: str = ""  # the name of the option within
    by: str = ""  # the class of the groups within
    rows: Rows = ()
    around: frozenset[Name] = frozenset()

    @property
    def path(self) -> str:
        return ".".join(self.keys)


def facts_of(payload: object) -> Facts:
    """Return the facts of `payload`.

    >>> facts = facts_of({"saved_usd_per_month": 23.4, "model": "gpt-4o"})
    >>> [(fact.value, fact.kind.value, fact.period, fact.way) for fact in facts.numbers[:1]]
    [(23.4, 'usd', 'month', 'down')]
    """
    held = msgspec.to_builtins(payload)
    reader = _Reader(held)
    numbers: list[Fact] = []
    dated: list[NamedLabel] = []
    for found in reader.walk(held, _Place(around=_scope(held))):
        if isinstance(found, Fact):
            numbers.append(found)
        else:
            dated.append(found)
    verdicts = verdicts_of(held)
    numbers += derived_facts(verdicts)
    strings = tuple(dict.fromkeys(strings_in(held)))
    snakes = {word.lower() for text in strings for word in _SNAKE.findall(text)}
    words = snakes | {word.lower() for text in (*strings, *reader.keys) for word in _WORD.findall(text)}
    contents = tuple(content_of(text) for text in strings)
    return Facts(
        numbers=tuple(dict.fromkeys(numbers)),
        dated=tuple(dict.fromkeys(dated)),
        names=reader.index,
        verdicts=verdicts,
        vocabulary=frozenset((*words, *(key.lower() for key in reader.keys))),
        prose=_SPACES.sub(" ", "\n".join(strings).lower()),
        squeezed=squeezed("\n".join((*strings, *reader.keys))),
        stems=frozenset(stem for content in contents for stem in content),
        contents=contents,
    )


class _Reader:
    """Walks one payload."""

    def __init__(self, payload: object) -> None:
        self.index = NameIndex(names_in(payload))
        self.keys: set[str] = set()
        self._is_month_known = _is_month_known(payload)
        self._total = verdicts_of(payload).requests or math.nan

    def walk(self, value: object, place: _Place) -> Iterator[Fact | NamedLabel]:
        """Yield the facts of a value and of all within it."""
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, int | float):
            yield from _of_number(float(value), place, is_month_known=self._is_month_known, total=self._total)
        elif isinstance(value, str):
            key = place.keys[-1] if place.keys else ""
            yield from facts_in_sentences(
                value, key=key, rows=place.rows, around=place.around, names=self.index, path=place.path
            )
        elif is_object(value):
            yield from self._of_object(cast("Mapping[str, object]", value), place)
        else:
            yield from self._of_list(cast("Sequence[object]", value), place)

    def _of_list(self, items: Sequence[object], place: _Place) -> Iterator[Fact | NamedLabel]:
        key = place.keys[-1] if place.keys else ""
        yield Fact(
            value=float(len(items)),
            kind=NumberKind.COUNT,
            words=_stems(key) or frozenset({"item"}),
            path=f"the number of {place.path}",
            is_count=key in _ROWS,
        )
        for item in items[:_LISTED_MAX]:
            yield from self.walk(item, place)

    def _of_object(self, value: Mapping[str, object], place: _Place) -> Iterator[Fact | NamedLabel]:
        target = value.get("target")
        within = place.keys[-1] if place.keys else ""
        own = own_names(value, within=within, by=place.by)
        option = str(value.get("name", "")) if within == "options" else place.option
        stated = value.get("by")
        by = stated if isinstance(stated, str) else place.by
        if within == "options":
            own |= self.index.names_in(str(value.get("name", "")))
        rows = (*place.rows, own) if own else place.rows
        if own and within == "inputs" and place.rows:
            rows = (*place.rows[:-1], place.rows[-1] | own)  # the change's own
        around = place.around
        if any(name.kind in (NameKind.RECOMMENDATION, NameKind.CHANGE) for name in own):
            inputs = value.get("inputs")
            if is_object(inputs):
                held = own_names(cast("Mapping[str, object]", inputs), within="inputs")
                rows = (*place.rows, own | {one for one in held if one.kind is NameKind.MODEL})
            around = self.index.names_in("\n".join(strings_in(value)))
        for key, inside in value.items():
            name = str(key)
            self.keys.add(name)
            if _DIGIT.search(name):
                yield from _of_key(name)
            yield from self.walk(
                inside,
                _Place(
                    keys=(*place.keys, name),
                    target=target if isinstance(target, str) else "",
                    option=option,
                    by=by,
                    rows=self._rows(name, within, rows),
                    around=around,
                ),
            )

    def _rows(self, key: str, within: str, rows: Rows) -> Rows:
        """Return the rows of a value, with its section's change or the name that is its key."""
        if key in _SECTIONS:
            return (*rows, frozenset({change_of(_SECTIONS[key])}))
        if within in _KEYED_BY_NAME and (named := self.index.names_in(key)):
            return (*rows, named)
        return rows


def _of_key(name: str) -> Iterator[Fact | NamedLabel]:
    """Yield the facts in a key: "p99" of `latency_ms_p99`, 60 of a table by seconds."""
    if name.isdecimal():
        yield Fact(value=float(name), kind=NumberKind.ANY)
    yield from (NamedLabel(label=label) for label in labels_in(name))
    for piece in pieces(name):
        if _DIGIT.search(piece) and not piece.isdecimal():
            yield NamedLabel(label=Label(text=piece, key=(piece,), start=0, end=0))


def _scope(payload: object) -> frozenset[Name]:
    """Return the features that the whole result is about; empty if it is about the whole log."""
    held: object = payload.get("metrics", payload) if is_object(payload) else None
    scope = held.get("scope") if is_object(held) else None
    features: Iterable[object] = scope.get("features", ()) if is_object(scope) else ()
    return frozenset(Name(text=name, kind=NameKind.FEATURE) for name in features if isinstance(name, str))


def _is_month_known(payload: object) -> bool:
    """Return False for a log of less than a day, whose monthly fields hold the log's own sums."""
    held: object = payload.get("metrics", payload) if is_object(payload) else None
    span = held.get("span") if is_object(held) else None
    return not is_object(span) or span.get("is_month_known") is not False


def _of_number(value: float, place: _Place, *, is_month_known: bool, total: float) -> Iterator[Fact]:
    """Yield the fact of a number; the count of all calls is of no row, wherever it stands."""
    is_target = place.target != "" and place.keys[-1].startswith(_TARGETS)
    key = place.target if is_target else key_of(place.keys)
    kind, scale = unit_of(key)
    words = frozenset(piece for name in place.keys[-2:] for piece in _stems(name))
    last = place.keys[-1] if place.keys else ""
    period = period_of(key)
    if kind is NumberKind.USD and last in ("low", "high"):
        period = "month"
    signs, way = direction(value, key=key, path=place.keys[-2:] if key != place.target else ())
    is_wish = "goals" in place.keys or (is_target and last == "asked") or last.startswith("limit_")
    keys = (place.target, last) if is_target else place.keys[-3:]
    is_total = last == "of_rows" or (last == "calls" and value == total and _is_of_change(place.rows))
    fact = Fact(
        value=abs(value) * scale,
        kind=kind,
        period=period,
        signs=signs,
        way=way,
        words=words,
        is_wish=is_wish,
        path=place.path,
        rows=() if is_total else place.rows,
        around=frozenset() if is_total else place.around,
        needs=_needs((*keys, place.option), way=way),
        percentile=percentile_of(key) or percentile_of(last),
        population=population_of(keys) if kind is NumberKind.SHARE else "",
        has_way=kind is NumberKind.USD and value > 0,
        is_of_log=period == "month" and not is_month_known,
    )
    yield fact
    if key == "traffic_growth":
        yield msgspec.structs.replace(fact, value=1 + value, kind=NumberKind.FACTOR, signs="", way="")


def _is_of_change(rows: Rows) -> bool:
    """Return whether the innermost row is a change that proposes no model."""
    kinds = {name.kind for name in rows[-1]} if rows else set[NameKind]()
    return NameKind.CHANGE in kinds and NameKind.MODEL not in kinds


def _needs(keys: tuple[str, ...], *, way: str) -> tuple[str, ...]:
    """Return the measures of a number; a negative saving is a loss."""
    needs = needs_of(keys)
    return tuple("loss" if need == "saving" and way == "up" else need for need in needs)


def _stems(name: str) -> frozenset[str]:
    return frozenset(stem(piece) for piece in pieces(name) if not piece.isdecimal())
