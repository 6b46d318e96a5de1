"""Answers of OpenAI's API as they came: stored completions, responses, and files of finished batches."""

from typing import Final

from netra.adapters.files.formats.fields import at_of, label_in, model_of, nested
from netra.adapters.files.formats.model import Format, Row, Skip, each_row
from netra.domain.json_values import is_object
from netra.domain.telemetry.usage import settled, usage_of
from netra.domain.telemetry.values import count_of, label_of, list_of
from netra.domain.workloads.model import Event

NO_USAGE: Final = Skip("answers without token counts")
_OBJECTS: Final = frozenset(("chat.completion", "text_completion", "response"))


def is_row(row: Row) -> bool:
    """Return whether a row is an answer, or the line of a batch that holds one."""
    is_answer = row.get("object") in _OBJECTS and ("created" in row or "created_at" in row)
    return is_answer or ("custom_id" in row and "body" in nested(row, "response"))


def event_of(row: Row) -> Event | Skip:
    """Return the call of an answer."""
    is_batch = "custom_id" in row
    answer: Row = nested(row, "response", "body") if is_batch else row
    usage = settled(usage_of(answer.get("usage")))[0]
    if not usage.is_known:
        return NO_USAGE
    created = answer.get("created_at", answer.get("created"))
    choices = [one for one in list_of(answer.get("choices")) if is_object(one)]
    return Event(
        timestamp=at_of(created, "created"),
        id=label_in(answer, "id"),
        model=model_of(answer.get("model")),
        provider="openai",
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_input_tokens=usage.cached,
        reasoning_tokens=usage.reasoning,
        status=label_of(choices[0].get("finish_reason")) if choices else label_in(answer, "status"),
        offline=True if is_batch else None,
        service_tier="batch" if is_batch else label_in(answer, "service_tier"),
        max_output_tokens=count_of(answer.get("max_output_tokens")),
        feature=label_of(nested(answer, "metadata").get("feature")),
    )


OPENAI_ANSWERS: Final = Format(
    name="openai_answers", title="answers of OpenAI's API", is_row=is_row, reading=each_row(event_of)
)
