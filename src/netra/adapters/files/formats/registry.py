"""The table of formats, in the order in which a row is tried."""

from typing import Final

from netra.adapters.files.formats.model import Format, Refusal

FORMATS: Final[tuple[Format, ...]] = ()
REFUSALS: Final[tuple[Refusal, ...]] = ()
