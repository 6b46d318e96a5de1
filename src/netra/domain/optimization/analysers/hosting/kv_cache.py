"""KV-cache fit: how many concurrent requests a GPU's memory holds, and what an 8-bit cache would add.

Formula: `tokens = floor(available bytes / (2 L max(1, kv/TP) d b))` in pages of 16, concurrency =
tokens / tokens a request; the count vLLM logs as "GPU KV cache size". Available memory is an estimate
unless an engine's log gives it. Valid for engines with a paged cache. Returns nothing unless the question
or the log concerns own GPUs.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of, concerns_own_gpus
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.configurations import ServingConfiguration
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.workloads.columns import Floats, Ints

KIND: Final = "kv_cache"
FORMULA: Final = (
    "tokens = floor(available / (2 L max(1, kv/TP) d b) / 16) x 16; requests at once = tokens / length"
)
_LISTED: Final = 12


class KvCacheFit(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that fit one replica's memory, with a cache of 16 and of 8 bits."""

    configuration: str
    usd_per_hour: float
    weights_gib: float
    kv_cache_gib: float
    kv_bytes_per_token: float
    kv_tokens: int
    kv_tokens_fp8: int
    requests_at_once: float
    requests_at_once_fp8: float
    longest_at_once: float


class KvCacheInputs(Inputs, frozen=True, kw_only=True):
    """The concurrency of the log, and the requests that each configuration holds."""

    model: str
    tokens_per_request_mean: float
    tokens_per_request_longest: int
    concurrency_p99_needed: float | None
    replicas: tuple[KvCacheFit, ...]


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return how many of the log's requests fit each allowed replica concurrently."""
    if not len(study.events) or not concerns_own_gpus(study, kind=KIND):
        return ()
    checkpoint(0.0, "Fitting the key-value cache")
    case = case_of(study, kind=KIND, priced_only=False)
    if isinstance(case, Gap):
        return (case,)
    table = [_fit(case, one) for one in case.candidates[:_LISTED]]
    return (_finding(study, case, table),)


def concurrency_p99(at_ns: Ints, latency_ms: Floats | None) -> float | None:
    """Return the 99th percentile, over arrivals, of concurrent calls; None where latency is unknown.

    A call is in flight from its arrival until its latency has passed; the arriving call counts.

    >>> concurrency_p99(np.array([0, 1_000_000, 5_000_000]), np.array([3.0, 3.0, 3.0]))
    2.0
    """
    if latency_ms is None or bool(np.isnan(latency_ms).all()):
        return None
    known = ~np.isnan(latency_ms)
    starts = at_ns[known]
    ends = np.sort(starts + (latency_ms[known] * 1e6).astype(np.int64))
    under_way = np.arange(1, len(starts) + 1) - np.searchsorted(ends, starts, side="right")
    return float(np.percentile(under_way, 99, method="higher"))


def _finding(study: Study, case: Case, table: Sequence[KvCacheFit]) -> Finding:
    best = max(table, key=lambda row: row.requests_at_once_fp8)
    first = table[0]
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="8-bit cache", scope=(f"model={case.stand_in.model.name}",)),
        stance=Stance.INFORM,
        action=f"Use an 8-bit KV cache for {case.stand_in.model.name} where memory limits the batch size",
        impact=(
            f"A replica of {first.configuration} holds {first.requests_at_once:,.0f} average "
            f"requests at once, {first.requests_at_once_fp8:,.0f} with an 8-bit cache; of "
            f"{len(table)} looked at, {best.configuration} holds most: "
            f"{best.requests_at_once_fp8:,.0f}."
        ),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=KvCacheInputs(
            model=case.stand_in.model.name,
            tokens_per_request_mean=case.load.input_tokens + case.load.output_tokens,
            tokens_per_request_longest=_longest(case),
            concurrency_p99_needed=_needed(study, case),
            replicas=tuple(table),
        ),
        assumptions=(
            "The engine may use 90 % of the GPU's memory.",
            "Memory for activations and buffers is estimated; the engine's own log gives the exact figure.",
            *case.notes,
        ),
        evidence=rows(study, case.where, weight=study.traffic.input_tokens + study.traffic.output_tokens),
        how_to_verify='Compare with the line "GPU KV cache size" that vLLM logs at its start.',
        effort="low",
        risk="An 8-bit cache can change answers: compare a sample before it serves all traffic.",
    )


def _needed(study: Study, case: Case) -> float | None:
    latency_ms = study.events.latency_ms
    return concurrency_p99(
        study.events.at_ns[case.where], None if latency_ms is None else latency_ms[case.where]
    )


def _fit(case: Case, configuration: ServingConfiguration) -> KvCacheFit:
    deployment = configuration.deployment
    plan = deployment.memory()
    small = msgspec.structs.replace(deployment, kv_precision="fp8").memory()
    mean = case.load.input_tokens + case.load.output_tokens
    return KvCacheFit(
        configuration=configuration.name,
        usd_per_hour=configuration.usd_per_hour,
        weights_gib=plan.weights_gib,
        kv_cache_gib=plan.kv_cache_gib,
        kv_bytes_per_token=plan.kv_bytes_per_token,
        kv_tokens=plan.kv_tokens,
        kv_tokens_fp8=small.kv_tokens,
        requests_at_once=plan.concurrency(mean),
        requests_at_once_fp8=small.concurrency(mean),
        longest_at_once=plan.concurrency(_longest(case)),
    )


def _longest(case: Case) -> int:
    return int((case.requests.input_tokens + case.requests.output_tokens).max())
