"""What-if: re-prices a proposed change call by call and replays it on the real log.

Applies the analysers' changes in their order and prices each step; recommends nothing. Own GPUs are sized
or checked by replay of the real arrivals.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Final

import msgspec
import numpy as np

from netra.domain.errors import ValidationFailed
from netra.domain.optimization.analysers.caching.cache_schemes import OFF, Replays, Scheme, at_ttl, change_of
from netra.domain.optimization.analysers.model import ORDER, Study
from netra.domain.optimization.measures.latency import tails_of
from netra.domain.optimization.model import Checkpoint, Precision, never_stop
from netra.domain.optimization.own_fleet import bought
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.pricing import Tariff
from netra.domain.optimization.traffic import (
    UNPRICED,
    Change,
    Traffic,
    batched,
    capped,
    hosted,
    on_own_gpus,
    total_usd,
)
from netra.domain.optimization.what_if.fleet_trial import FleetTrial, trial_of
from netra.domain.optimization.what_if.outcome import (
    PresentFleetSummary,
    ProposedFleetSummary,
    SimulatedLatency,
)
from netra.domain.optimization.what_if.present_fleet import PresentFleet, present_fleet
from netra.domain.optimization.what_if.proposed_fleet import is_about_fleet
from netra.domain.optimization.wording import cost_change

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_ALL: Final = np.iinfo(np.int64).max


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Replicas = Annotated[int, msgspec.Meta(ge=1, le=512)]
Milliseconds = Annotated[float, msgspec.Meta(gt=0)]
Whole = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]  # of seconds or tokens; the range of the columns


class Proposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The change to try; None leaves a field unchanged."""

    model: Name | None = None  # send every call to this model
    cache: bool | None = None  # caching off, or on for all calls
    cache_ttl_s: Whole | None = None  # None: the provider's first time to live
    batch_share: Share | None = None  # of the calls, evenly spread over the log
    max_output_tokens: Whole | None = None
    gpu: Name | None = None  # serve all calls on own GPUs of this kind; None: as `served_on`
    hosted_model: Name | None = None  # the open model on them; None: the one of the log's price class
    gpus_per_replica: Annotated[int, msgspec.Meta(ge=1, le=8)] | None = None
    replicas: Replicas | None = None  # None: the fewest that keep the limits
    precision: Precision | None = None  # of the weights; None: the usual one on that GPU
    served_on: Name | None = None  # the present GPUs, as "4x H100": their rent is the present bill
    served_replicas: Replicas | None = None
    served_precision: Precision | None = None
    ttft_ms: Milliseconds | None = None  # limits of the fleet; None: the question's, or the default
    tpot_ms: Milliseconds | None = None
    latency_ms: Milliseconds | None = None  # of the whole call
    percentile: Annotated[float, msgspec.Meta(ge=1, lt=100)] = 99.0  # at which the limits are judged
    balancing: Balancing = Balancing.RANDOM
    spare: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0  # replicas beyond those that keep the limits


class SimulatedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the proposal, and its effect on top of the parts before it."""

    kind: str
    usd_in_window: float  # after this step
    saved_usd_in_window: float  # by this step; negative is a loss
    notes: tuple[str, ...] = ()


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """The log's cost and latency now and after the change."""

    calls: int
    now_usd_in_window: float
    then_usd_in_window: float
    now_usd_per_month: float | None  # None: the log covers less than a day
    then_usd_per_month: float | None
    cost_change: str
    steps: tuple[SimulatedStep, ...]
    truncated_share: float  # of the answers, by the cap
    calls_that_do_not_fit: int  # calls that exceed the new model's context and do not move
    latency_now: SimulatedLatency  # if own GPUs serve the log, only of their calls
    latency_then: SimulatedLatency | None  # None: the log does not allow a prediction
    fleet: ProposedFleetSummary | None
    fleet_now: PresentFleetSummary | None  # None: the proposal names no present fleet
    notes: tuple[str, ...]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    change: Change
    notes: tuple[str, ...] = ()


