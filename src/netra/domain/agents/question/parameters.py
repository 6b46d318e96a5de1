"""Read goals from a run's `parameters`, by every accepted spelling of a key; report unusable values."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.reader import read_numbers
from netra.domain.agents.question.readings import Unread
from netra.domain.instants import iso_instant
from netra.domain.optimization.analysers.model import ORDER
from netra.domain.optimization.model import Priority

_DIGIT: Final = re.compile("[0-9]")
ITEMS_MAX: Final = 64  # most items read from one list or object

Value = Any  # Any: decoded JSON of any shape


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """The goals set by parameters, by field of `Goals`; `words` are read like the message."""

    fields: Mapping[str, Any]  # Any: each field has its own type
    words: tuple[str, ...]
    unread: tuple[Unread, ...]


_SPARE_MOST: Final = 64  # replicas kept for failures: more is another fleet
_Field = tuple[str, Any] | None  # Any: as in `Parameters.fields`


def read_parameters(parameters: Mapping[str, Value]) -> Parameters:
    """Return the goals in `parameters`; keys and values that cannot be used are in `unread`."""
    fields: dict[str, Any] = {}
    words: list[str] = []
    unread: list[Unread] = []
    for key, value in _flat(parameters):
        name = key.strip().lower().replace("-", "_")
        if value is None:
            continue
        if name in _WORDED and (texts := _texts(value)) is not None:
            words += [text for text in texts if _DIGIT.search(text)]
            if name == "constraints":
                fields["constraints"] = (*fields.get("constraints", ()), *texts)
        elif name not in _READERS:
            unread.append(
                Unread(text=key, why="no parameter that this engine reads; it is kept with the run")
            )
        elif (found := _READERS[name](value)) is None:
            unread.append(Unread(text=f"{key}: {value!r}", why=_EXPECTED[name]))
        else:
            fields.setdefault(*found)
    return Parameters(fields=fields, words=tuple(words), unread=tuple(unread))


def _flat(parameters: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Yield every parameter, including those inside `constraints` and `targets` objects."""
    for key, value in list(parameters.items())[:ITEMS_MAX]:
        if key.strip().lower() in _WORDED and isinstance(value, Mapping):
            yield from _items(value)
        else:
            yield key, value


def _items(value: Value) -> list[tuple[str, Value]]:
    inside = cast("Mapping[object, Value]", value)
    return [(str(name), nested) for name, nested in list(inside.items())[:ITEMS_MAX]]


def _texts(value: Value) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        return None
    items = cast("Sequence[Value]", value)[:ITEMS_MAX]
    return [item for item in items if isinstance(item, str)] if _are_texts(items) else None


def _are_texts(items: Sequence[Value]) -> bool:
    return all(isinstance(item, str) for item in items)


def _number(value: Value, *units: Unit) -> float | None:
    """Return a finite number, or the only quantity in a text if it is in one of `units` or has no unit."""
    if isinstance(value, str):
        found = read_numbers(value)
        if len(found) != 1 or found[0].unit not in (*units, Unit.BARE) or found[0].doubt:
            return None
        is_foreign = found[0].unit is Unit.MONEY and not found[0].is_usd
        return None if is_foreign else found[0].value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _positive(field: str, *units: Unit) -> Callable[[Value], _Field]:
    def read(value: Value) -> _Field:
        number = _number(value, *units)
        return None if number is None or number <= 0 else (field, number)

    return read


def _share(field: str, *, least: float, most: float) -> Callable[[Value], _Field]:
    """Return a reader of shares that accepts 0.2, 20 and "20 %" as the same value."""

    def read(value: Value) -> _Field:
        number = _number(value, Unit.SHARE)
        if number is None:
            return None
        is_percent = abs(number) >= most and not (isinstance(value, str) and "%" in value)
        share = number / 100 if is_percent else number
        return (field, share) if least < share < most else None

    return read


def _priority(value: Value) -> _Field:
    known = {priority.value: priority for priority in Priority}
    return (
        ("priority", known[value.strip().lower()])
        if isinstance(value, str) and value.strip().lower() in known
        else None
    )


def _latency(value: Value) -> _Field:
    limits = _items(value) if isinstance(value, Mapping) else [("", value)]
    read = {part: _number(limit, Unit.MS) for part, limit in limits}
    good = {part: limit for part, limit in read.items() if limit is not None and limit > 0}
    return ("latency_ms", good) if good and len(good) == len(read) else None


def _names(field: str) -> Callable[[Value], _Field]:
    def read(value: Value) -> _Field:
        texts = _texts(value)
        names = tuple(text.strip() for text in texts or () if text.strip())
        return (field, names) if names else None

    return read


