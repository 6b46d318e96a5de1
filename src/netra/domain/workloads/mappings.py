"""Mappings as cells of a column: the JSON text that stands for a call's charges or labels."""

from collections.abc import Mapping
from typing import Final

import msgspec

_SORTED: Final = msgspec.json.Encoder(order="sorted")
_CHARGES: Final = msgspec.json.Decoder(dict[str, float])
_LABEL_SET: Final = msgspec.json.Decoder(dict[str, str])


def mapping_text(mapping: Mapping[str, float] | Mapping[str, str]) -> str | None:
    """Return the name that stands for `mapping` in a column; equal mappings have one name, an empty one None.

    >>> mapping_text({"team": "search", "env": "prod"})
    '{"env":"prod","team":"search"}'
    """
    return _SORTED.encode(mapping).decode() if mapping else None


def charges_of(name: str) -> dict[str, float]:
    """Return the counts that a name of the column `charges` stands for."""
    return _CHARGES.decode(name)


def label_set_of(name: str) -> dict[str, str]:
    """Return the labels that a name of the column `labels` stands for."""
    return _LABEL_SET.decode(name)
