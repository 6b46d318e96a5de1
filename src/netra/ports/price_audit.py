"""An independent computation of list prices, one request at a time."""

from collections.abc import Callable
from typing import Protocol

from netra.domain.optimization.price_list import PriceList
from netra.domain.workloads.columns import Events, Floats


class PriceAudit(Protocol):
    """A second way to compute a bill, used to verify the first."""

    def listed_usd(
        self, events: Events, prices: PriceList, *, progress: Callable[[float], None] | None = None
    ) -> Floats:
        """Return the cost of every event in US dollars, each computed on its own from the published data.

        A call is priced as the model of its tariff (`PriceList.tariff_of`: by label, and by provider where
        several serve it), at the call's own instant and service tier. The result is NaN without a tariff, for
        a user-defined price, and where the published data lacks a price that the call needs: of a region, of
        a write that lives for 12 hours, of reserved capacity. `progress` receives the fraction done, 0 to 1.
        Blocking: call it in a thread.
        """
        ...
