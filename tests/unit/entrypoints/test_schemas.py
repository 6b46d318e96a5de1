"""Schemas of the documents: instants, enums, and which fields are always there."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from netra.entrypoints.schemas import PUBLISHED, components, one_of, reference


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    """An answer's part.

    With a second paragraph.
    """

    at: datetime | None = None
    all_at: list[datetime] = []
    word: Annotated[str, one_of(["b", "a"])]
    letter: Literal["a", "b"]


class Lean(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="lean"):
    """An answer that leaves defaults out."""

    note: str | None = None
    either: int | str | None = None
    count: int = 0
    later: int | UnsetType = UNSET
    whole: Annotated[Any, msgspec.Meta(extra={PUBLISHED: {"type": "object"}})] = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A request."""

    note: str | None = None
    inner: Inner


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer."""

    lines: list[Inner]
    note: str | None = None


class Optional(msgspec.Struct, frozen=True, kw_only=True):
    """A request without required fields."""

    note: str | None = None


def test_what_an_answer_always_has_is_required() -> None:
    schema = components([Answered], sent=[])["Answered"]
    assert schema["required"] == ["lines", "note"]
    assert "default" not in schema["properties"]["note"]


def test_what_a_request_may_leave_out_is_not_required() -> None:
    made = components([], sent=[Sent, Optional])
    assert made["Sent"]["required"] == ["inner"]
    assert "required" not in made["Optional"]
    assert "default" not in made["Sent"]["properties"]["note"]


def test_what_is_left_out_when_empty_is_optional_and_never_null() -> None:
    schema = components([Lean], sent=[])["Lean"]
    assert schema["required"] == ["type"]
    assert schema["properties"]["type"] == {"type": "string", "const": "lean"}
    assert schema["properties"]["note"] == {"type": "string"}
    assert {"type": "null"} in schema["properties"]["either"]["anyOf"]
    assert schema["properties"]["count"]["default"] == 0
    assert schema["properties"]["whole"] == {"type": "object"}


def test_instants_and_words_say_what_they_are() -> None:
    properties = components([Inner], sent=[])["Inner"]["properties"]
    assert properties["at"]["anyOf"][0]["format"] == "date-time"
    assert properties["all_at"]["items"]["format"] == "date-time"
    assert properties["word"] == {"type": "string", "enum": ["a", "b"]}
    assert properties["letter"] == {"type": "string", "enum": ["a", "b"]}


def test_a_description_is_that_of_the_struct_without_its_margin() -> None:
    assert components([Inner], sent=[])["Inner"]["description"].endswith("\n\nWith a second paragraph.")


def test_a_reference_to_a_list_of_words_is_a_whole_schema() -> None:
    assert reference(Literal["x", "y"]) == {"type": "string", "enum": ["x", "y"]}
