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
        where several serve it), on the tariff's day at the call's own time of day. NaN without a tariff,
        or with one that is a person's own and not published.
        `progress` hears the share done, 0..1. Blocking: call it in a thread where others wait.
        """
        ...
