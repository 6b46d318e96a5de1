"""The mechanical part of a change: the calls after it, priced as served and as configured before it.

A kind of call adopted a model (or a price, a tier: any other tariff) where a tariff serves at least
`LEAST_SHARE` of its calls after the instant and at most a tenth of that share before it, and it adopted
caching where no call before read or wrote a cache. The same tokens are priced twice, so nothing
that happened at the same time confounds the difference; grade A where the tokeniser is the same.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import numpy as np

from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import UNPRICED, Bools, Traffic, cached, repriced, routed
from netra.domain.optimization.uncertainty.clusters import Clusters
from netra.domain.workloads.columns import Events, Floats, Ints, Labels

LEAST_SHARE: Final = 0.01  # share of a kind's calls; a tariff that serves fewer is a trial
STRAY: Final = 0.1  # ratio of the shares before and after; tolerance for a canary or stray calls
FEWEST_CALLS: Final = 30  # calls of a kind on each side needed to detect a change
BY_CHANCE: Final = 1e-3  # probability that an unchanged mix shows no call of a tariff before the instant
TOKENISERS: Final = 1.35  # one provider's tokens of a text over another's, at most (`money.md`, 2026-11)


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of call that is served differently since the change."""

    group: str
    what: Literal["model", "price", "caching"]
    earlier: str
    later: str
    calls: int  # served by the later configuration
    saved_usd: float | None  # of these calls; None: one of the two prices is unknown


class Mechanical(msgspec.Struct, frozen=True, kw_only=True):
    """The log with every call priced as its kind was configured before the change."""

    earlier_usd: Floats  # as now where nothing changed
    adopted: tuple[Adopted, ...]
    moved: Bools  # the calls that are served differently
    foreign: Bools  # those among them that another provider's tokeniser counted
    doubtful: int = 0  # kinds of call in which too few calls use something new to exclude chance


class _Switch(msgspec.Struct, frozen=True, kw_only=True):
    group: int
    where: Bools
    earlier: int  # tariff codes, or beyond them those of models of unknown price
    later: int  # equal to the earlier one where only caching was adopted


def mechanical(
    traffic: Traffic, now_usd: Floats, *, events: Events, after: Bools, groups: Labels, clusters: Clusters
) -> Mechanical:
    """Return what each kind of call adopted at the change, and the cost of its calls without that."""
    seen = _tariffs(events, traffic, after=after, groups=groups)
    certain = [one for one in seen if _is_certain(one, after=after, groups=groups, clusters=clusters)]
    switches = [*certain, *_caching(events, traffic, after=after, groups=groups)]
    moved, foreign = np.zeros(len(after), np.bool_), np.zeros(len(after), np.bool_)
    adopted: list[Adopted] = []
    state, usd = traffic, now_usd
    for switch in switches:  # in turn, so that two switches of one call add up
        earlier = _switched_back(state, switch)
        earlier_usd = repriced(earlier, before=state, before_usd=usd)
        adopted.append(_adopted(traffic, switch, earlier_usd - usd, groups))
        state, usd = earlier, earlier_usd
        moved |= switch.where
        if _is_foreign(traffic, switch):
            foreign |= switch.where
    return Mechanical(
        earlier_usd=usd,
        adopted=tuple(adopted),
        moved=moved,
        foreign=foreign,
        doubtful=len({one.group for one in seen} - {one.group for one in certain}),
    )


def _is_foreign(traffic: Traffic, switch: _Switch) -> bool:
    """Return whether another provider, with another tokeniser, served the calls before the change."""
    if not _is_priced(traffic, switch):
        return False
    return traffic.tariffs[switch.earlier].provider != traffic.tariffs[switch.later].provider


def _is_priced(traffic: Traffic, switch: _Switch) -> bool:
    return max(switch.earlier, switch.later) < len(traffic.tariffs)


