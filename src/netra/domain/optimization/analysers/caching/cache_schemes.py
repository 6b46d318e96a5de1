"""Caching schemes for one model's prompts, as changes of traffic: calls, cached part, time to live.

Computes reads and writes in tokens from the replay and the provider's rules. What a cache held before the log
is not known. Where writes are charged, the first time to live of the log fills the replayed cache: its calls
stay as they are and count for nothing, as an empty cache writes what a full one reads. A log of less than
`WARMED` times to live is replayed from an empty cache (`Replays.is_cold`), and so is free caching, whose
reads an empty cache only understates. `prompt_caching` chooses the best scheme.
"""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from netra.domain.optimization.analysers.evidence import groups_of, saved_by_call_usd
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Checkpoint
from netra.domain.optimization.prefix import PrefixReuse, chain_tokens, cut_at, reuse_of, shared_tokens
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import Bools, Change, Traffic, cached, routed
from netra.domain.workloads.columns import Floats, Ints

HOUR_S: Final = 3600
OFF: Final = 0
WARMED: Final = 1.5  # least length of a log, in times to live, whose first one warms the cache
_NS_PER_S: Final = 1e9
_ODD_SHARE: Final = 0.05  # largest share of a group's calls that may share less than the marked prefix


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """One way to cache one model's prompts, and its saving against the current traffic."""

    code: int  # the tariff's index in the study's traffic
    tariff: Tariff  # with the write price that buys this time to live
    ttl_s: int  # OFF: no caching
    where: Bools  # the calls it is switched on for
    shared_only: bool = False  # cache the prefix that a group's calls share, not the whole prompt
    saved_usd: float = 0.0  # on the recurring calls


class TriedScheme(msgspec.Struct, frozen=True, kw_only=True):
    """The replay of one caching scheme: tokens read and written, and the saving."""

    model: str
    provider: str
    ttl_s: int
    cached_part: str | None
    calls: int
    input_tokens: int
    read_tokens: int
    write_tokens: int
    read_share: float
    write_share: float
    saved_usd_in_window: float
    break_even_hit_share: float | None


class Replays:
    """The replays of one study's prompts, memoised because composition asks for the same ones often."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.covered_tokens = chain_tokens(study.events)
        self._shared_tokens: Ints | None = None
        self._all: Sequence[PrefixReuse] | None = None
        self._hits: dict[tuple[bytes, int, bool], Ints] = {}

    def marked_tokens(self, *, shared_only: bool) -> Ints:
        """Return the tokens of each prompt to cache: all that its hash chain covers, or the shared prefix."""
        if not shared_only:
            return self.covered_tokens
        if self._shared_tokens is None:
            self._shared_tokens = np.minimum(_shared_part(self.study), self.covered_tokens)
        return self._shared_tokens

    def is_cold(self, ttl_s: int) -> bool:
        """Return whether the log is too short to warm a cache of this time to live."""
        at_ns = self.study.events.at_ns
        return not len(at_ns) or float(at_ns[-1] - at_ns[0]) < WARMED * ttl_s * _NS_PER_S

    def counted(self, scheme: Scheme) -> Bools:
        """Return the calls that a scheme is judged on: all, or those after the log's first time to live."""
        at_ns = self.study.events.at_ns
        if scheme.tariff.cache_write is None or self.is_cold(scheme.ttl_s):
            return np.ones(len(at_ns), np.bool_)
        since_ns: Ints = at_ns - at_ns[0]
        return np.greater_equal(since_ns, scheme.ttl_s * _NS_PER_S)

    def hit_tokens(self, where: Bools, *, ttl_s: int, shared_only: bool = False) -> Ints:
        """Return the replayed hit tokens when only the calls in `where` use the cache."""
        key = (blake2b(where.tobytes(), digest_size=16).digest(), ttl_s, shared_only)
        if key not in self._hits:
            self._hits[key] = self._replayed(where, ttl_s=ttl_s, shared_only=shared_only)
        return self._hits[key]

    def _known(self) -> Sequence[PrefixReuse]:
        """Return the reuse among all calls except refused ones, by time to live."""
        if self._all is None:
            self._all = self.study.reuse
            events, blocks, unpaid = self.study.events, self.study.shared_blocks, self.study.traffic.unpaid
            if unpaid.any() and blocks is not None:
                ttls_s = [reuse.ttl_s for reuse in self.study.reuse]
                self._all = reuse_of(events, blocks, ttls_s=ttls_s, where=~unpaid)
        return self._all

    def _replayed(self, where: Bools, *, ttl_s: int, shared_only: bool) -> Ints:
        known = next((reuse for reuse in self._known() if reuse.ttl_s == ttl_s), None)
        models = self.study.events.model
        cached_models = np.bincount(models.codes[where], minlength=len(models.names)) > 0
        alone = not (cached_models[models.codes] & ~where & ~self.study.traffic.unpaid).any()
        if known is not None and alone and not shared_only:
            return np.where(where, known.hit_tokens, 0)
        events, blocks = self.study.events, self.study.shared_blocks
        if events.prefixes is None or blocks is None:
            return np.zeros(len(where), np.int64)
        if shared_only:
            blocks = cut_at(blocks, events, events.prefixes, tokens=self.marked_tokens(shared_only=True))
        (reuse,) = reuse_of(events, blocks, ttls_s=(ttl_s,), where=where)
        return reuse.hit_tokens


