"""Reduces a JSON schema to the keywords that OpenAI documents for strict answers.

Dropping the others loses nothing: the caller checks the answer against the full schema.
"""

from collections.abc import Mapping
from typing import Any, Final

# Structured outputs, supported schemas, as documented in February 2026. A request with any other keyword is
# rejected; string lengths are a common example.
KEYWORDS: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref"}
    | {"$defs", "description", "pattern", "format", "multipleOf", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"}
)
NAMED: Final = frozenset({"properties", "$defs"})  # their keys are names, not keywords

Schema = Mapping[str, Any]  # Any: a JSON schema


def strict(schema: Schema) -> dict[str, Any]:
    """Return the supported part of `schema`; an enum gets its type, which strict mode requires.

    >>> strict({"type": "string", "maxLength": 9, "pattern": "^a"})
    {'type': 'string', 'pattern': '^a'}
    >>> strict({"enum": ["cost", "performance"]})
    {'enum': ['cost', 'performance'], 'type': 'string'}
    """
    taken = {key: _inner(key, value) for key, value in schema.items() if key in KEYWORDS}
    choices = taken.get("enum", ())
    if "type" not in taken and choices and all(isinstance(one, str) for one in choices):
        taken["type"] = "string"
    return taken


def _inner(key: str, value: Any) -> Any:  # Any: a part of a JSON schema
    if key in NAMED:
        return {name: strict(one) for name, one in value.items()}
    if key == "anyOf":
        return [strict(one) for one in value]
    if key == "items":
        return strict(value)
    return value
