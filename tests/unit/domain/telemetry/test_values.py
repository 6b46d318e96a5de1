"""Reading the values of attributes: text that is a number, JSON, or a Python literal."""

from typing import Any

import pytest

from netra.domain.telemetry.records import adjusted_count
from netra.domain.telemetry.values import (
    LABEL_MAX,
    TEXT_READ_MAX,
    count_of,
    first,
    first_count,
    first_label,
    label_of,
    list_of,
    number_of,
    numbers_in,
    object_of,
    truth_of,
)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        *((7, 7), ("7", 7), (7.0, 7), (0, 0)),
        *((-1, None), ("Infinity", None), ("NaN", None), (True, None), (7.5, None), (None, None)),
        *(([7], None), ("seven", None), (10**9, None), (10**400, None)),
    ],
)
def test_a_count_is_a_whole_number_however_it_is_sent(value: Any, count: int | None) -> None:
    assert count_of(value) == count


def test_the_first_readable_value_wins() -> None:
    sent = {"b": "x", "c": "5", "d": 6, "e": "", "f": "name"}
    assert first(sent, ("a", "b", "c")) == "x"
    assert first(sent, ("a",)) is None
    assert first_count(sent, ("a", "b", "c", "d")) == 5
    assert first_count(sent, ("a", "b")) is None
    assert first_label(sent, ("e", "f")) == "name"
    assert first_label(sent, ("e",)) is None


def test_labels_are_cut_and_other_values_are_none() -> None:
    assert label_of("x" * 300) == "x" * LABEL_MAX
    assert label_of(" a\x00b ") == "ab"
    assert label_of(429) == "429"
    assert [label_of(value) for value in ("", True, None, 1.5, ["a"])] == [None] * 5


def test_truth_values_may_be_text() -> None:
    assert [truth_of(value) for value in (True, "TRUE", " false ", "yes", 1, None)] == [
        *(True, True, False, None, None, None)
    ]


def test_numbers_are_finite_and_not_negative() -> None:
    assert [number_of(value) for value in ("1.5", 2, float("inf"), -1, "x")] == [1.5, 2.0, None, None, None]


def test_objects_may_be_json_text_and_anything_else_is_empty() -> None:
    assert object_of('{"a": 1}') == {"a": 1}
    assert object_of({"a": 1}) == {"a": 1}
    too_long = '{"a": "' + "x" * TEXT_READ_MAX + '"}'
    assert [object_of(value) for value in ("[1]", "{broken", too_long, 7, "{\ud800")] == [{}] * 5


def test_lists_may_be_json_text_and_one_text_is_a_list_of_one() -> None:
    assert list_of(["stop"]) == ["stop"]
    assert list_of('["stop"]') == ["stop"]
    assert list_of("stop") == ["stop"]
    assert list_of("[broken") == ["[broken"]
    assert [list_of(value) for value in (None, "x" * (TEXT_READ_MAX + 1))] == [[], []]


def test_numbers_of_an_object_are_found_by_the_name_of_their_leaf() -> None:
    nested = {"a": 1, "inner": {"a": 2, "b": "3", "deep": {"c": 4}}, "text": "x"}
    assert numbers_in(nested) == {"a": 1.0, "b": 3.0, "c": 4.0}
    assert numbers_in({"1": {"2": {"3": {"4": {"5": {"far": 1}}}}}}) == {}
    assert numbers_in('{"a": 1}') == {"a": 1.0}
    assert numbers_in(7) == {}


def test_numbers_of_a_python_literal_are_read_without_evaluating_it() -> None:
    text = "{'prompt_tokens': 9, 'details': Wrapper({'cached_tokens': 4, 'audio': None}), 'low': -1}"
    assert numbers_in(text) == {"prompt_tokens": 9.0, "cached_tokens": 4.0}
    many = "{" + ", ".join(f"'n{place}': {place}" for place in range(300)) + "}"
    assert len(numbers_in(many)) == 200


@pytest.mark.parametrize(
    ("state", "count"),
    [
        ("ot=th:8", 2.0),
        ("a=b, ot=rv:1;th:c", 4.0),
        ("ot=rv:1", 1.0),
        ("ot=th:", 1.0),
        ("ot=th:zz", 1.0),
        ("", 1.0),
    ],
)
def test_a_sampled_span_says_how_many_it_stands_for(state: str, count: float) -> None:
    assert adjusted_count(state) == count