def _shared_part(study: Study) -> Ints:
    """Return the length in tokens of the prompt prefix shared within each call's model and group.

    One cache marker there serves the whole group: it is the length that all but a few of its calls
    (`_ODD_SHARE`) share with some other call. Calls that share no prefix are ignored.
    """
    events, blocks = study.events, study.shared_blocks
    if events.prefixes is None or blocks is None:
        return np.zeros(len(events), np.int64)
    tokens = shared_tokens(events, events.prefixes, shared=blocks)
    _, groups = groups_of(study)
    cells = (study.traffic.tariff.astype(np.int64) + 1) * len(groups.names) + groups.codes
    alike = np.flatnonzero(tokens > 0)
    order = alike[np.lexsort((tokens[alike], cells[alike]))]
    found, starts, calls = np.unique(cells[order], return_index=True, return_counts=True)
    if not len(found):
        return np.zeros(len(events), np.int64)
    part = tokens[order[starts + (_ODD_SHARE * (calls - 1)).astype(np.int64)]]
    place = np.minimum(np.searchsorted(found, cells), len(found) - 1)
    by_call: Ints = np.where(found[place] == cells, part[place], 0)
    return by_call


def is_explicit(tariff: Tariff) -> bool:
    """Return whether the caller decides what is cached; if unknown, whether writes have a price."""
    if tariff.caching is not None:
        return tariff.caching == "explicit"
    return tariff.cache_write is not None


def schemes_for(replays: Replays, *, code: int, checkpoint: Checkpoint) -> list[Scheme]:
    """Return the schemes for the calls of one tariff: each time to live, for all calls or where it pays.

    Where the caller decides what is cached, both the whole prompt and its shared prefix are tried. Turning
    caching off is also tried where the log shows charged cache writes.
    """
    traffic = replays.study.traffic
    tariff = traffic.tariffs[code]
    mine = (traffic.tariff == code) & ~traffic.unpaid  # a refused prompt fills no cache
    tried: list[Scheme] = []
    for number, ttl_s in enumerate(tariff.cache_ttl_s):
        checkpoint(number / len(tariff.cache_ttl_s), f"Replaying the prompt cache of {tariff.model}")
        whole = Scheme(code=code, tariff=at_ttl(tariff, ttl_s=ttl_s), ttl_s=ttl_s, where=mine)
        tried += _everywhere_or_where_it_pays(replays, whole)
        if is_explicit(tariff) and _begin_alike(replays, mine, least_tokens=tariff.cache_min_tokens):
            shared = msgspec.structs.replace(whole, shared_only=True)
            tried += _everywhere_or_where_it_pays(replays, shared)
    if traffic.cache_write_tokens[mine].any():
        tried.append(_valued(replays, Scheme(code=code, tariff=tariff, ttl_s=OFF, where=mine)))
    return tried


def _begin_alike(replays: Replays, where: Bools, *, least_tokens: int) -> bool:
    return bool((replays.marked_tokens(shared_only=True)[where] >= max(least_tokens, 1)).any())


def _everywhere_or_where_it_pays(replays: Replays, everywhere: Scheme) -> list[Scheme]:
    by_call_usd = _saved(replays, everywhere)
    tried = [msgspec.structs.replace(everywhere, saved_usd=_sum_usd(replays.study, by_call_usd))]
    if everywhere.tariff.cache_write is None:
        return tried
    gaining = _gaining(replays.study, everywhere, by_call_usd)
    if gaining is not None:
        tried.append(_valued(replays, msgspec.structs.replace(everywhere, where=gaining)))
    return tried


