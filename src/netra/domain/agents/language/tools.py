"""Define the tools that a language model may call: typed, read-only queries of one log.

The log was read for its owner beforehand, so no argument can reach another owner's data. An unknown
tool or argument is answered with an error.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np

from netra.domain.agents.language.masks import Json, Mask, as_json
from netra.domain.errors import NetraError, WorkStopped
from netra.domain.offload import run_in_thread
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.engine import Analysis
from netra.domain.optimization.explain.explanation import explained
from netra.domain.optimization.explain.periods import PeriodText, periods_of
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.pricing import Rate
from netra.domain.optimization.what_if.simulate import Name, Proposal
from netra.domain.what_if.trial import what_if
from netra.domain.workloads.columns import Events, Labels, instant_of
from netra.ports.language_model import Tool, ToolCall
from netra.ports.prices import PriceBook

ARGUMENTS_MAX: Final = 2_000  # longest arguments in characters
ROWS_MAX: Final = 12  # most rows of any list in a result
CALLS_MAX: Final = 8  # most tool calls of one run


class _Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of tool arguments: rejects unknown fields."""


class ProfileQuery(_Closed, frozen=True, kw_only=True):
    """The log in numbers: calls, tokens, models, features, arrivals, latencies."""


class Analyse(_Closed, frozen=True, kw_only=True):
    """All that one kind of analysis found, with its inputs."""

    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Compare(_Closed, frozen=True, kw_only=True):
    """What the whole log would cost on each of some models."""

    models: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=4)]


