"""What is wrong with a row: its line, the value, what was expected, and one hint."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX
from netra.domain.workloads.columns import FLAGS, FLOATS, MAPPINGS
from netra.domain.workloads.intake import MESSAGE_MAX
from netra.domain.workloads.model import TOKENS_MAX, RowFault

VALUE_MAX: Final = 40  # characters of a value that a message quotes
_FIELD: Final = re.compile(r"at `\$\.(\w+)")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_COUNT: Final = (
    f"a whole number from 0 to {TOKENS_MAX}",
    "count tokens of one call; with a decimal sign or a unit in the cell, write 1234",
)
_NUMBER: Final = ("a number from 0 to 10000000000", "write it without a unit, such as 1234.5")
_TEXT: Final = ("a text of 1 to 200 characters", "--map {field}=COLUMN names another column")
_EXPECTED: Final[Mapping[str, tuple[str, str]]] = {
    "timestamp": (
        "an instant such as 2026-11-30T20:10:57Z, or a number since 1970",
        "--map timestamp=COLUMN names another column, --dates the order of day and month",
    ),
    **dict.fromkeys(FLOATS, _NUMBER),
    **dict.fromkeys(FLAGS, ("true or false", "leave the cell empty where it is not known")),
    **dict.fromkeys(
        MAPPINGS, ("a JSON object or pairs such as team=search", "leave the cell empty where there is none")
    ),
    "currency": ("three capital letters such as USD", "leave it out for US dollars"),
    "variant": ("control or treatment", "leave the cell empty for calls outside the test"),
    "prefix_block_tokens": ("a whole number from 1 to 65536", "leave the cell empty for blocks of 512"),
    "prefix_hashes": (f"at most {PREFIX_HASHES_PER_EVENT_MAX} block hashes", "hash larger blocks"),
    **dict.fromkeys(
        ("model", "id", "provider", "status", "session", "template", "feature", "tool", "prompt_hash"), _TEXT
    ),
    **dict.fromkeys(("retry_of", "service_tier", "region"), _TEXT),
}


def cell_fault(line: int, error: Exception, row: Mapping[str, str]) -> RowFault:
    """Return the fault of a row whose cells `row` are no event, as `error` found."""
    if isinstance(error, UnicodeEncodeError):
        return RowFault(
            line=line, code="not_utf8", message="a cell is not UTF-8 text. Hint: save the file as UTF-8"
        )
    text = str(error)
    found = _FIELD.search(text) or _MISSING.search(text)
    field = "" if found is None else found[1]
    if not field:
        return RowFault(line=line, code="invalid_row", message=text[:MESSAGE_MAX])
    expected, hint = _EXPECTED.get(field, _COUNT)
    value = row.get(field, "")
    shown = "empty" if not value else repr(value[:VALUE_MAX] + ("…" if len(value) > VALUE_MAX else ""))
    message = f"{field} is {shown}; expected {expected}. Hint: {hint.format(field=field)}"
    code = "malformed_json" if isinstance(error, msgspec.DecodeError) and not found else "invalid_row"
    return RowFault(line=line, code=code, message=message[:MESSAGE_MAX])