def change_of(replays: Replays, schemes: Sequence[Scheme]) -> Change:
    """Return the change of traffic that applies the schemes."""
    return partial(_in_force, replays=replays, schemes=tuple(schemes))


def billed_reads(hit_tokens: Ints, covered_tokens: Ints, *, tariff: Tariff) -> Ints:
    """Return the tokens of each call charged as cache reads: whole granules, no less than the minimum.

    A hit covers at most the cached part of the call (`covered_tokens`). Entries shorter than the minimum
    are never created, with explicit or automatic caching, so they cannot be read. OpenAI, prompt caching
    guide, October 2026: 1,024 tokens and steps of 128.

    >>> from netra.domain.optimization.pricing import Rate
    >>> some = Tariff(model="m", provider="p", input=Rate(usd_per_token=1), output=Rate(usd_per_token=1))
    >>> billed_reads(np.array([1023, 1024, 1300]), np.array([4096, 4096, 4096]), tariff=some).tolist()
    [0, 1024, 1280]
    """
    granule = max(tariff.cache_granularity_tokens, 1)
    whole = np.minimum(hit_tokens, covered_tokens) // granule * granule
    return np.where(whole >= tariff.cache_min_tokens, whole, 0)


def _in_force(traffic: Traffic, *, replays: Replays, schemes: Sequence[Scheme]) -> Traffic:
    reads, writes = traffic.cached_input_tokens.copy(), traffic.cache_write_tokens.copy()
    everywhere = np.zeros(len(traffic), np.bool_)
    changed = traffic
    for scheme in schemes:
        users = scheme.where & traffic.kept & ~traffic.hosted & (traffic.tariff == scheme.code)
        where = users & replays.counted(scheme)
        indexes = np.flatnonzero(where)
        reads[indexes], writes[indexes] = _split(replays, scheme, users, indexes=indexes)
        everywhere |= where
        if scheme.tariff != traffic.tariffs[scheme.code]:
            changed = routed(changed, where, to=scheme.tariff)
    return cached(changed, everywhere, read_tokens=reads, write_tokens=writes)


def _split(
    replays: Replays, scheme: Scheme, where: Bools, *, indexes: npt.NDArray[np.intp]
) -> tuple[Ints, Ints]:
    """Return the tokens that the calls at `indexes` read and write if those in `where` use the cache."""
    nothing = np.zeros(len(indexes), np.int64)
    if scheme.ttl_s == OFF:
        return nothing, nothing
    marked = replays.marked_tokens(shared_only=scheme.shared_only)[indexes]
    hits = replays.hit_tokens(where, ttl_s=scheme.ttl_s, shared_only=scheme.shared_only)[indexes]
    reads = billed_reads(hits, marked, tariff=scheme.tariff)
    if scheme.tariff.cache_write is None:
        return reads, nothing
    return reads, np.where(marked >= scheme.tariff.cache_min_tokens, marked - reads, 0)


def at_ttl(tariff: Tariff, *, ttl_s: int) -> Tariff:
    """Return the tariff with the write price that buys this time to live."""
    if ttl_s < HOUR_S or tariff.cache_write_1h is None:
        return tariff
    return msgspec.structs.replace(tariff, cache_write=tariff.cache_write_1h)


def _gaining(study: Study, scheme: Scheme, by_call_usd: Floats) -> Bools | None:
    """Return the calls of the groups that save money under the scheme; None if all groups do, or no group."""
    _, groups = groups_of(study)
    first = study.month.first
    by_group = np.bincount(groups.codes[first:], weights=by_call_usd[first:], minlength=len(groups.names))
    where = scheme.where & (by_group > 0)[groups.codes]
    return where if where.any() and not np.array_equal(where, scheme.where) else None


def _valued(replays: Replays, scheme: Scheme) -> Scheme:
    return msgspec.structs.replace(scheme, saved_usd=_sum_usd(replays.study, _saved(replays, scheme)))


def _sum_usd(study: Study, by_call_usd: Floats) -> float:
    """Return the sum over the recurring calls."""
    return float(by_call_usd[study.month.first :].sum())


def _saved(replays: Replays, scheme: Scheme) -> Floats:
    return saved_by_call_usd(replays.study, change_of(replays, [scheme]))
