"""Predicts a closed-loop load test, with a fixed number of callers: TTFT and TPOT at a concurrency.

Published benchmarks are of this kind. Real traffic is not; it is modelled by `replay`.
"""

import msgspec

from netra.domain.optimization.performance.memory import window_bytes_per_request
from netra.domain.optimization.performance.roofline import (
    Deployment,
    costs_of,
    decode_s,
    prefill_s,
)


class ClosedLoop(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction without an interval: for comparing and fitting, not for display."""

    ttft_s: float
    tpot_s: float
    running: float  # sequences decoding concurrently: the callers, limited by the cache

    def tokens_per_s(self) -> float:
        """Return the output tokens a second of the replica."""
        return self.running / self.tpot_s


def closed_loop(
    deployment: Deployment, *, input_tokens: float, output_tokens: float, concurrency: float
) -> ClosedLoop:
    """Return the latencies seen by `concurrency` callers that send the next prompt after each answer.

    `TPOT = decode(B) + (B/OSL) prefill(ISL)`: while one sequence emits its tokens, each of the others
    is replaced once, and every replacement's prefill delays the step it shares. The cache limits `B`;
    further callers queue, and their wait counts as TTFT.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> from netra.domain.optimization.performance.constants import VLLM
    >>> one = Deployment(gpu=HARDWARE.find_gpu("H200"), model=HARDWARE.find_model("Llama-3.1-70B"),
    ...                  engine=VLLM, tp=8, precision="fp8", kv_precision="fp8")
    >>> seen = closed_loop(one, input_tokens=1024, output_tokens=1024, concurrency=16)
    >>> 0.008 < seen.tpot_s < 0.011  # 9.7 ms was measured
    True
    """
    costs = costs_of(deployment)
    running = min(
        concurrency, running_limit(deployment, input_tokens=input_tokens, output_tokens=output_tokens)
    )
    context = running * (input_tokens + output_tokens / 2.0)
    step = float(decode_s(costs, sequences=running, context_tokens=context))
    prefill = float(prefill_s(costs, prompt_tokens=input_tokens))
    tpot = step + running / max(output_tokens, 1.0) * prefill
    ttft = _first_token_s(deployment, prefill=prefill, running=running, step=step)
    waiting = (concurrency / running - 1.0) * output_tokens * tpot
    return ClosedLoop(ttft_s=ttft + waiting, tpot_s=tpot, running=running)


def running_limit(deployment: Deployment, *, input_tokens: float, output_tokens: float) -> float:
    """Return the number of sequences that the cache holds concurrently, at least 1.

    An engine that reserves the whole answer needs room for all of it; one that allocates page by page
    holds half an answer on average.
    """
    memory = deployment.memory()
    share = 1.0 if deployment.engine.admission == "whole" else 0.5
    window = window_bytes_per_request(deployment.model, tp=deployment.tp, precision=deployment.kv_precision)
    tokens = input_tokens + share * output_tokens + window / memory.kv_bytes_per_token
    return max(1.0, memory.concurrency(tokens))


def _first_token_s(deployment: Deployment, *, prefill: float, running: float, step: float) -> float:
    """Return the mean TTFT without queueing: own prefill, part of the others', the step in progress."""
    engine = deployment.engine
    prefills = engine.ttft_prefills + engine.ttft_prefills_per_sequence * (running - 1.0)
    return prefill * prefills + step