def simulate(study: Study, proposal: Proposal, *, checkpoint: Checkpoint = never_stop) -> Simulated:
    """Return the cost and latency of `proposal` on this log.

    Raises `ValidationFailed` for an unknown model or GPU, or a combination that does not fit.
    """
    checkpoint(0.0, "Reading the proposal")
    present = _present(study, proposal)
    trial = _trial(study, proposal, present, checkpoint=checkpoint)
    parts = [part for read in _READERS for part in read(study, proposal)]
    if trial is not None and (present is None or set(trial.changed) - {"lengths"}):
        parts.append(_Part(kind="self_hosting", change=partial(_host, trial=trial), notes=trial.notes))
    parts.sort(key=lambda part: ORDER.index(part.kind))
    traffic = now = _served(study.traffic, present)
    usd = total_usd(now)
    steps: list[SimulatedStep] = []
    for number, part in enumerate(parts):
        checkpoint(0.8 + 0.2 * number / len(parts), f"Pricing {part.kind.replace('_', ' ')}")
        traffic = part.change(traffic)
        after_usd = total_usd(traffic)
        steps.append(
            SimulatedStep(
                kind=part.kind, usd_in_window=after_usd, saved_usd_in_window=usd - after_usd, notes=part.notes
            )
        )
        usd = after_usd
    return _simulated(study, proposal, (now, traffic), steps=tuple(steps), trial=trial, present=present)


def _present(study: Study, proposal: Proposal) -> PresentFleet | None:
    if proposal.served_on is None and (proposal.served_replicas or proposal.served_precision):
        raise ValidationFailed.of("served_on", "missing", "Name the GPUs, as served_on “4x H100”.")
    return present_fleet(study, proposal)


def _trial(
    study: Study, proposal: Proposal, present: PresentFleet | None, *, checkpoint: Checkpoint
) -> FleetTrial | None:
    if present is None and proposal.gpu is None:
        if is_about_fleet(proposal):
            raise ValidationFailed.of(
                "gpu", "missing", "Name the GPUs: gpu, or served_on for those that serve the log now."
            )
        return None
    stays = proposal.model is not None or proposal.max_output_tokens is None
    if present is not None and stays and not is_about_fleet(proposal):
        return None
    return trial_of(study, proposal, present=present, checkpoint=checkpoint)


def _served(traffic: Traffic, present: PresentFleet | None) -> Traffic:
    if present is None:
        return traffic
    return on_own_gpus(traffic, present.where, hosting_usd_in_window=present.usd_in_window)


def _host(traffic: Traffic, *, trial: FleetTrial) -> Traffic:
    return hosted(traffic, trial.where & traffic.kept, hosting_usd_in_window=trial.usd_in_window)


def _simulated(
    study: Study,
    proposal: Proposal,
    traffic: tuple[Traffic, Traffic],
    *,
    steps: tuple[SimulatedStep, ...],
    trial: FleetTrial | None,
    present: PresentFleet | None,
) -> Simulated:
    now, then = traffic
    now_usd, then_usd = total_usd(now), total_usd(then)
    times = study.span.per_month if study.span.is_month_known else None
    cut = now.output_tokens > (proposal.max_output_tokens or _ALL)
    moved = (then.tariff != now.tariff) | (then.hosted != now.hosted)
    measured = tails_of(study, among=None if present is None else present.where)
    tails = SimulatedLatency(**msgspec.structs.asdict(measured))
    return Simulated(
        calls=len(study.events),
        now_usd_in_window=now_usd,
        then_usd_in_window=then_usd,
        now_usd_per_month=None if times is None else now_usd * times,
        then_usd_per_month=None if times is None else then_usd * times,
        cost_change=cost_change(1 - then_usd / now_usd if now_usd else 0.0),
        steps=steps,
        truncated_share=float(cut.mean()) if len(cut) else 0.0,
        calls_that_do_not_fit=_left_behind(study, proposal),
        latency_now=tails,
        latency_then=trial.latency if trial is not None else None if moved.any() else tails,
        fleet=None if trial is None else trial.fleet,
        fleet_now=None if present is None else present.summary(),
        notes=(*study.span.notes, *_own_notes(proposal, present, trial)),
    )


