"""Read a question with a language model, and merge its goals into the local reading.

The model may only fill what the local readers did not understand. Each of its fields rests on a quotation
from the user's messages; a number must be in its quotation, and a name must be in the message or in the log.
Where the two read different numbers, neither is used and the answer asks.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from netra.domain.agents.language.allowance import MeteredModel
from netra.domain.agents.language.prompts import READ_QUESTION, data, system
from netra.domain.agents.language.quotations import only_quoted, without_disputed, words_for
from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.numbers.model import Number
from netra.domain.agents.numbers.reader import read_numbers
from netra.domain.agents.question.goals import BEFORE_AFTER
from netra.domain.agents.question.heard import ModelReadGoals, QuestionReading
from netra.domain.agents.question.mentions import KnownNames, models_in, same_name
from netra.domain.optimization.metrics import GoalDifference
from netra.domain.optimization.model import Goals, Priority
from netra.domain.threads.model import Message, MessageRole
from netra.ports.language_model import LanguageModelFailed, Prompt

HISTORY_MESSAGES: Final = 12  # most recent messages of the thread sent to the model
HISTORY_CHARACTERS: Final = 6_000  # total characters of those messages; older ones are dropped first


class MergedGoals(msgspec.Struct, frozen=True, kw_only=True):
    """The local goals completed with the model's, and the differences between the two."""

    goals: Goals
    taken: tuple[str, ...] = ()  # fields that the model filled
    differences: tuple[GoalDifference, ...] = ()
    refused: tuple[str, ...] = ()  # fields rejected because the number or name is in no message


_NUMBERS: Final[Mapping[str, Unit]] = {
    "saving_share": Unit.SHARE,
    "traffic_growth": Unit.SHARE,
    "speedup": Unit.FACTOR,
    "budget_usd_per_month": Unit.MONEY,
    "ttft_ms_p99": Unit.MS,
    "tpot_ms_p99": Unit.MS,
    "latency_ms": Unit.MS,
}
"""The unit of each numeric field; the reader of numbers has the same scales."""


async def read_with_model(
    message: str, earlier: Sequence[Message], *, metered: MeteredModel
) -> QuestionReading:
    """Return the model's reading of the message; a failure of the model is a reading with a reason."""
    texts = tuple(one.content for one in earlier if one.role is MessageRole.USER)
    prompt = Prompt(
        messages=(system(READ_QUESTION), data(before=shown(earlier), message=message)),
        answer_schema=_schema(),
        answer_name="goals",
    )
    try:
        answer = await metered.whole(prompt)
        read = msgspec.json.decode(answer.text, type=ModelReadGoals)
    except LanguageModelFailed as error:
        return QuestionReading(reason=error.reason)
    except (msgspec.MsgspecError, UnicodeError):
        return QuestionReading(reason="malformed")
    return QuestionReading(goals=read, earlier=texts)


