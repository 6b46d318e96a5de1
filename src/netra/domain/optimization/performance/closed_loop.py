"""Predicts a closed-loop load test, with a fixed number of callers: TTFT and TPOT at a concurrency.

Published benchmarks are of this kind. Real traffic is not; it is modelled by `replay`.
"""

from typing import Final

import msgspec

from netra.domain.optimization.performance.memory import window_bytes_per_request
from netra.domain.optimization.performance.roofline import (
    Deployment,
    costs_of,
    decode_s,
    prefill_s,
)

TOGETHER_TOKENS: Final = 1024.0
"""Length of answers up to which callers that started together still send their next prompts together.

Their first tokens then wait for several steps (`Engine.ttft_steps`); over longer answers they drift apart.
"""


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

    `TPOT = decode(B) + (1 - s) (B/OSL) prefill(ISL)`: while one sequence emits its tokens, each of the
    others is replaced once, and every replacement's prefill delays the steps of the others. An engine that
    schedules prefill first delays other first tokens with a share `s` of it. The cache limits `B`; further
    callers queue, and their wait counts as TTFT. Groups of attention-data parallelism share the callers.

    >>> from netra.domain.optimization.performance.catalogue import HARDWARE
    >>> from netra.domain.optimization.performance.constants import VLLM
    >>> one = Deployment(gpu=HARDWARE.find_gpu("H200"), model=HARDWARE.find_model("Llama-3.1-70B"),
    ...                  engine=VLLM, tp=8, precision="fp8", kv_precision="fp8")
    >>> seen = closed_loop(one, input_tokens=1024, output_tokens=1024, concurrency=16)
    >>> 0.008 < seen.tpot_s < 0.011  # 9.7 ms was measured
    True
    """
    costs, engine, groups = costs_of(deployment), deployment.fitted_engine, deployment.data_parallel
    limit = groups * running_limit(deployment, input_tokens=input_tokens, output_tokens=output_tokens)
    running = min(concurrency, limit)
    each = running / groups
    step = float(decode_s(costs, sequences=each, context_tokens=each * (input_tokens + output_tokens / 2.0)))
    prefill = float(prefill_s(costs, prompt_tokens=input_tokens))
    if groups > 1:
        prefill *= engine.data_parallel_prefill
    first = engine.prefill_first_share
    tpot = step + (1.0 - first) * running / max(output_tokens, 1.0) * prefill
    others = (engine.ttft_prefills_per_sequence + first) * (running - 1.0)
    together = min(1.0, TOGETHER_TOKENS / max(output_tokens, 1.0))
    steps = 1.0 + (engine.ttft_steps - 1.0) * together
    ttft = prefill * (engine.ttft_prefills + others) + steps * step
    waiting = (concurrency / running - 1.0) * output_tokens * tpot
    return ClosedLoop(ttft_s=ttft + waiting, tpot_s=tpot, running=running)


def running_limit(deployment: Deployment, *, input_tokens: float, output_tokens: float) -> float:
    """Return the number of sequences that the cache holds concurrently, at least 1.

    An engine that reserves the whole answer needs room for the whole; one that allocates page by page
    holds half an answer on average.
    """
    memory = deployment.memory()
    share = 1.0 if deployment.engine.admission == "whole" else 0.5
    window = window_bytes_per_request(deployment.model, tp=deployment.tp, precision=deployment.kv_precision)
    tokens = input_tokens + share * output_tokens + window / memory.kv_bytes_per_token
    return max(1.0, memory.concurrency(tokens))