def _tariffs(events: Events, traffic: Traffic, *, after: Bools, groups: Labels) -> list[_Switch]:
    """Return, for each kind of call, the tariffs it uses since the change in place of another."""
    unnamed = len(events.model.names)  # calls without a model
    width = len(traffic.tariffs) + unnamed + 1
    model = np.where(events.model.codes < 0, unnamed, events.model.codes) + len(traffic.tariffs)
    tariff = np.where(traffic.tariff == UNPRICED, model, traffic.tariff)
    cell = groups.codes.astype(np.int64) * width + tariff
    before_calls, after_calls = (
        np.bincount(cell[side & ~traffic.unpaid], minlength=len(groups.names) * width).reshape(-1, width)
        for side in (~after, after)
    )
    shares = before_calls / np.maximum(before_calls.sum(1, keepdims=True), 1)
    later = after_calls / np.maximum(after_calls.sum(1, keepdims=True), 1)
    new = (later >= LEAST_SHARE) & (shares <= STRAY * later) & before_calls.any(1, keepdims=True)
    found: list[_Switch] = []
    for group, code in zip(*(axis.tolist() for axis in np.nonzero(new)), strict=True):
        where = (groups.codes == group) & after & (tariff == code)
        earlier = int((shares[group] - later[group]).argmax())
        found.append(_Switch(group=group, where=where, earlier=earlier, later=code))
    return found


def _is_certain(switch: _Switch, *, after: Bools, groups: Labels, clusters: Clusters) -> bool:
    """Return whether the absence of the tariff before the change is unlikely to be chance, by clusters."""
    mine = groups.codes == switch.group
    before, later = mine & ~after, mine & after
    if min(before.sum(), later.sum()) < FEWEST_CALLS:
        return False
    share = _clusters(clusters, switch.where) / _clusters(clusters, later)
    return bool((1 - share) ** _clusters(clusters, before) <= BY_CHANCE)


def _clusters(clusters: Clusters, where: Bools) -> int:
    return len(np.unique(clusters.codes[where]))


def _caching(events: Events, traffic: Traffic, *, after: Bools, groups: Labels) -> Iterator[_Switch]:
    """Yield the kinds of call that read or write a cache since the change and never did before it."""
    known = events.cached_input_tokens
    if known is None:
        return
    uses = (traffic.cached_input_tokens + traffic.cache_write_tokens > 0) & ~traffic.unpaid
    counts = [_counts(side, groups) for side in (uses & ~after, uses & after, after, ~after & (known >= 0))]
    used_before, used_after, calls_after, known_before = counts
    begun = (used_before == 0) & (known_before >= FEWEST_CALLS) & (used_after >= LEAST_SHARE * calls_after)
    for group in np.flatnonzero(begun & (used_after > 0)).tolist():
        where = (groups.codes == group) & after & uses
        for code in np.unique(traffic.tariff[where & (traffic.tariff != UNPRICED)]).tolist():
            yield _Switch(group=group, where=where & (traffic.tariff == code), earlier=code, later=code)


def _counts(where: Bools, groups: Labels) -> Ints:
    return np.bincount(groups.codes[where], minlength=len(groups.names))


def _switched_back(traffic: Traffic, switch: _Switch) -> Traffic:
    if switch.earlier == switch.later:
        nothing = np.zeros(len(traffic), np.int64)
        return cached(traffic, switch.where, read_tokens=nothing, write_tokens=nothing)
    if not _is_priced(traffic, switch):
        return traffic
    return routed(traffic, switch.where, to=traffic.tariffs[switch.earlier])


def _adopted(traffic: Traffic, switch: _Switch, saved_usd: Floats, groups: Labels) -> Adopted:
    names = [_name(traffic.tariffs, code) for code in (switch.earlier, switch.later)]
    is_caching = switch.earlier == switch.later
    return Adopted(
        group=groups.names[switch.group],
        what="caching" if is_caching else "price" if names[0] == names[1] else "model",
        earlier=f"{names[0]} without a cache" if is_caching else names[0],
        later=f"{names[1]} with a cache" if is_caching else names[1],
        calls=int(switch.where.sum()),
        saved_usd=float(saved_usd[switch.where].sum()) if _is_priced(traffic, switch) else None,
    )


def _name(tariffs: tuple[Tariff, ...], code: int) -> str:
    return tariffs[code].model if code < len(tariffs) else "a model of unknown price"
