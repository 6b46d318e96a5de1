"""Collect the names in a payload: those of features, models, GPUs and the other rows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from netra.domain.agents.guard.naming import Name, NameKind

_BY_KEY: Final[Mapping[str, NameKind]] = {
    "feature": NameKind.FEATURE, "features": NameKind.FEATURE,
    "template": NameKind.TEMPLATE, "tool": NameKind.TOOL,
    "model": NameKind.MODEL, "models": NameKind.MODEL, "to": NameKind.MODEL, "from": NameKind.MODEL,
    "hosted_model": NameKind.MODEL, "names": NameKind.MODEL, "models_unpriced": NameKind.MODEL,
    "gpu": NameKind.GPU, "gpus": NameKind.GPU,
    "provider": NameKind.PROVIDER,
    "kind": NameKind.CHANGE,
    "recommendation_id": NameKind.RECOMMENDATION,
}  # fmt: skip
_BY_LIST: Final[Mapping[str, NameKind]] = {
    "by_feature": NameKind.FEATURE, "by_template": NameKind.TEMPLATE,
    "by_tool": NameKind.TOOL, "by_model": NameKind.MODEL,
    "features": NameKind.FEATURE, "templates": NameKind.TEMPLATE,
    "tools": NameKind.TOOL, "models": NameKind.MODEL,
}  # fmt: skip
_LISTS: Final = frozenset({"features", "models", "gpus", "models_unpriced"})  # name no single row
_OF_MODELS: Final = frozenset({"models_assumed", "suggestions"})  # objects whose keys are models
_OF_FEATURES: Final = frozenset({"latency_ms"})
_SPREAD: Final = frozenset({"", "known", "mean", "min", "max", "p50", "p90", "p99"})  # keys of a distribution
_RECOMMENDATION: Final = re.compile(r"rec-[0-9]+")
_NAME_MAX: Final = 120  # longest name in characters


def own_names(value: Mapping[str, object], *, within: str, by: str = "") -> frozenset[Name]:
    """Return the names by which an object's row is known.

    `within` is the key of its list; `by` is the class of its groups, where an enclosing object states it.

    >>> sorted(n.text for n in own_names({"name": "chat", "requests": 3}, within="by_feature"))
    ['chat']
    """
    found: set[Name] = set()
    own_by = value.get("by")
    by = own_by if isinstance(own_by, str) else by
    for key, inside in value.items():
        kind = None if key in _LISTS else _BY_KEY.get(key)
        if key in ("name", "group"):
            kind = _BY_LIST.get(within)
        elif key in ("match", "groups") and by:
            kind = _BY_KEY.get(by)
        elif key == "groups":
            kind = NameKind.TEMPLATE
        elif key == "id" and isinstance(inside, str) and _RECOMMENDATION.fullmatch(inside):
            kind = NameKind.RECOMMENDATION
        if kind is not None:
            found.update(Name(text=text, kind=kind) for text in _texts(inside))
    return frozenset(found)


def names_in(value: object, *, within: str = "", by: str = "") -> Iterator[Name]:
    """Yield the names of all rows of a payload."""
    if isinstance(value, dict):
        held = cast("Mapping[str, object]", value)
        yield from own_names(held, within=within, by=by)
        stated = held.get("by")
        by = stated if isinstance(stated, str) else by
        if within in _OF_MODELS or within in _OF_FEATURES:
            kind = NameKind.MODEL if within in _OF_MODELS else NameKind.FEATURE
            yield from (Name(text=key, kind=kind) for key in held if key not in _SPREAD)
        for key, inside in held.items():
            if key in _LISTS:
                yield from (Name(text=text, kind=_BY_KEY[key]) for text in _texts(inside))
            yield from names_in(inside, within=key, by=by)
    elif isinstance(value, list | tuple):
        for inside in cast("Sequence[object]", value):
            yield from names_in(inside, within=within, by=by)


def strings_in(value: object) -> Iterator[str]:
    """Yield every string of a payload."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inside in cast("Mapping[str, object]", value).values():
            yield from strings_in(inside)
    elif isinstance(value, list | tuple):
        for inside in cast("Sequence[object]", value):
            yield from strings_in(inside)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and 0 < len(value) <= _NAME_MAX:
        yield value
    elif isinstance(value, list | tuple):
        for inside in cast("Sequence[object]", value):
            if isinstance(inside, str) and 0 < len(inside) <= _NAME_MAX:
                yield inside