class Simulate(Proposal, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a proposed change would come to on the log, step by step."""


class Explain(_Closed, frozen=True, kw_only=True):
    """Why the bill of one period differs from another's: the effect of volume, mix, lengths, cache, prices.

    An ISO 8601 instant ends the period before, and begins the one after; or a period, as
    2026-11-20/2026-11-21.
    """

    before: PeriodText
    after: PeriodText | None = None


class Price(_Closed, frozen=True, kw_only=True):
    """The list prices of a model."""

    model: Name


class FindEvents(_Closed, frozen=True, kw_only=True):
    """Single calls of the log: the first by cost, latency, output or time."""

    feature: Name | None = None
    function: Name | None = None
    tool: Name | None = None
    model: Name | None = None
    order: Literal["cost", "latency", "output_tokens", "time"] = "cost"
    limit: Annotated[int, msgspec.Meta(ge=1, le=10)] = 5


class LookUpTools(msgspec.Struct, frozen=True, kw_only=True):
    """The data that tools read: one log of the owner, and the engine's analysis."""

    events: Events
    analysis: Analysis
    priced_as: str | None  # the model whose prices replace those of the calls
    book: PriceBook
    default_model: str
    hardware: Hardware
    mask: Mask
    checkpoint: Checkpoint

    @property
    def study(self) -> Study:
        """Return the analysed log."""
        return self.analysis.study


class LookUpResult(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call and its outcome; `result` is None if it failed."""

    tool: str
    outcome: Literal["done", "unknown_tool", "bad_arguments", "refused", "too_many"]
    result: Json = None
    why: str = ""


_Arguments = ProfileQuery | Analyse | Compare | Simulate | Explain | Price | FindEvents
_TOOLS: Final[Mapping[str, type[_Arguments]]] = {
    "profile": ProfileQuery,
    "analyse": Analyse,
    "compare": Compare,
    "simulate": Simulate,
    "explain": Explain,
    "price": Price,
    "find_events": FindEvents,
}


def tools() -> tuple[Tool, ...]:
    """Return the tools as offered to the model.

    >>> [tool.name for tool in tools()]
    ['profile', 'analyse', 'compare', 'simulate', 'explain', 'price', 'find_events']
    """
    return tuple(
        Tool(name=name, description=(kind.__doc__ or "").strip(), parameters=_schema(kind))
        for name, kind in _TOOLS.items()
    )


async def look_up(call: ToolCall, lookups: LookUpTools) -> LookUpResult:
    """Run the tool and return its result, or the reason it failed. Raises `WorkStopped` only."""
    kind = _TOOLS.get(call.name)
    if kind is None:
        return LookUpResult(tool="?", outcome="unknown_tool", why="There is no such tool.")
    if len(call.arguments_json) > ARGUMENTS_MAX:
        return LookUpResult(tool=call.name, outcome="bad_arguments", why="The arguments are too long.")
    try:
        arguments = msgspec.json.decode(call.arguments_json or "{}", type=kind)
        found = await run_in_thread(
            partial(_used, lookups=lookups, arguments=_unmasked(arguments, lookups.mask)),
            checkpoint=lookups.checkpoint,
        )
    except (msgspec.MsgspecError, UnicodeError):
        return LookUpResult(tool=call.name, outcome="bad_arguments", why="The arguments do not fit the tool.")
    except WorkStopped:
        raise
    except NetraError as error:
        return LookUpResult(tool=call.name, outcome="refused", why=error.message)
    return LookUpResult(tool=call.name, outcome="done", result=_cut(as_json(found)))


def _schema(kind: type[_Arguments]) -> Mapping[str, object]:
    """Return the JSON schema of a tool's arguments, with references resolved."""
    (_,), components = msgspec.json.schema_components((kind,))
    schema = dict(components[kind.__name__])
    schema.pop("title", None)
    schema.pop("description", None)
    return {**schema, "additionalProperties": False}


def _unmasked(arguments: _Arguments, mask: Mask) -> _Arguments:
    """Return the arguments with labels replaced by the log's names."""
    changes: dict[str, Any] = {
        name: mask.unmask(value)
        for name, value in msgspec.structs.asdict(arguments).items()
        if isinstance(value, str)
    }
    return msgspec.structs.replace(arguments, **changes)


def _used(*, lookups: LookUpTools, arguments: _Arguments, checkpoint: Checkpoint) -> object:
    checkpoint(0.0, "Looking more closely at the log")
    match arguments:
        case ProfileQuery():
            return lookups.analysis.metrics.profile
        case Analyse():
            return _analysed(lookups, arguments.kind)
        case Compare() | Simulate():
            return _simulated(lookups, arguments, checkpoint)
        case Explain():
            periods = periods_of(arguments.before, arguments.after)
            return explained(lookups.events, prices=lookups.study.prices, periods=periods)
        case Price():
            return _price(lookups, arguments.model)
        case _:
            return _found(lookups, arguments)


def _analysed(lookups: LookUpTools, kind: str) -> object:
    found = [one for one in lookups.analysis.recommendations if one.kind == kind]
    return {"recommendations": found, "gaps": [gap for gap in lookups.analysis.gaps if gap.kind == kind]}


def _simulated(lookups: LookUpTools, arguments: Compare | Simulate, checkpoint: Checkpoint) -> object:
    if isinstance(arguments, Simulate):
        return _tried(lookups, arguments, checkpoint)
    return [_compared(lookups, model, checkpoint) for model in arguments.models]


def _compared(lookups: LookUpTools, model: str, checkpoint: Checkpoint) -> object:
    tried = _tried(lookups, Proposal(model=model), checkpoint)
    names = ("then_usd_in_window", "then_usd_per_month", "cost_change", "calls_that_do_not_fit")
    return {"model": model, **{name: tried[name] for name in names}}


def _tried(lookups: LookUpTools, proposal: Proposal, checkpoint: Checkpoint) -> dict[str, object]:
    tried = what_if(
        lookups.events, proposal, book=lookups.book, default_model=lookups.default_model,
        hardware=lookups.hardware, model=lookups.priced_as, checkpoint=checkpoint,
    )  # fmt: skip
    shown: dict[str, object] = msgspec.to_builtins(tried)
    return shown


def _price(lookups: LookUpTools, model: str) -> object:
    tariff = lookups.book.tariff(model)
    if tariff is None:
        return {"model": None, "note": "No price of this model is known."}
    return {
        "model": tariff.model,
        "provider": tariff.provider,
        "tokens_priced": 1_000_000,
        "usd_of_a_million_input_tokens": _millions(tariff.input),
        "usd_of_a_million_output_tokens": _millions(tariff.output),
        "usd_of_a_million_cached_input_tokens": _millions(tariff.cached_input),
    }


def _millions(rate: Rate | None) -> float | None:
    return None if rate is None else round(rate.usd_per_token * 1e6, 9)


def _found(lookups: LookUpTools, wanted: FindEvents) -> object:
    events, usd = lookups.study.events, lookups.study.now_usd
    where = np.ones(len(events), np.bool_)
    for column, name in (
        (events.feature, wanted.feature), (events.template, wanted.function), (events.tool, wanted.tool),
        (events.model, wanted.model),
    ):  # fmt: skip
        where &= _is_named(column, name, count=len(events))
    weight = _ORDERS[wanted.order](lookups.study)
    if weight is None:
        return {"calls": int(where.sum()), "events": [], "note": "The log does not hold what to order by."}
    places = np.flatnonzero(where)
    first = places[np.argsort(-np.nan_to_num(weight[places]), kind="stable")][: wanted.limit]
    return {"calls": len(places), "events": [_row(events, int(at), usd=float(usd[at])) for at in first]}


def _is_named(
    column: Labels | None, name: str | None, *, count: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if name is None:
        return np.ones(count, np.bool_)
    if column is None or name not in column.names:
        return np.zeros(count, np.bool_)
    return np.asarray(column.codes == column.names.index(name))


def _row(events: Events, at: int, *, usd: float) -> Mapping[str, object]:
    return {
        "event": events.name_of(at),
        "at": instant_of(int(events.at_ns[at])),
        "model": events.model.of(at),
        "feature": None if events.feature is None else events.feature.of(at),
        "input_tokens": int(events.input_tokens[at]),
        "output_tokens": int(events.output_tokens[at]),
        "latency_ms": None if events.latency_ms is None else float(np.nan_to_num(events.latency_ms[at])),
        "usd": usd,
    }


_Weights = np.ndarray[tuple[int], np.dtype[np.float64]]
_ORDERS: Final[Mapping[str, Callable[[Study], _Weights | None]]] = {
    "cost": lambda study: study.now_usd,
    "latency": lambda study: study.events.latency_ms,
    "output_tokens": lambda study: study.events.output_tokens.astype(np.float64),
    "time": lambda study: study.events.at_ns.astype(np.float64),
}


def _cut(value: Json) -> Json:
    """Return the result with every list cut to `ROWS_MAX`."""
    if isinstance(value, dict):
        return {key: _cut(inside) for key, inside in value.items()}
    return [_cut(item) for item in value[:ROWS_MAX]] if isinstance(value, list) else value
