"""Strict answers take a part of JSON schema; the forms that are asked for lie inside it."""

from collections.abc import Iterator
from typing import Any

import msgspec
from tests.conftest import SteppedClock

from netra.adapters.memory.language_model import ScriptedLanguageModel
from netra.adapters.openai.schema import KEYWORDS, strict
from netra.domain.agents.language.allowance import Allowance, MeteredModel
from netra.domain.agents.language.hearing import read_with_model
from netra.domain.agents.model import Question
from netra.domain.ids import UserId


class Inner(msgspec.Struct):
    """A part of a form."""

    text: str
    note: str = ""


class Form(msgspec.Struct):
    """A form with what JSON schemas have."""

    inner: Inner
    several: tuple[Inner, ...] | None = None


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schema and every one inside it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    for one in inner:
        yield from schemas(one)


def test_names_of_fields_are_no_keywords() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string", "title": "T"}}}
    assert strict(schema) == {"type": "object", "properties": {"title": {"type": "string"}}}


def test_parts_inside_parts_are_taken_alike() -> None:
    schema = msgspec.json.schema(Form)
    assert any("default" in one for one in schemas(schema))
    taken = strict(schema)
    assert set(taken["$defs"]) == {"Form", "Inner"}
    assert all(one.keys() <= KEYWORDS for one in schemas(taken))


async def test_the_form_that_reads_questions_is_one_that_openai_takes(clock: SteppedClock) -> None:
    model = ScriptedLanguageModel(lambda _: "{}")
    question = Question(owner_id=UserId(1), message="make it cheaper")
    await read_with_model(
        question.message,
        (),
        metered=MeteredModel(model=model, allowance=Allowance(), clock=clock, question=question),
    )
    (prompt,) = model.prompts
    assert prompt.answer_schema is not None
    taken = strict(prompt.answer_schema)
    for one in schemas(taken):
        assert one.keys() <= KEYWORDS
        assert "type" in one or "anyOf" in one
        if one.get("type") == "object":
            assert set(one["required"]) == set(one["properties"])
            assert one["additionalProperties"] is False
