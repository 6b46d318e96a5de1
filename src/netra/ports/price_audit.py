"""List prices asked one request at a time: slow, simple, and independent of how bills are computed."""

from collections.abc import Callable
from typing import Protocol

from netra.domain.optimization.pricing import PriceList
from netra.domain.workloads.columns import Events, Floats


class PriceAudit(Protocol):
    """A second way to the same dollars, to check the first one against."""

    def listed_usd(
        self, events: Events, prices: PriceList, *, progress: Callable[[float], None] | None = None
    ) -> Floats:
        """Return the dollars of every event, each priced by itself from the published data.

        A call is priced as the model of its tariff (`PriceList.tariff_of`: by label, and by provider
        where several serve it), at the call's own instant and service tier. NaN without a tariff, with one
        that is a person's own and not published, and where the published data lacks a price that the call
        meets: of a region, of a write that lives for 12 hours, of reserved capacity.
        `progress` hears the share done, 0..1. Blocking: call it in a thread where others wait.
        """
        ...
