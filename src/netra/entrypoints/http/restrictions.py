"""Completes a generated OpenAPI document with bounds on sizes and types that the Structs do not declare.

It states only bounds that are already enforced elsewhere.
"""

from collections.abc import Iterator
from copy import deepcopy

from netra.entrypoints.schemas import ID_MAX, WELL_FORMED, Json, names_within, restrict, within


def restricted(made: Json) -> Json:
    """Return the document with a format for every integer and bounds for everything that clients send."""
    document = deepcopy(made)  # parts of the input are constants
    for schema in within(document):
        if schema.get("type") == "integer":
            schema.setdefault("format", "int64")
    for operation in _operations(document):
        for parameter in operation["parameters"]:
            _restrict_parameter(parameter)
    for name in sent_by_clients(document):
        for schema in within(document["components"]["schemas"][name]):
            restrict(schema)
    return document


def sent_by_clients(document: Json) -> set[str]:
    """Return the names of the schemas used in request bodies."""
    bodies = [operation.get("requestBody", {}) for operation in _operations(document)]
    return names_within(bodies, document["components"]["schemas"])


def _restrict_parameter(parameter: Json) -> None:
    schema = parameter["schema"]
    if parameter["in"] == "path" and schema.get("type") == "string":
        schema.update(pattern=WELL_FORMED, maxLength=ID_MAX)
    for part in within(schema):
        restrict(part)


def _operations(document: Json) -> Iterator[Json]:
    for methods in document["paths"].values():
        yield from methods.values()
