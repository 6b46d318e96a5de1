"""Completes a generated OpenAPI document with bounds on sizes and types that the Structs do not declare.

It states only bounds that are already enforced elsewhere.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, cast

from netra.entrypoints.start_run import ID_MAX, WELL_FORMED

Json = dict[str, Any]  # Any: a JSON Schema, which may hold anything

INT_64: Final = {"minimum": -(2**63), "maximum": 2**63 - 1}  # the integer range of every store
NO_NUL: Final = r"^[^\u0000]*$"  # no store accepts the character U+0000
TEXT_MAX: Final = 1_048_576  # characters; the byte limit of a body, of which a text is a part
_RESTRICTING: Final = frozenset({"format", "pattern", "enum", "const"})
_SCHEMAS: Final = "#/components/schemas/"


def restricted(made: Json) -> Json:
    """Return the document with completed schemas: bounds of numbers everywhere, other bounds for requests."""
    document = deepcopy(made)  # parts of the input are constants
    for schema in _within(document):
        if schema.get("type") == "integer":
            schema.setdefault("format", "int64")
    for operation in _operations(document):
        for parameter in operation["parameters"]:
            _restrict_parameter(parameter)
    for name in sent_by_clients(document):
        for schema in _within(document["components"]["schemas"][name]):
            _restrict(schema)
    return document


def sent_by_clients(document: Json) -> set[str]:
    """Return the names of the schemas used in request bodies."""
    found: set[str] = set()
    waiting = [name for one in _operations(document) for name in _named(one.get("requestBody", {}))]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_named(document["components"]["schemas"][name]))
    return found


def _restrict_parameter(parameter: Json) -> None:
    schema = parameter["schema"]
    if parameter["in"] == "path" and schema.get("type") == "string":
        schema.update(pattern=WELL_FORMED, maxLength=ID_MAX)
    _restrict(schema)


def _restrict(schema: Json) -> None:
    """Add the bounds that apply to everything a client sends."""
    match schema.get("type"):
        case "integer":
            schema.update({**INT_64, **schema})
        case "string" if not {"enum", "const"} & schema.keys():
            if not _RESTRICTING & schema.keys():
                schema["pattern"] = NO_NUL
            is_id = schema.get("pattern") == WELL_FORMED
            schema.setdefault("maxLength", ID_MAX if is_id else TEXT_MAX)
        case _:
            return


def _operations(document: Json) -> Iterator[Json]:
    for methods in document["paths"].values():
        yield from methods.values()


def _named(value: object) -> Iterator[str]:
    for schema in _within(value):
        reference = schema.get("$ref", "")
        if isinstance(reference, str) and reference.startswith(_SCHEMAS):
            yield reference.removeprefix(_SCHEMAS)


def _within(value: object) -> Iterator[Json]:
    """Yield every object in a JSON value, outermost first."""
    if isinstance(value, Mapping):
        node = cast("Json", value)
        yield node
        for inner in list(node.values()):
            yield from _within(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _within(inner)
