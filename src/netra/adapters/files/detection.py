"""Detects the format of a file from its first rows: a vendor's, a public trace, or Netra's own columns."""

from collections.abc import Sequence
from typing import Final

import msgspec

from netra.adapters.files.formats.model import Format, Row
from netra.adapters.files.formats.registry import REFUSALS
from netra.adapters.files.json_events import flat
from netra.adapters.files.json_rows import Rows, objects_in
from netra.adapters.files.layout import EXPECTED, HINT, REQUIRED, field_of
from netra.adapters.files.mooncake import KEYS as MOONCAKE_KEYS
from netra.domain.errors import UnreadableFile
from netra.ports.log_files import ReadingChoices

GENERIC: Final = ("csv", "jsonl", "mooncake", "azure_llm")  # formats that are no vendor's
_SHOWN: Final = 200  # characters of a line or of keys quoted in an error


def json_format(rows: Rows, *, path: str, choices: ReadingChoices, formats: Sequence[Format]) -> Format | str:
    """Return a vendor's format, or "jsonl" or "mooncake". Raises `UnreadableFile` with the keys found."""
    named = format_named(choices, formats)
    if named is not None:
        return named
    found: list[str] = []
    for raw_row in objects_in(rows):
        row = {key: msgspec.json.decode(raw) for key, raw in raw_row.items()}
        form = next((form for form in formats if form.is_row(row)), None)
        if form is not None:
            return form
        refuse_known(row, path=path)
        if row.keys() >= MOONCAKE_KEYS:
            return "mooncake"
        if _is_generic(row, choices):
            return "jsonl"
        found = found or list(row)
    if found:
        shown = ", ".join(found)[:_SHOWN]
        raise UnreadableFile(f"{path!r} holds JSON rows with the keys {shown}. {EXPECTED}. {HINT}.")
    shown = rows[0][1][:_SHOWN].decode("utf-8", "replace") if rows else "[]"
    raise UnreadableFile(f"{path!r} has no JSON object per row; it begins with {shown!r}. {EXPECTED}.")


def table_format(
    titles: Sequence[str], *, choices: ReadingChoices, formats: Sequence[Format]
) -> Format | None:
    """Return the vendor's format of a table; None for any other table."""
    named = format_named(choices, formats)
    if named is not None:
        return named if isinstance(named, Format) else None
    row = dict.fromkeys(titles, "")
    return next((form for form in formats if form.is_row(row)), None)


def format_named(choices: ReadingChoices, formats: Sequence[Format]) -> Format | str | None:
    """Return the requested format. Raises `UnreadableFile` for an unknown name."""
    if choices.format is None:
        return None
    if choices.format in GENERIC:
        return choices.format
    found = next((form for form in formats if form.name == choices.format), None)
    if found is None:
        known = ", ".join((*GENERIC, *(form.name for form in formats)))
        raise UnreadableFile(f"There is no format {choices.format!r}; expected one of {known}.")
    return found


def refuse_known(row: Row, *, path: str) -> None:
    """Raise `UnreadableFile` for a known format that holds no calls, with what to export instead."""
    for refusal in REFUSALS:
        if refusal.is_row(row):
            raise UnreadableFile(f"{path!r} is {refusal.title}. {refusal.instead}")


def _is_generic(row: Row, choices: ReadingChoices) -> bool:
    keys = [key for key, _ in flat(row)]
    fields = {field_of(key)[0] for key in keys}
    fields |= {field for field, title in choices.names.items() if title in keys}
    return fields >= set(REQUIRED)
