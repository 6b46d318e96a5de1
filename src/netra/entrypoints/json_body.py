"""Parses JSON that a client sent; finds invalid JSON, and fields that violate the schema.

It translates msgspec's messages into ours; it does not validate meaning.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
import numpy as np

from netra.domain.errors import Fault, InvalidRequest, ValidationFailed

T = TypeVar("T")

DEPTH_MAX: Final = 32  # nesting depth of objects and lists; each level costs the parser a recursive call

_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_NAMED: Final = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<name>[^`]*)`")


def read_object(raw: bytes | str, *, subject: str = "The body") -> dict[str, Any]:
    """Return the JSON object in `raw`. Raises `InvalidRequest` for anything else, with `subject` as its name.

    More than `DEPTH_MAX` levels raise `ValidationFailed`, before decoding.

    >>> read_object(b'{"a": 1}')
    {'a': 1}
    """
    _check_depth(raw)
    try:
        return read_as(raw, dict[str, Any], subject=subject)
    except ValidationFailed as error:  # a number that no type can hold
        raise InvalidRequest(f"{subject} cannot be read: {error.message}.") from error


def read_as(raw: bytes | str, kind: type[T], *, subject: str = "The body") -> T:
    """Return the JSON object in `raw` as `kind`.

    Raises `InvalidRequest` when it is not a JSON object, `ValidationFailed` when it has another shape.
    """
    if not raw.strip():
        raise InvalidRequest("A JSON body is required." if subject == "The body" else f"{subject} is empty.")
    try:
        return msgspec.json.decode(raw, type=kind)
    except RecursionError:
        raise InvalidRequest("The JSON is nested too deeply.") from None
    except msgspec.ValidationError as error:
        if str(error).startswith("Expected `object`, got") and " - at " not in str(error):
            raise InvalidRequest(f"{subject} must be a JSON object.") from error
        raise _refused(error) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidRequest(f"{subject} is not valid JSON: {error}.") from error


def _check_depth(raw: bytes | str) -> None:
    text = raw.encode(errors="replace") if isinstance(raw, str) else raw
    if text.count(b"{") + text.count(b"[") <= DEPTH_MAX:
        return  # the usual case
    # otherwise it is invalid anyway
    is_whole = text.lstrip().startswith(b"{") and text.rstrip().endswith(b"}")
    if is_whole and depth_of(text) > DEPTH_MAX:
        raise ValidationFailed.of("", "too_deep", f"JSON may be nested at most {DEPTH_MAX} levels deep")


def depth_of(text: bytes) -> int:
    """Return the nesting depth of a JSON text, without decoding it.

    >>> depth_of(b'{"a": [{"not counted": "[[["}]}')
    3
    """
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"")  # every remaining quote begins or ends a string
    signs = np.frombuffer(plain, np.uint8)
    is_outside = np.cumsum(signs == ord('"')) % 2 == 0
    opens = (signs == ord("{")) | (signs == ord("["))
    closes = (signs == ord("}")) | (signs == ord("]"))
    steps = (opens.astype(np.int64) - closes) * is_outside
    return int(np.cumsum(steps).max(initial=0))


def shaped(value: object, kind: type[T]) -> T:
    """Return decoded JSON as `kind`. Raises `ValidationFailed` with the field's path."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _refused(error) from error


def whole_numbers(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields with 3.0 as 3: the same number in JSON, but not for strict decoding.

    >>> whole_numbers({"replicas": 3.0, "batch_share": 0.5})
    {'replicas': 3, 'batch_share': 0.5}
    """
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
    }


def fault_of(text: str, *, within: str = "") -> Fault:
    """Return msgspec's message as a fault; its path begins with `within`.

    >>> fault_of("Object missing required field `message`").path
    'message'
    >>> fault_of("Expected `str`, got `int` - at `$.context.workload_id`").path
    'context.workload_id'
    """
    match = _AT.match(text)
    what, inner = (match["what"], match["path"] or "") if match else (text, "")
    named = _NAMED.match(what)
    parts = [within, inner.lstrip("."), named["name"] if named else ""]
    path = ".".join(part for part in parts if part)
    sentence = f"{path}: {what}" if path and not named else what
    return Fault(path=path, code=_code_of(what), message=sentence)


def _refused(error: msgspec.ValidationError) -> ValidationFailed:
    fault = fault_of(str(error))
    return ValidationFailed(fault.message, [fault])


def _code_of(what: str) -> str:
    if what.startswith("Object missing"):
        return "missing"
    if what.startswith("Object contains unknown"):
        return "unknown_field"
    if "matching regex" in what:
        return "malformed"
    return "wrong_type" if ", got `" in what else "out_of_range"
