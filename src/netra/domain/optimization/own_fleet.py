"""The user's own GPUs that serve calls of the log: their rent is the bill of those calls."""

import msgspec
import numpy as np

from netra.domain.optimization.invoice import Invoice
from netra.domain.optimization.performance.hardware import ModelShape
from netra.domain.optimization.tariff import Tariff
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, routed
from netra.domain.workloads.columns import Floats


class OwnFleet(msgspec.Struct, frozen=True, kw_only=True):
    """Replicas of one open model on own GPUs, and their rent over the log's span."""

    model: ModelShape
    gpu: str
    gpus_per_replica: int
    replicas: int
    usd_per_gpu_hour: float
    price_source: str
    usd_in_window: float
    where: Bools  # the calls it serves

    @property
    def gpus(self) -> int:
        """GPUs of all replicas."""
        return self.gpus_per_replica * self.replicas

    @property
    def usd_per_hour(self) -> float:
        """Dollars an hour of the fleet, busy or not."""
        return self.gpus * self.usd_per_gpu_hour

    @property
    def name(self) -> str:
        """The fleet as a sentence names it: "2 x (4x H100-SXM-80GB)"."""
        return f"{self.replicas} x ({self.gpus_per_replica}x {self.gpu})"


def rent_usd(own: OwnFleet, tokens: Floats) -> Floats:
    """Return each call's part of the rent by its tokens; the same for all where no call has any.

    The parts only divide the bill among names: the rent stays what it is until every call has left.

    >>> import numpy as np
    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> own = OwnFleet(model=HARDWARE.models[0], gpu="H100", gpus_per_replica=1, replicas=1, price_source="",
    ...                usd_per_gpu_hour=3.0, usd_in_window=8.0, where=np.array([True, False, True]))
    >>> rent_usd(own, np.array([30.0, 5.0, 10.0])).tolist()
    [6.0, 0.0, 2.0]
    """
    weights = np.where(own.where, tokens, 0.0)
    if not weights.any():
        weights = own.where.astype(np.float64)
    return np.asarray(weights * (own.usd_in_window / weights.sum()))


def with_rent(invoice: Invoice, own: OwnFleet, tokens: Floats) -> Invoice:
    """Return the invoice with the rent as what the fleet's calls cost; they have no list price."""
    where = own.where
    return msgspec.structs.replace(
        invoice,
        listed_usd=np.where(where, np.nan, invoice.listed_usd),
        paid_usd=np.where(where, rent_usd(own, tokens), invoice.paid_usd),
        cost_usd=np.where(where, np.nan, invoice.cost_usd),
        ratio=np.where(where, 1.0, invoice.ratio),
        is_invoiced=invoice.is_invoiced & ~where,
        is_reserved=invoice.is_reserved & ~where,
    )


def unpriced_calls(traffic: Traffic) -> Bools:
    """Return the calls whose price is not known; those on own GPUs are paid by the rent."""
    unpriced: Bools = (traffic.tariff == UNPRICED) & ~traffic.hosted
    return unpriced


def bought(traffic: Traffic, *, where: Bools, to: Tariff) -> Traffic:
    """Return the traffic with the calls sent to a provider; own GPUs left without calls are returned."""
    own = traffic.hosted & ~where
    rent_left_usd = traffic.hosting_usd_in_window if own.any() else 0.0
    left = msgspec.structs.replace(traffic, hosted=own, hosting_usd_in_window=rent_left_usd)
    return routed(left, where, to=to)