def recent(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the newest messages that fit the bounds, oldest first."""
    kept: list[Message] = []
    room = HISTORY_CHARACTERS
    for message in reversed(messages[-HISTORY_MESSAGES:]):
        room -= len(message.content)
        if room < 0:
            break
        kept.append(message)
    return tuple(reversed(kept))


def shown(messages: Sequence[Message]) -> list[Mapping[str, str]]:
    """Return a conversation as JSON data."""
    return [{"who": message.role.value, "said": message.content} for message in messages]


def merge_readings(local: Goals, reading: QuestionReading, *, message: str, names: KnownNames) -> MergedGoals:
    """Merge the model's reading into the local goals.

    A field counts only with a quotation from the user's messages. Where the two read different numbers,
    neither is taken and the answer asks.
    """
    if reading.goals is None:
        return MergedGoals(goals=local)
    texts = (message, *reading.earlier)
    read, unquoted = only_quoted(reading.goals, texts)
    is_lost = bool(local.unread or reading.earlier)
    open_ = [number for text in (*local.unread, *reading.earlier) for number in read_numbers(text)]
    taken: dict[str, Any] = {}
    differences: list[GoalDifference] = []
    refused: list[str] = [*unquoted]
    for field in _NUMBERS:
        mine, theirs = _mine(local, field), getattr(read, field)
        if theirs is None:
            continue
        if not _is_stated(field, theirs, read_numbers(words_for(reading.goals, field))):
            refused.append(field)
        elif mine is not None:
            if not math.isclose(mine, theirs, rel_tol=1e-3, abs_tol=1e-9):
                differences.append(GoalDifference(field=field, local=mine, model=theirs))
        elif _is_stated(field, theirs, open_):
            taken[field] = {"": theirs} if field == "latency_ms" else theirs
        else:
            refused.append(field)
    named = _names(local, read, texts=texts, names=names, is_lost=is_lost)
    taken |= {field: value for field, value in named.items() if value}
    refused += [field for field, value in named.items() if not value]
    taken |= _chosen(local, read, is_lost=is_lost)
    return MergedGoals(
        goals=_merged(local, taken, differences),
        taken=tuple(taken),
        differences=tuple(differences),
        refused=tuple(dict.fromkeys(refused)),
    )


def _merged(local: Goals, taken: Mapping[str, Any], differences: Sequence[GoalDifference]) -> Goals:
    """Return the goals with the fields taken, and without the numbers that the two read differently."""
    answered = {"ask_back": ""} if taken else {}  # the model understood what the local reader did not
    goals = msgspec.structs.replace(local, **taken, **answered)
    return goals if not differences else without_disputed(goals, differences)


def _mine(local: Goals, field: str) -> float | None:
    """Return the local value of a field; a limit of a single feature counts as a latency limit."""
    if field != "latency_ms":
        value: float | None = getattr(local, field)
        return value
    return next(iter(local.latency_ms.values()), None)


def _is_stated(field: str, value: float, numbers: Iterable[Number]) -> bool:
    unit = _NUMBERS[field]
    for number in numbers:
        values = [number.value] if number.high is None else [number.value, number.high]
        scale = 0.01 if unit is Unit.SHARE and number.unit is Unit.BARE else 1.0  # "20" may be 20 %
        is_of_unit = (number.is_usd if unit is Unit.MONEY else number.unit is unit) or scale != 1.0
        if is_of_unit and any(math.isclose(scale * one, abs(value), rel_tol=1e-6) for one in values):
            return not number.doubt
    return False


def _names(
    local: Goals, read: ModelReadGoals, *, texts: Sequence[str], names: KnownNames, is_lost: bool
) -> dict[str, tuple[str, ...]]:
    """Return the features and models to add: only if some words were unread, and only known names."""
    found: dict[str, tuple[str, ...]] = {}
    if read.features and not local.features and is_lost:
        found["features"] = _known(read.features, names.parts())
    if read.models and not local.models and is_lost:
        mentioned = [mention.name for text in texts for mention in models_in(text, known=names.models)]
        found["models"] = _known(read.models, mentioned)
    return found


def _known(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in known if any(same_name(name, other) for other in wanted)))


def _chosen(local: Goals, read: ModelReadGoals, *, is_lost: bool) -> dict[str, Any]:
    """Return the choices to add from fixed lists, for fields that the local reading left empty."""
    if not is_lost:
        return {}
    chosen: dict[str, Any] = {}
    if read.analyses and not local.analyses:
        chosen["analyses"] = read.analyses
    if read.split_by and local.split_by is None:
        chosen["split_by"] = read.split_by
    if read.priority and not _has_a_target(local):
        chosen["priority"] = Priority(read.priority)
    return chosen


def _has_a_target(local: Goals) -> bool:
    return BEFORE_AFTER in local.analyses or any(_mine(local, field) is not None for field in _NUMBERS)


def _schema() -> Mapping[str, object]:
    """Return the form's JSON schema with every field required."""
    kinds = msgspec.json.schema(ModelReadGoals)["$defs"]
    schema = _required(kinds["ModelReadGoals"])
    quotations = schema["properties"]["quotations"]
    for kind in quotations["anyOf"]:
        if kind.get("type") == "array":
            kind["items"] = _required(kinds["Quotation"])
    return schema


def _required(schema: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON schema
    """Return an object's schema without defaults, with every field required and no others."""
    properties = {name: {**kind} for name, kind in schema["properties"].items()}
    for kind in properties.values():
        kind.pop("default", None)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
