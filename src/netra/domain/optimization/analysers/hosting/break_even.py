"""Where hosting begins to pay: the fleet that multiples of this traffic need, by replay, against the API.

`times` the traffic is the same requests, arriving `times` as close together; steps are slow, as where the
fleet was sized. A fleet of n times the replicas carries n times the traffic, so that is the upper bound.
"""

from collections.abc import Callable, Iterator
from math import ceil
from typing import Final

import msgspec

from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.analysers.hosting.hosting_inputs import BreakEven
from netra.domain.optimization.measures.span import MONTH_H
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.performance.fleet import smallest_fleet
from netra.domain.optimization.performance.hosting import Hosting
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.sizing import step_bounds

MULTIPLES: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of this traffic whose costs are stated."""

_FLEETS: Final = (1, 2, 4)
"""Multiples of the present fleet in which a break-even above this traffic is looked for."""


class BreakEvens(msgspec.Struct, frozen=True, kw_only=True):
    """The costs at multiples of this traffic, and the multiple from which hosting costs no more than the API.

    `traffic` is None where no fleet that was tried carries the traffic that would pay for it.
    """

    traffic: float | None
    curve: tuple[BreakEven, ...]


def denser(requests: Requests, *, times: float) -> Requests:
    """Return the same requests, `times` as close together."""
    return msgspec.structs.replace(requests, arrive_s=requests.arrive_s / times)


def break_evens(
    case: Case, best: Hosting, *, api_usd: float, rent_usd: float, knows_month: bool, checkpoint: Checkpoint
) -> BreakEvens:
    """Return the break-even; `api_usd` and `rent_usd` are those of a month at this traffic."""

    def needed(times: float, most: int) -> int | None:
        return _needed(case, best, times=times, most=most, checkpoint=checkpoint)

    replica_usd = rent_usd / best.fleet.replicas
    points = ((times, _size_at(best, needed, times=times)) for times in MULTIPLES)
    return BreakEvens(
        traffic=_break_even(best, needed, replica_usd=replica_usd, api_usd=api_usd)
        if api_usd > 0.0
        else None,
        curve=tuple(
            BreakEven(
                traffic=times,
                api_usd_per_hour=api_usd * times / MONTH_H,
                hosting_usd_per_hour=replicas * best.configuration.usd_per_hour,
                api_usd_per_month=api_usd * times if knows_month else None,
                hosting_usd_per_month=replicas * replica_usd if knows_month else None,
                utilisation=case.load.requests_per_s * times / (best.carried_per_s * replicas),
            )
            for times, replicas in points
        ),
    )


Needed = Callable[[float, int], int | None]
"""The replicas that carry a multiple of the traffic, up to a number; None where that breaks the limits."""


def _size_at(best: Hosting, needed: Needed, *, times: float) -> int:
    """Return the replicas, the spare ones among them, at a multiple of this traffic."""
    most = max(1, ceil(best.needed * times))
    if times == 1.0 or most == 1:
        return most + best.spare
    return (needed(times, most) or most) + best.spare


def _break_even(best: Hosting, needed: Needed, *, replica_usd: float, api_usd: float) -> float | None:
    """Return the smallest multiple tried whose API bill pays for a fleet that carries it."""
    if not replica_usd:
        return 0.0
    for size in _sizes(best.needed):
        times = (size + best.spare) * replica_usd / api_usd
        is_known_to_hold = size >= best.needed * max(1.0, times)
        if is_known_to_hold or needed(times, size) is not None:
            return times
    return None


def _sizes(needed: int) -> Iterator[int]:
    """Yield the sizes to try, smallest first: smaller fleets by halves, the present one, and larger ones."""
    halves = [needed // 2**n for n in range(needed.bit_length() - 1, 0, -1)]
    yield from halves
    yield from (needed * n for n in _FLEETS)


def _needed(case: Case, best: Hosting, *, times: float, most: int, checkpoint: Checkpoint) -> int | None:
    deployment = best.configuration.deployment
    fleet = smallest_fleet(
        denser(case.replayed, times=times),
        deployment=deployment,
        slo=case.slo,
        checkpoint=checkpoint,
        first_guess=most,
        most_replicas=most,
        batching=best.batching,
        balancing=best.balancing,
        slowdown=step_bounds(deployment)[1] if best.tails.holds_when_slow else 1.0,
    )
    return None if fleet is None else fleet.replicas
