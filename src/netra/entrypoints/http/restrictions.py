"""What the OpenAPI document says of sizes and kinds beyond what the Structs say: a pass over a made document.

It states bounds that hold already, because something else enforces them; it invents none.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, cast

from netra.entrypoints.start_run import ID_MAX, WELL_FORMED

Json = dict[str, Any]  # Any: a JSON Schema, which may hold anything

INT_64: Final = {"minimum": -(2**63), "maximum": 2**63 - 1}  # what every store keeps
NO_NUL: Final = r"^[^\u0000]*$"  # no store keeps one
TEXT_MAX: Final = 1_048_576  # characters: the bytes of a body, of which this is only a part
_RESTRICTING: Final = frozenset({"format", "pattern", "enum", "const"})
_SCHEMAS: Final = "#/components/schemas/"


def restricted(made: Json) -> Json:
    """Return the document with its schemas completed: numbers everywhere, and all that a client may send."""
    document = deepcopy(made)  # parts of it are constants
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
    """Return the names of the schemas that bodies of requests are made of."""
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
    """State what holds of anything a client sends."""
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
    """Yield every object in a JSON value, the outermost first."""
    if isinstance(value, Mapping):
        node = cast("Json", value)
        yield node
        for inner in list(node.values()):
            yield from _within(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _within(inner)
