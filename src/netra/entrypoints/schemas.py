"""JSON Schemas of Structs as the OpenAPI and AsyncAPI documents publish them.

Corrects what msgspec leaves open: the format of instants, the type of enums, constants, and which fields of
an answer are always present. The same schema has one name and one form in both documents.
"""

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from netra.domain.json_values import is_array, is_object, is_series
from netra.domain.optimization.result import Advice

Json = dict[str, Any]  # Any: a JSON Schema, which may hold anything

REF: Final = "#/components/schemas/{name}"
PUBLISHED: Final = "published"  # the key of `Meta(extra=...)` under which a field states its whole schema

# Names that clash with built-in types of a language, or are too general to stand alone in a client's code.
RENAMED: Final[Mapping[str, str]] = {
    "Action": "PlanAction",
    "Context": "RunContext",
    "Error": "ErrorFrame",
    "Event": "WorkloadEvent",
    "Option": "ServingOption",
    "Status": "StatusFrame",
}
INT_64: Final = {"minimum": -(2**63), "maximum": 2**63 - 1}  # the integer range of every store
NO_NUL: Final = r"^[^\u0000]*$"  # no store accepts the character U+0000
TEXT_MAX: Final = 1_048_576  # characters; the byte limit of a body, of which a text is a part
ID_MAX: Final = 64
WELL_FORMED: Final = "^[A-Za-z0-9._:-]{1,64}$"
_RESTRICTING: Final = frozenset({"format", "pattern", "enum", "const"})
_SCHEMAS: Final = "#/components/schemas/"


def components(kinds: Iterable[Any], *, sent: Iterable[Any]) -> Json:
    """Return the schemas of `kinds` by published name; those within `sent` are what clients send.

    A result is stored as it was encoded, so that of an earlier version may lack a field that has a default.
    """
    listed = [Advice, *kinds, *sent]
    _, made = msgspec.json.schema_components(listed, ref_template=REF)
    structs = _structs(listed)
    may_lack_fields = names_within([reference(kind) for kind in (Advice, *sent)], made)
    for name, schema in made.items():
        schema["description"] = cleandoc(schema.get("description", name))
        if name in structs:
            _complete(schema, structs[name], may_lack_fields=name in may_lack_fields)
        for inner in within(schema):
            _type_enum(inner)
    renamed = {RENAMED.get(name, name): schema for name, schema in sorted(made.items())}
    for name, schema in renamed.items():
        if "title" in schema:
            schema["title"] = name
    rename_references(renamed)
    return dict(sorted(renamed.items()))


def one_of(values: Iterable[str]) -> msgspec.Meta:
    """Return the annotation of a text that has one of `values`, for the documents only."""
    return msgspec.Meta(extra_json_schema={"enum": sorted(set(values))})


def reference(kind: Any) -> Json:
    """Return the schema of `kind`: a reference if it has a name."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=REF)
    for inner in within(schema):
        _type_enum(inner)
    return schema


def rename_references(value: object) -> None:
    """Point every reference in `value` to the published name."""
    for schema in within(value):
        target = schema.get("$ref")
        if isinstance(target, str) and target.startswith(_SCHEMAS):
            name = target.removeprefix(_SCHEMAS)
            schema["$ref"] = _SCHEMAS + RENAMED.get(name, name)


def names_within(value: object, schemas: Mapping[str, Json]) -> set[str]:
    """Return the names of all schemas that `value` refers to, directly or through others."""
    found: set[str] = set()
    waiting = list(_named(value))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_named(schemas[name]))
    return found


def within(value: object) -> Iterator[Json]:
    """Yield every object in a JSON value, outermost first."""
    if is_object(value):
        node = cast("Json", value)
        yield node
        for inner in list(node.values()):
            yield from within(inner)
    elif is_array(value):
        for inner in cast("list[object]", value):
            yield from within(inner)


def restrict(schema: Json) -> None:
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


def _complete(schema: Json, struct: inspect.StructType, *, may_lack_fields: bool) -> None:
    """State the format of instants and, in an answer, the fields that are always present."""
    properties: Json = schema["properties"]
    tag = struct.tag_field
    required = [tag] if tag and not may_lack_fields else [name for name in schema["required"] if name == tag]
    for field in struct.fields:
        name = field.encode_name
        published = properties[name] = _published(field.type, properties[name])
        if may_lack_fields:
            if published.get("default", ...) is None:
                del published["default"]
        elif _is_omitted(field, struct):
            properties[name] = _without_null(published) if field.default is None else published
        elif not field.required and _has_default(field):
            published.pop("default", None)
            required.append(name)
        if field.required:
            required.append(name)
    schema["required"] = required
    if not required:
        del schema["required"]


def _has_default(field: inspect.Field) -> bool:
    """Return whether an absent field has a value; a field that is `UNSET` has no value."""
    return field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT


def _is_omitted(field: inspect.Field, struct: inspect.StructType) -> bool:
    """Return whether an answer leaves the field out when it has its default."""
    return struct.cls.__struct_config__.omit_defaults and _has_default(field) and not field.required


def _published(kind: inspect.Type, schema: Json) -> Json:
    """Return the schema of a field of type `kind`, with the format of its instants."""
    if isinstance(kind, inspect.Metadata):
        extra = cast("Mapping[str, Json]", kind.extra or {})  # pyright: ignore[reportUnknownMemberType]
        stated = extra.get(PUBLISHED)
        return dict(stated) if stated else _published(kind.type, schema)
    if isinstance(kind, inspect.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(kind, inspect.UnionType) and "anyOf" in schema:
        for part, inner in zip(kind.types, schema["anyOf"], strict=False):
            _published(part, inner)
    elif isinstance(kind, inspect.CollectionType) and "items" in schema:
        _published(kind.item_type, schema["items"])
    return schema


def _without_null(schema: Json) -> Json:
    """Return the schema of a field that is absent instead of null."""
    kept = {key: value for key, value in schema.items() if key != "default"}
    present = [one for one in kept.get("anyOf", ()) if one != {"type": "null"}]
    return present[0] if len(present) == 1 else kept


def _type_enum(schema: Json) -> None:
    """Give integers a format and enums of texts a type; one value is a constant."""
    if schema.get("type") == "integer":
        schema.setdefault("format", "int64")
    values = schema.get("enum")
    if not is_array(values) or not all(isinstance(one, str) for one in cast("list[object]", values)):
        return
    schema["type"] = "string"
    if len(cast("list[object]", values)) == 1:
        schema["const"] = schema.pop("enum")[0]


def _structs(kinds: Iterable[Any]) -> dict[str, inspect.StructType]:
    """Return every Struct within `kinds` by name."""
    found: dict[str, inspect.StructType] = {}
    waiting: list[object] = list(inspect.multi_type_info(kinds))
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, inspect.StructType):
            if kind.cls.__name__ in found:
                continue
            found[kind.cls.__name__] = kind
            waiting.extend(field.type for field in kind.fields)
        elif isinstance(kind, inspect.Type):
            for inner in (getattr(kind, name) for name in kind.__struct_fields__):
                waiting.extend(inner if is_series(inner) else [inner])
    return found


def _named(value: object) -> Iterator[str]:
    for schema in within(value):
        target = schema.get("$ref", "")
        if isinstance(target, str) and target.startswith(_SCHEMAS):
            yield target.removeprefix(_SCHEMAS)
