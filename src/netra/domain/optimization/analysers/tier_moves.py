"""Moving calls to another service tier of the same model, provider and region."""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.price_list import tariffs_met
from netra.domain.optimization.tariff import Tariff
from netra.domain.optimization.traffic import Bools, Traffic, routed
from netra.domain.workloads.columns import Codes, Labels


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The prices that each call would meet at the other tier."""

    tariffs: tuple[Tariff | None, ...]
    codes: Codes  # tariffs[codes[i]] is call i's; None where the tier has no known price

    def apply(self, traffic: Traffic, *, where: Bools) -> Traffic:
        """Return the traffic with the calls in `where` at the other tier, but for those moved by others."""
        still = where & traffic.kept & ~traffic.hosted & ~traffic.batched
        still &= traffic.tariff == traffic.sent_to
        for code, tariff in enumerate(self.tariffs):
            mine = still & (self.codes == code)
            if tariff is not None and mine.any():
                traffic = routed(traffic, mine, to=tariff)
        return traffic


def move_to(study: Study, tier: str) -> Move:
    """Return the move of every call to `tier`, as a log names it."""
    count = len(study.events)
    column = Labels(codes=np.zeros(count, np.int32), names=(tier,))
    events = msgspec.structs.replace(study.events, service_tier=column)
    tariffs, codes = tariffs_met(events, study.prices)
    return Move(tariffs=tuple(tariffs), codes=codes)


def is_at(study: Study, *tiers: str | None) -> Bools:
    """Return which calls were served at one of the tiers; None is the default one."""
    known = np.array([tariff.tier in tiers for tariff in study.traffic.tariffs] + [False])
    where: Bools = known[study.traffic.tariff]
    return where
