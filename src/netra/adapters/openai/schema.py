"""A JSON schema as strict answers take it: the keywords that OpenAI documents, and no others.

What is left out is no loss: whoever asked checks the answer against all of it.
"""

from collections.abc import Mapping
from typing import Any, Final

# Structured outputs, supported schemas, as documented in February 2026. A request with another
# keyword is refused as a whole; lengths of strings are the ones that JSON schemas often have.
KEYWORDS: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref"}
    | {"$defs", "description", "pattern", "format", "multipleOf", "minimum", "maximum"}
    | {"exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"}
)
NAMED: Final = frozenset({"properties", "$defs"})  # whose keys are names, not keywords

Schema = Mapping[str, Any]  # Any: a JSON schema


def strict(schema: Schema) -> dict[str, Any]:
    """Return what is taken of `schema`; choices say what type they are of, as strict ones must.

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
