"""Narrow decoded JSON: a value of unknown type to an object or an array."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:  # Any: JSON
    """Return whether `value` is a JSON object."""
    return isinstance(value, Mapping)


def is_array(value: object) -> TypeGuard[list[Any]]:  # Any: JSON
    """Return whether `value` is a JSON array."""
    return isinstance(value, list)


def is_series(value: object) -> TypeGuard[Sequence[Any]]:  # Any: JSON
    """Return whether `value` is an array as a list or a tuple."""
    return isinstance(value, list | tuple)
