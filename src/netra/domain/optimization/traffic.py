"""The calls of a log as they would be sent and paid after some changes: priced columns, one value a call.

A change is a function from `Traffic` to `Traffic`. Composition applies changes one after another and
prices what remains each time, so that no token is saved twice. What a token costs is `pricing`'s.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.pricing import Tariff
from netra.domain.workloads.columns import Codes, Ints

Bools = npt.NDArray[np.bool_]

UNPRICED: Final = -1  # the tariff code of a call whose model is in no price book


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """n calls, oldest first, in the order of the study's events; token columns are parts as in `Event`."""

    kept: Bools  # the call is still made
    tariff: Codes  # tariffs[tariff[i]] prices call i; UNPRICED where the price is unknown
    tariffs: tuple[Tariff, ...]
    batched: Bools  # sent by the tariff's own batch variant
    hosted: Bools  # served by own GPUs: no list price, `hosting_usd_in_window` pays for it
    input_tokens: Ints
    cached_input_tokens: Ints
    cache_write_tokens: Ints
    output_tokens: Ints
    hosting_usd_in_window: float = 0.0

    def __len__(self) -> int:
        return len(self.kept)


Change = Callable[[Traffic], Traffic]
"""What following one piece of advice does to the traffic; total, pure, and idempotent."""
