"""Reading JSON: everything is either an object or a refusal that names what is wrong."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import InvalidRequest, ValidationFailed
from netra.entrypoints.json_body import DEPTH_MAX, depth_of, read_as, read_object, shaped
from netra.entrypoints.start_run import Ask

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """A list of asks."""

    asks: list[Ask]
    name: str = msgspec.field(default="")
    tag: str | None = None


@given(st.binary(max_size=64))
def test_no_bytes_crash_the_reader(raw: bytes) -> None:
    with contextlib.suppress(InvalidRequest):
        assert isinstance(read_object(raw), dict)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_an_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    assert read_object(json.dumps(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("raw", [b"", b" ", b"[1]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"a": 1e999}'])
def test_what_is_no_object_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_object(raw)


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        ({}, "asks", "missing"),
        ({"asks": 1}, "asks", "wrong_type"),
        ({"asks": [{"message": "a"}, {}]}, "asks[1].message", "missing"),
        ({"asks": [{"message": "a", "colour": 1}]}, "asks[0].colour", "unknown_field"),
        ({"asks": [{"message": "a", "parameters": []}]}, "asks[0].parameters", "wrong_type"),
        ({"asks": [], "name": 5}, "name", "wrong_type"),
        ({"asks": [], "extra": 5}, "extra", "unknown_field"),
    ],
)
def test_a_fault_names_its_field_in_full(value: dict[str, Any], path: str, code: str) -> None:
    reads: list[Callable[[], object]] = [
        lambda: shaped(value, Line),
        lambda: read_as(json.dumps(value), Line),
    ]
    for read in reads:
        with pytest.raises(ValidationFailed) as caught:
            read()
        (fault,) = caught.value.faults
        assert (fault.path, fault.code) == (path, code)


def test_a_text_is_read_strictly() -> None:
    with pytest.raises(ValidationFailed):
        shaped({"asks": [], "tag": 1}, Line)


def nested(levels: int, *, around: str = "{}") -> str:
    """Return an object that is `levels` deep, of objects and lists by turns."""
    opening = "".join('{"a":' if turn % 2 == 0 else "[" for turn in range(levels - 1))
    closing = "".join("}" if turn % 2 == 0 else "]" for turn in reversed(range(levels - 1)))
    return f"{opening}{around if levels % 2 else '[]'}{closing}"


def test_an_object_nests_as_deep_as_the_bound_and_no_deeper() -> None:
    assert read_object(nested(DEPTH_MAX))
    for too_deep in (nested(DEPTH_MAX + 1), nested(100_000)):
        with pytest.raises(ValidationFailed) as refused:
            read_object(too_deep)
        assert refused.value.faults[0].code == "too_deep"


def depth(value: Any) -> int:
    """Return the depth of a decoded value, by asking each part."""
    if not isinstance(value, dict | list):
        return 0
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, parts), default=0)


NASTY = st.text(st.sampled_from('{}[]"\\aé\n'))
DEEP = st.recursive(
    NASTY,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NASTY, inner, max_size=2),
    max_leaves=12,
)


@given(DEEP, st.booleans())
def test_the_depth_is_known_without_decoding(value: Any, is_ascii: bool) -> None:
    assert depth_of(json.dumps(value, ensure_ascii=is_ascii).encode()) == depth(value)


def test_many_shallow_things_are_not_deep() -> None:
    assert len(read_object(json.dumps({"a": [{"b": [1]}] * 1_000}))["a"]) == 1_000