def _own_notes(proposal: Proposal, present: PresentFleet | None, trial: FleetTrial | None) -> tuple[str, ...]:
    """Return the notes that the steps lack where own GPUs serve the log now."""
    if present is None:
        return ()
    notes = () if trial is None or set(trial.changed) - {"lengths"} else trial.notes
    asked = proposal.cache is not None or proposal.cache_ttl_s is not None or proposal.batch_share is not None
    if asked and proposal.model is None:
        notes = (*notes, "A provider's cache and batch prices do not apply to calls on own GPUs.")
    return notes


def _model(study: Study, proposal: Proposal) -> list[_Part]:
    if proposal.model is None:
        return []
    to = _tariff(study, proposal.model)
    where = _fits(study, to) & ((study.traffic.tariff != UNPRICED) | (proposal.served_on is not None))
    notes = ("Token counts are assumed to be the same on both models; tokenisers differ by some 10 to 30 %.",)
    return [_Part(kind="right_sizing", change=partial(bought, where=where, to=to), notes=notes)]


def _left_behind(study: Study, proposal: Proposal) -> int:
    if proposal.model is None:
        return 0
    return int((~_fits(study, _tariff(study, proposal.model))).sum())


def _fits(study: Study, to: Tariff) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    window = _ALL if to.context_window_tokens is None else to.context_window_tokens
    return study.traffic.input_tokens + study.traffic.output_tokens <= window


def _tariff(study: Study, name: str) -> Tariff:
    known = (*study.prices.candidates, *study.prices.known())
    found = next((tariff for tariff in known if tariff.model.lower() == name.lower()), None)
    if found is None:
        raise ValidationFailed.of("model", "unknown_model", f"No price is known for a model named {name!r}.")
    return found


def _cache(study: Study, proposal: Proposal) -> list[_Part]:
    if proposal.cache is None and proposal.cache_ttl_s is None:
        return []
    if proposal.cache is False:
        return [_Part(kind="prompt_caching", change=change_of(Replays(study), _schemes(study, ttl_s=OFF)))]
    if study.events.prefixes is None:
        raise ValidationFailed.of(
            "cache",
            "missing_prefix_hashes",
            "The log has no prefix_hashes, so prompt caching cannot be replayed.",
        )
    schemes = _schemes(study, ttl_s=proposal.cache_ttl_s)
    priced = {scheme.code for scheme in schemes}
    without = [tariff.model for code, tariff in enumerate(study.traffic.tariffs) if code not in priced]
    notes = tuple(f"{model} has no known price of cached input and is not changed." for model in without)
    return [_Part(kind="prompt_caching", change=change_of(Replays(study), schemes), notes=notes)]


def _schemes(study: Study, *, ttl_s: int | None) -> list[Scheme]:
    """Return one scheme per tariff; by default with the provider's first time to live."""
    chosen: list[Scheme] = []
    for code, tariff in enumerate(study.traffic.tariffs):
        if ttl_s != OFF and tariff.cached_input is None:
            continue
        lives_s = tariff.cache_ttl_s[0] if ttl_s is None else ttl_s
        where = (study.traffic.tariff == code) & ~study.traffic.unpaid
        chosen.append(Scheme(code=code, tariff=at_ttl(tariff, ttl_s=lives_s), ttl_s=lives_s, where=where))
    return chosen


def _batch(study: Study, proposal: Proposal) -> list[_Part]:
    if proposal.batch_share is None:
        return []
    turns = np.floor(np.arange(len(study.events) + 1) * proposal.batch_share)
    where = np.diff(turns) > 0
    missing = sorted({tariff.model for tariff in study.traffic.tariffs if tariff.batch is None})
    notes = tuple(f"{model} has no known batch price and is not changed." for model in missing)
    return [_Part(kind="batch", change=partial(batched, where=where), notes=notes)]


def _cap(study: Study, proposal: Proposal) -> list[_Part]:
    if proposal.max_output_tokens is None:
        return []
    everywhere = np.ones(len(study.events), np.bool_)
    change = partial(capped, where=everywhere, output_tokens=proposal.max_output_tokens)
    return [_Part(kind="output_length", change=change)]


_READERS: Final[tuple[Callable[[Study, Proposal], list[_Part]], ...]] = (_cache, _cap, _model, _batch)
