"""The meaning of a log's columns, from the first line of a CSV file or the keys of JSON rows.

Columns are named like the fields of `Event`; case, spaces and hyphens are ignored, and `startTime` is the
same as `start_time`. Other usual spellings are listed below. A log without `model` names no models.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.errors import UnreadableFile
from netra.domain.workloads.model import Event

ALIASES: Final = {
    "time": "timestamp",
    "date": "timestamp",
    "datetime": "timestamp",
    "created_at": "timestamp",
    "start_time": "timestamp",
    "started_at": "timestamp",
    "request_id": "id",
    "model_name": "model",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "cached_tokens": "cached_input_tokens",
    "duration_ms": "latency_ms",
    "cost_usd": "cost",
    "session_id": "session",
    "conversation_id": "session",
    "stream": "streaming",
    "max_tokens": "max_output_tokens",
    "latency_s": "latency_ms",
    "duration_s": "latency_ms",
    "ttft_s": "ttft_ms",
    "contexttokens": "input_tokens",
    "generatedtokens": "output_tokens",
}
SECONDS: Final = frozenset({"latency_s", "duration_s", "ttft_s"})  # spellings whose values are in seconds
DOLLARS: Final = frozenset({"cost_usd"})
REQUIRED: Final = ("timestamp", "input_tokens", "output_tokens")
EXPECTED: Final = (
    "Expected one of: a CSV file whose first line names at least timestamp, input_tokens and output_tokens; "
    "JSON lines, or a JSON array, with timestamp, model, input_tokens and output_tokens; the Azure LLM trace "
    "format (TIMESTAMP, ContextTokens, GeneratedTokens); the Mooncake trace format "
    "(timestamp, input_length, output_length, hash_ids); or an export that docs/imports.md lists"
)
HINT: Final = "Hint: --map timestamp=COLUMN names the column of a field"
_AZURE: Final = ("timestamp", "contexttokens", "generatedtokens")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATOR: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # Excel writes it above the header


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """What a column holds; `title` is its name in the file."""

    title: str
    field: str | None  # of `Event`; None: not used
    in_seconds: bool = False


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The field of `Event` in each column; None for a column that is not used."""

    format: str
    delimiter: str
    fields: tuple[str | None, ...]
    unused: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    in_seconds: frozenset[str] = frozenset()  # fields in milliseconds whose cells are seconds


def titles_of(header: str) -> tuple[str, tuple[str, ...]]:
    """Return the delimiter and the titles in a table's first line.

    >>> titles_of('Date;"input tokens"')
    (';', ('Date', 'input tokens'))
    """
    delimiter = max((",", ";", "\t", "|"), key=header.count)
    nothing: list[str] = []
    row = next(csv.reader([header], delimiter=delimiter), nothing)
    return delimiter, tuple(title.strip().strip('"').strip() for title in row)


def separator_in(line: str) -> str | None:
    """Return the delimiter that a line such as `sep=;` declares; None for any other line."""
    found = _SEPARATOR.fullmatch(line)
    return None if found is None else found[1]


def layout_of(header: str, *, path: str, names: Mapping[str, str] | None = None) -> Layout:
    """Return the columns' meaning; raise `UnreadableFile` with what was found and what was expected."""
    delimiter, titles = titles_of(header)
    columns = columns_named(titles, path=path, names=names or {})
    fields = tuple(column.field for column in columns)
    if any(name not in fields for name in REQUIRED):
        shown = ", ".join(titles)[:200]
        missing = ", ".join(name for name in REQUIRED if name not in fields)
        raise UnreadableFile(
            f"{path!r} is not a request log: its first line reads {shown!r}, which names no {missing}. "
            f"{EXPECTED}. {HINT}."
        )
    return Layout(
        format="azure_llm" if tuple(title.lower() for title in titles) == _AZURE else "csv",
        delimiter=delimiter,
        fields=fields,
        unused=tuple(column.title for column in columns if column.field is None),
        titles=titles,
        in_seconds=seconds_of(columns),
    )


def seconds_of(columns: Iterable[Column]) -> frozenset[str]:
    """Return the fields whose columns hold seconds."""
    return frozenset(column.field for column in columns if column.field and column.in_seconds)


def columns_named(titles: Sequence[str], *, path: str, names: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what each column holds; `names` gives fields their titles, before any other rule.

    Of two columns for one optional field the one with the field's own name counts, else the first. Raises
    `UnreadableFile` for two columns of a needed field, and for a title in `names` that is not there.
    """
    missing = [title for title in names.values() if title not in titles]
    if missing:
        shown = ", ".join(titles)[:200]
        raise UnreadableFile(f"{path!r} has no column {missing[0]!r}, which --map names; it has {shown!r}.")
    columns = [_column(title, names) for title in titles]
    for field in Event.__struct_fields__:
        rivals = [place for place, column in enumerate(columns) if column.field == field]
        if len(rivals) < 2:
            continue
        if field in (*REQUIRED, "model"):
            both = " and ".join(repr(titles[place]) for place in rivals)
            raise UnreadableFile(
                f"{path!r} has two columns for {field}, {both}; expected one of each. "
                f"Hint: --map {field}={titles[rivals[0]]} chooses one."
            )
        own = next((place for place in rivals if key_of(titles[place]) == field), rivals[0])
        for place in set(rivals) - {own}:
            columns[place] = Column(title=titles[place], field=None)
    return tuple(columns)


def _column(title: str, names: Mapping[str, str]) -> Column:
    mapped = next((field for field, named in names.items() if named == title), None)
    if mapped is not None:
        return Column(title=title, field=mapped)
    field, in_seconds = field_of(title)
    return Column(title=title, field=None if field in names else field, in_seconds=in_seconds)


def field_of(title: str) -> tuple[str | None, bool]:
    """Return the field that a title stands for, and whether its values are seconds.

    >>> field_of("Prompt-Tokens"), field_of("startTime"), field_of("latency_s"), field_of("colour")
    (('input_tokens', False), ('timestamp', False), ('latency_ms', True), (None, False))
    """
    key = key_of(title)
    field = ALIASES.get(key) or ALIASES.get(key.replace("_", ""), key)
    return (field if field in Event.__struct_fields__ else None), key in SECONDS


def key_of(title: str) -> str:
    """Return a title in lower case, its words joined by underscores."""
    return _HUMP.sub("_", title).lower().replace(" ", "_").replace("-", "_")
