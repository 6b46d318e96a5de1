"""Reading JSON: everything is either an object or a refusal that names what is wrong."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import InvalidRequest, ValidationFailed
from netra.entrypoints.ask import Ask
from netra.entrypoints.reading import read_as, read_object, shaped

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
    for read in (lambda: shaped(value, Line), lambda: read_as(json.dumps(value), Line)):
        with pytest.raises(ValidationFailed) as caught:
            read()
        (fault,) = caught.value.faults
        assert (fault.path, fault.code) == (path, code)


def test_a_text_is_read_strictly() -> None:
    with pytest.raises(ValidationFailed):
        shaped({"asks": [], "tag": 1}, Line)
