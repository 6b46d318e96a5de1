"""The meaning of a table's columns, from the first line of a CSV file.

Columns are named like the fields of `Event`; case, spaces and hyphens are ignored. A few other spellings are
accepted, listed below. A table without `model` is a log without model names.
"""

from typing import Final

import msgspec

from netra.domain.errors import UnreadableFile
from netra.domain.workloads.model import Event

ALIASES: Final = {
    "time": "timestamp",
    "created_at": "timestamp",
    "request_id": "id",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "cached_tokens": "cached_input_tokens",
    "contexttokens": "input_tokens",
    "generatedtokens": "output_tokens",
}
REQUIRED: Final = ("timestamp", "input_tokens", "output_tokens")
EXPECTED: Final = (
    "Expected one of: a CSV file whose first line names at least timestamp, input_tokens and output_tokens; "
    "JSON lines with timestamp, model, input_tokens and output_tokens; the Azure LLM trace format "
    "(TIMESTAMP, ContextTokens, GeneratedTokens); the Mooncake trace format "
    "(timestamp, input_length, output_length, hash_ids)"
)
_AZURE: Final = ("timestamp", "contexttokens", "generatedtokens")


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The field of `Event` in each column; None for a column that is not used."""

    format: str
    delimiter: str
    fields: tuple[str | None, ...]
    unused: tuple[str, ...] = ()


def layout_of(header: str, *, path: str) -> Layout:
    """Return the columns' meaning; raise `UnreadableFile` with what was found and what was expected."""
    delimiter = max((",", ";", "\t"), key=header.count)
    titles = [title.strip().strip('"').strip() for title in header.split(delimiter)]
    keys = [title.lower().replace(" ", "_").replace("-", "_") for title in titles]
    fields = [_field_of(key) for key in keys]
    missing = [name for name in REQUIRED if name not in fields]
    if missing:
        shown = ", ".join(titles)[:200]
        raise UnreadableFile(f"{path!r} is not a request log: its first line reads {shown!r}. {EXPECTED}.")
    twice = sorted({name for name in fields if name is not None and fields.count(name) > 1})
    if twice:
        raise UnreadableFile(f"{path!r} has two columns for {', '.join(twice)}; expected one of each.")
    return Layout(
        format="azure_llm" if tuple(keys) == _AZURE else "csv",
        delimiter=delimiter,
        fields=tuple(fields),
        unused=tuple(title for title, name in zip(titles, fields, strict=True) if name is None),
    )


def _field_of(key: str) -> str | None:
    key = ALIASES.get(key, key)
    return key if key in Event.__struct_fields__ else None
