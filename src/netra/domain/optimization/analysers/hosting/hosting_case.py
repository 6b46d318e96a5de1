"""Prepares a hosting question: the calls, the open model, the limits and the candidate GPUs.

Shared by `self_hosting`, `gpu_choice`, `autoscaling`, `kv_cache` and `prefill_split`; reports no finding.
"""

from math import ceil

import msgspec
import numpy as np

from netra.domain.optimization.analysers.hosting.log_calibration import pace_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.model import Gap, Goals
from netra.domain.optimization.performance.balancing import Balancing
from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    configurations,
)
from netra.domain.optimization.performance.constants import MIXTURE_STEP_TIME_80, VLLM
from netra.domain.optimization.performance.fleet import Slo, busiest
from netra.domain.optimization.performance.hardware import Gpu, Hardware, ModelShape
from netra.domain.optimization.performance.replay import Requests
from netra.domain.optimization.performance.roofline import costs_of, prefill_s
from netra.domain.optimization.performance.sizing import Sizing
from netra.domain.optimization.performance.stand_in import StandIn, stand_in_for
from netra.domain.optimization.traffic import Bools, Traffic
from netra.domain.optimization.wording import count


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One self-hosting question: the calls, the model, the limits and the candidates."""

    where: Bools
    others: int  # excluded calls, of models other than the open one
    requests: Requests
    replayed: Requests
    stand_in: StandIn
    slo: Slo
    limits: str  # `slo` in words
    unheld: tuple[str, ...]  # features with their own limits, which a replay of all calls cannot check
    notes: tuple[str, ...]  # the assumptions of every answer: model, limits, calls
    load: RequestLoad
    candidates: tuple[ServingConfiguration, ...]
    sizing: Sizing
    api_usd: float  # list price of the charged calls, over the log's span
    api_usd_per_month: float


def concerns_own_gpus(study: Study, *, kind: str) -> bool:
    """Return whether the question is about GPUs, or the log holds calls of an open model."""
    goals = study.goals
    asked = kind in goals.analyses or bool(goals.gpus) or goals.gpu_memory_gib is not None
    labels = study.events.model.names
    return asked or "gpu_memory" in goals.constraints or any(map(study.hardware.find_model, labels))


def case_of(
    study: Study, *, kind: str, priced_only: bool = True, proposed: Bools | None = None
) -> Case | Gap:
    """Return the prepared question, or the gap that prevents it.

    `priced_only` excludes calls of unknown list price, which cannot be compared with own GPUs. `proposed`
    selects the calls to serve on own GPUs, of any model. Without it, if most calls are of an open model,
    only that model's calls are selected: for the others it would be a stand-in.
    """
    traffic = study.traffic
    where = traffic.kept & ~traffic.hosted & ((traffic.tariff >= 0) | (not priced_only))
    if study.own_fleet is not None:
        where = traffic.kept & study.own_fleet.where
    if proposed is not None:
        where &= proposed
    if not where.any():
        return _gap(kind, "model", "no call has a known list price to compare with own GPUs")
    if not study.span.scaled:
        return _gap(
            kind, "timestamp", "the log is too short for a comparison with GPUs that are rented by the hour"
        )
    stand_in = _stand_in(study, where)
    if stand_in is None:
        return _gap(kind, "models", "the catalogue has no open model that could stand in")
    others = 0
    if stand_in.is_same and proposed is None:
        own = where & calls_of(study, stand_in.model)
        others = int(np.count_nonzero(where & ~own))
        where = own
    return _readied(study, where, kind=kind, stand_in=stand_in, others=others)


def _readied(study: Study, where: Bools, *, kind: str, stand_in: StandIn, others: int) -> Case | Gap:
    """Return the case of serving the calls in `where` (one or more) on `stand_in`."""
    requests = _requests(study.traffic, where)
    longest = int((requests.input_tokens + requests.output_tokens).max())
    window = stand_in.model.max_context_tokens
    if longest > window:
        reason = (
            f"the longest call has {longest:,} tokens, and {stand_in.model.name} takes at most {window:,}"
        )
        return _gap(kind, "models", reason)
    gpus = allowed_gpus(study.hardware, study.goals)
    candidates = configurations(gpus, model=stand_in.model, engine=VLLM, longest_tokens=longest)
    if not candidates:
        return _gap(
            kind,
            "gpus",
            f"no allowed GPU of known price holds {stand_in.model.name} and the longest call",
        )
    pace, calibration = pace_of(study, where, stand_in=stand_in, requests=requests)
    candidates = tuple(_at_pace(one, pace) for one in candidates)
    slo, limits = slo_of(study.goals, requests, candidates)
    replayed = busiest(requests)
    unheld = tuple(sorted(name for name in study.goals.latency_ms if name))
    about_model = (_sentence(stand_in.reason), *_kind_of(stand_in.model))
    charged_usd = np.where(where & ~study.traffic.unpaid, study.now_usd, 0.0)
    about_calls = (*_left_out(others), *_stretch(replayed, requests))
    return Case(
        where=where,
        others=others,
        requests=requests,
        replayed=replayed,
        stand_in=stand_in,
        slo=slo,
        limits=limits,
        unheld=unheld,
        notes=(*about_model, limits, *_not_held(unheld), *about_calls, calibration),
        load=_load(requests, seconds=study.span.seconds),
        candidates=candidates,
        sizing=Sizing(balancing=Balancing(study.goals.balancing), spare=study.goals.spare_replicas),
        api_usd=float(charged_usd.sum()),
        api_usd_per_month=study.month.usd(charged_usd),
    )


def allowed_gpus(hardware: Hardware, goals: Goals) -> tuple[Gpu, ...]:
    """Return the priced GPUs that the question allows: those named, within the memory limit."""
    named = {gpu.name for name in goals.gpus if (gpu := hardware.find_gpu(name)) is not None}
    limit_gib = goals.gpu_memory_gib
    return tuple(
        gpu
        for gpu in hardware.priced_gpus()
        if (not named or gpu.name in named) and (limit_gib is None or gpu.memory_gib <= limit_gib * 1.02)
    )


def slo_of(goals: Goals, requests: Requests, candidates: tuple[ServingConfiguration, ...]) -> tuple[Slo, str]:
    """Return the requested limits, else the defaults, with a sentence that states them.

    The default TTFT is widened where even a single prompt of this length takes longer on every candidate:
    a limit that was not requested must not make the question unanswerable.
    """
    slo = Slo(
        ttft_ms=goals.ttft_ms_p99 or Slo().ttft_ms,
        tpot_ms=goals.tpot_ms_p99 or Slo().tpot_ms,
        latency_ms=goals.latency_ms.get(""),
    )
    if goals.ttft_ms_p99 is not None:
        return slo, _limits(goals, slo)
    prompt = np.float64(np.percentile(requests.input_tokens, 99))
    lone_ms = min(
        1e3 * float(prefill_s(costs_of(one.deployment), prompt_tokens=prompt)) for one in candidates
    )
    if 1.5 * lone_ms <= slo.ttft_ms:
        return slo, _limits(goals, slo)
    wider = msgspec.structs.replace(slo, ttft_ms=float(ceil(3.0 * lone_ms / 100.0) * 100))
    return wider, (
        f"No TTFT limit was requested, and a single prompt of {prompt:,.0f} tokens takes "
        f"{lone_ms:,.0f} ms on "
        f"the fastest candidate, so the default limit is widened. {_limits(goals, wider)}"
    )


def _limits(goals: Goals, slo: Slo) -> str:
    """Return the limits in words, with the requested ones marked."""
    limits = (
        ("first token", slo.ttft_ms, goals.ttft_ms_p99),
        ("each next token", slo.tpot_ms, goals.tpot_ms_p99),
        ("the whole call", slo.latency_ms, slo.latency_ms),
    )
    stated = ", ".join(
        f"{what} within {limit:,.0f} ms" + ("" if asked is None else " (as requested)")
        for what, limit, asked in limits
        if limit is not None
    )
    nothing = all(asked is None for _, _, asked in limits)
    return f"Limits at the 99th percentile: {stated}{'; these are defaults' if nothing else ''}."


def _stand_in(study: Study, where: Bools) -> StandIn | None:
    """Return the open model that stands for the model of most calls."""
    codes, counts = np.unique(study.events.model.codes[where], return_counts=True)
    label = study.events.model.names[int(codes[np.argmax(counts)])]
    tariff = study.prices.tariffs.get(label)
    return stand_in_for(
        _model_of(study, label),
        usd_per_output_token=0.0 if tariff is None else tariff.output.usd_per_token,
        asked=study.goals.models,
        hardware=study.hardware,
    )


def _model_of(study: Study, label: str) -> str:
    """Return the name of the model that calls under `label` are priced as; the label itself if unpriced."""
    tariff = study.prices.tariffs.get(label)
    return label if tariff is None else tariff.model


def open_models(study: Study) -> dict[ModelShape, int]:
    """Return the open models of the log, with the number of their calls."""
    labels = study.events.model
    calls = np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.names)).tolist()
    found: dict[ModelShape, int] = {}
    for label, count_of in zip(labels.names, calls, strict=True):
        model = study.hardware.find_model(_model_of(study, label))
        if model is not None and count_of:
            found[model] = found.get(model, 0) + count_of
    return found


def calls_of(study: Study, model: ModelShape) -> Bools:
    """Return which calls of the log are of `model`, under any label."""
    labels = study.events.model
    is_it = [study.hardware.find_model(_model_of(study, label)) == model for label in labels.names]
    return np.array([*is_it, False])[labels.codes]


def _requests(traffic: Traffic, where: Bools) -> Requests:
    at_ns = traffic.at_ns[where]
    return Requests(
        arrive_s=np.asarray((at_ns - at_ns[0]) * 1e-9, np.float64),
        input_tokens=np.maximum(traffic.input_tokens[where], 1),
        output_tokens=np.maximum(traffic.output_tokens[where], 1),
    )


def _at_pace(one: ServingConfiguration, pace: float) -> ServingConfiguration:
    deployment = msgspec.structs.replace(one.deployment, pace=pace)
    return msgspec.structs.replace(one, deployment=deployment)


def _gap(kind: str, field: str, reason: str) -> Gap:
    return Gap(
        kind=kind,
        missing=(field,),
        reason=_sentence(reason),
        would_add="the number of GPUs that keep the latency limits, and their price against the API's",
    )


def _load(requests: Requests, *, seconds: float) -> RequestLoad:
    return RequestLoad(
        requests_per_s=len(requests) / seconds,
        input_tokens=float(requests.input_tokens.mean()),
        output_tokens=float(requests.output_tokens.mean()),
    )


def _kind_of(model: ModelShape) -> tuple[str, ...]:
    """Return the caveat for a model whose steps depend on the choice of experts; empty for a dense model."""
    if not model.is_moe:
        return ()
    fast, slow = MIXTURE_STEP_TIME_80
    caveat = (
        f"{model.name} is a mixture of experts ({model.experts_active} of {model.experts} active per token). "
        "Tokens are assumed to choose experts evenly, and the interval is "
        f"{fast:.2f} to {slow:.2f} times the modelled step time."
    )
    return (caveat,)


def _not_held(features: tuple[str, ...]) -> tuple[str, ...]:
    caveat = f"The replay covers all calls; limits on single features are not checked: {', '.join(features)}."
    return (caveat,) if features else ()


def _left_out(others: int) -> tuple[str, ...]:
    return (f"Not moved: {count(others, 'call')} of other models.",) if others else ()


def _stretch(replayed: Requests, requests: Requests) -> tuple[str, ...]:
    if len(replayed) == len(requests):
        return ()
    return (f"Sized on the busiest {len(replayed):,} consecutive calls of {len(requests):,}.",)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
