"""Reads a schema of the documents into a shape that every language can declare."""

import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

# Names of closed sets that occur in several places; other ones are named after their schema and field.
ENUM_NAMES = {
    ("cancelled", "completed", "failed", "processing"): "RunState",
    ("cancelled", "cancelling", "completed", "failed", "queued", "running"): "RunPhase",
    ("connected", "disconnected", "not_configured"): "ConnectionState",
    ("high", "low", "medium"): "Effort",
    ("bf16", "fp32", "fp4", "fp8", "int4", "int8"): "Precision",
    ("assistant", "user"): "MessageRole",
    ("admin", "member"): "UserRole",
}


@dataclass(frozen=True)
class Shape:
    """The type of a field: `kind` is a scalar, `list`, `map`, `ref`, `enum`, `const`, `union` or `any`."""

    kind: str
    name: str = ""  # of a reference or an enum
    of: tuple["Shape", ...] = ()
    values: tuple[str, ...] = ()
    is_nullable: bool = False


@dataclass(frozen=True)
class Field:
    """One field of an object."""

    name: str
    shape: Shape
    is_required: bool
    default: Any = None
    description: str = ""


@dataclass
class Declarations:
    """Everything to declare: objects by name, and enums by name."""

    objects: dict[str, tuple[str, list[Field]]] = field(default_factory=dict)
    enums: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)


def declarations(schemas: Json) -> Declarations:
    """Return the declarations of all schemas."""
    found = Declarations()
    for name, schema in schemas.items():
        if "enum" in schema:
            found.enums[name] = (schema.get("description", ""), tuple(schema["enum"]))
    for name, schema in schemas.items():
        if "enum" not in schema:
            required = schema.get("required", ())
            fields = [
                Field(
                    name=key,
                    shape=shape_of(inner, found, hint=name + pascal(key)),
                    is_required=key in required,
                    default=inner.get("default"),
                    description=inner.get("description", ""),
                )
                for key, inner in schema.get("properties", {}).items()
            ]
            found.objects[name] = (schema.get("description", ""), fields)
    return found


def shape_of(schema: Json, found: Declarations, *, hint: str) -> Shape:
    """Return the shape of a schema; an enum without a name gets one from `hint`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Shape("enum" if name in found.enums else "ref", name=name)
    if "anyOf" in schema:
        return _union(schema, found, hint=hint)
    if "const" in schema:
        return Shape("const", values=(schema["const"],))
    if "enum" in schema:
        values = tuple(schema["enum"])
        name = ENUM_NAMES.get(values, hint)
        found.enums.setdefault(name, ("", values))
        return Shape("enum", name=name)
    return _plain(schema, found, hint=hint)


def _union(schema: Json, found: Declarations, *, hint: str) -> Shape:
    present = [one for one in schema["anyOf"] if one != {"type": "null"}]
    is_nullable = len(present) < len(schema["anyOf"])
    shapes = tuple(shape_of(one, found, hint=hint) for one in present)
    if len(shapes) == 1:
        one = shapes[0]
        return Shape(one.kind, one.name, one.of, one.values, is_nullable)
    return Shape("union", of=shapes, is_nullable=is_nullable)


def _plain(schema: Json, found: Declarations, *, hint: str) -> Shape:
    match schema.get("type"):
        case "array":
            item = schema["prefixItems"][0] if "prefixItems" in schema else schema.get("items", {})
            return Shape("list", of=(shape_of(item, found, hint=hint),))
        case "object":
            inner = schema.get("additionalProperties")
            value = shape_of(inner, found, hint=hint) if isinstance(inner, dict) else Shape("any")
            return Shape("map", of=(value,))
        case "string":
            return Shape({"date-time": "instant", "date": "date"}.get(schema.get("format", ""), "string"))
        case "integer" | "number" | "boolean" as kind:
            return Shape(kind)
        case _:
            return Shape("any")


def pascal(name: str) -> str:
    """Return a name in the form of a type: `run_id` is `RunId`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def lines_of(text: str, *, width: int, prefix: str) -> list[str]:
    """Return a description as comment lines, each paragraph wrapped at `width`."""
    import textwrap

    found: list[str] = []
    for paragraph in text.split("\n\n"):
        found += textwrap.wrap(" ".join(paragraph.split()), width - len(prefix)) or [""]
        found.append("")
    return [(prefix + line).rstrip() for line in found[:-1]]