def _kinds(value: Value) -> _Field:
    kinds = tuple(text.strip().lower().replace("-", "_").replace(" ", "_") for text in _texts(value) or ())
    return ("analyses", kinds) if kinds and set(kinds) <= set(ORDER) else None


def _model(value: Value) -> _Field:
    return ("model", value.strip()) if isinstance(value, str) and value.strip() else None


def _served_on(value: Value) -> _Field:
    return ("served_on", value.strip()) if isinstance(value, str) and value.strip() else None


def _replicas(value: Value) -> _Field:
    number = _number(value)
    return ("served_replicas", int(number)) if number is not None and 1 <= number <= 512 else None


def _balancing(value: Value) -> _Field:
    word = value.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else ""
    return ("balancing", word) if word in {"random", "round_robin", "least_loaded"} else None


def _spare(value: Value) -> _Field:
    number = _number(value)
    return ("spare_replicas", int(number)) if number is not None and 0 <= number <= _SPARE_MOST else None


def _split(value: Value) -> _Field:
    word = value.strip().lower().rstrip("s") if isinstance(value, str) else ""
    part = {"function": "template", "prompt": "template"}.get(word, word)
    return ("split_by", part) if part in {"tool", "feature", "template"} else None


def _instant(value: Value) -> _Field:
    if isinstance(value, datetime):
        return ("change_at", value if value.tzinfo else value.replace(tzinfo=UTC))
    found = iso_instant(value) if isinstance(value, str) else None
    return None if found is None else ("change_at", found)


_WORDED: Final = ("constraints", "targets", "goals")
_SPELLINGS: Final[tuple[tuple[Callable[[Value], _Field], str, str], ...]] = (
    (_priority, "priority", "priority is one of cost, performance, balanced"),
    (
        _positive("budget_usd_per_month", Unit.MONEY),
        "budget budget_usd budget_usd_per_month monthly_budget max_budget budget_per_month",
        "a budget is a number of US dollars a month above 0",
    ),
    (
        _share("saving_share", least=-1_000, most=1),
        "saving_share saving savings cost_reduction target_savings",
        "a saving is a share below 1, as 0.2 or “20%”",
    ),
    (_positive("speedup", Unit.FACTOR), "speedup speed_up", "a speed-up is a factor above 0, as 2 or “2x”"),
    (
        _share("traffic_growth", least=-1, most=10),
        "traffic_growth growth usage_growth",
        "growth is a share above -1, as 0.5 or “50%”",
    ),
    (
        _positive("ttft_ms_p99", Unit.MS),
        "ttft ttft_ms ttft_ms_p99 max_ttft_ms",
        "a time to first token is milliseconds above 0",
    ),
    (
        _positive("tpot_ms_p99", Unit.MS),
        "tpot tpot_ms tpot_ms_p99 max_tpot_ms",
        "a time per output token is milliseconds above 0",
    ),
    (
        _latency,
        "latency latency_ms latency_ms_p99 max_latency max_latency_ms latency_limits",
        "a latency limit is milliseconds above 0, or an object of them by feature",
    ),
    (
        _positive("gpu_memory_gib", Unit.GIB),
        "gpu_memory gpu_memory_gib gpu_memory_gb",
        "GPU memory is GiB above 0",
    ),
    (
        _names("features"),
        "feature features function functions tool tools",
        "names are a text or a list of texts",
    ),
    (_names("models"), "models candidates candidate_models", "models are a text or a list of texts"),
    (_names("gpus"), "gpu gpus", "GPUs are a text or a list of texts"),
    (_model, "model", "a model is the name of one"),
    (_kinds, "analysis analyses kinds", f"the kinds of analysis are {', '.join(ORDER)}"),
    (_served_on, "served_on present_gpus", "what serves the log now is a text, as “4x H100”"),
    (_replicas, "served_replicas present_replicas", "replicas are a whole number from 1 to 512"),
    (_balancing, "balancing load_balancing", "balancing is one of random, round_robin, least_loaded"),
    (_spare, "spare spare_replicas", "spare replicas are a whole number from 0 to 64"),
    (_split, "split_by group_by", "split_by is one of tool, feature, template"),
    (_instant, "change_at changed_at since", "an instant is ISO 8601, as 2026-11-20 or 2026-11-20T14:00:00Z"),
    (lambda _: None, "constraints targets goals", "expected texts, or an object of limits by name"),
)
_READERS: Final = {name: read for read, names, _ in _SPELLINGS for name in names.split()}
_EXPECTED: Final = {name: expected for _, names, expected in _SPELLINGS for name in names.split()}
