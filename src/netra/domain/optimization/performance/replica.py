"""One replica of an inference engine, as a deterministic discrete-event simulation.

Continuous batching: every step decodes all running sequences by one token and, while prompts wait,
prefills a chunk of them in the same step. A request is admitted, in order of arrival, when the cache has
room for its prompt and its whole answer, so there is no eviction. Between two events (an arrival, an end)
the batch does not change, and any number of steps is summed in closed form.
"""

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from heapq import heappop, heappush
from math import ceil, inf, sqrt
from typing import Final

import msgspec
import numpy as np

from netra.domain.optimization.performance.roofline import OVERLAP, StepCosts, step_s

NEVER: Final = inf

TABLES_KEPT: Final = 8
"""Upper bound on the compiled tables kept, of some 20,000 numbers each; a sizing alternates between two."""


class Batching(msgspec.Struct, frozen=True, kw_only=True):
    """The batching limits of an engine; the defaults are vLLM's for serving."""

    max_sequences: int = 256
    step_tokens: int = 2048  # upper bound on the decoding and prompt tokens of one step


class StepTable(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment's step times as look-up tables; compiled once per replay."""

    seconds: list[float]  # by tokens in the step, without attention
    host_s: list[float]  # by decoding sequences; zeros where the engine has no floor
    kv_s: float
    pair_s: float
    has_floor: bool

    def step(self, *, sequences: int, context: float, prompt: int, pairs: float) -> float:
        """Return the seconds of one step, as `roofline.step_s` does."""
        gpu = self.seconds[sequences + prompt] + self.kv_s * context + self.pair_s * pairs
        if not self.has_floor:
            return gpu
        return float((gpu**OVERLAP + self.host_s[sequences] ** OVERLAP) ** (1.0 / OVERLAP))

    def slower(self, factor: float) -> "StepTable":
        """Return the table with every step `factor` times as long."""
        return StepTable(
            seconds=[value * factor for value in self.seconds],
            host_s=[value * factor for value in self.host_s],
            kv_s=self.kv_s * factor,
            pair_s=self.pair_s * factor,
            has_floor=self.has_floor,
        )


def table_of(costs: StepCosts, *, batching: Batching) -> StepTable:
    """Compile the times of every possible step of this engine."""
    tokens = np.arange(batching.step_tokens + batching.max_sequences + 1, dtype=np.float64)
    without_floor = msgspec.structs.replace(costs, host_s=0.0)
    none = tokens * 0.0
    seconds = step_s(
        without_floor, sequences=none, context_tokens=none, prompt_tokens=tokens, prompt_pairs=none
    )
    host = costs.host_s + costs.host_sequence_s * tokens + costs.host_pair_s * tokens**2
    return StepTable(
        seconds=seconds.tolist(),
        host_s=host.tolist(),
        kv_s=costs.kv_s,
        pair_s=costs.pair_s,
        has_floor=costs.host_s > 0.0,
    )


@lru_cache(maxsize=TABLES_KEPT)
def table_at(costs: StepCosts, batching: Batching, slowdown: float) -> StepTable:
    """Return the table with every step `slowdown` times as long, shared by the replays of one fleet."""
    return table_of(costs, batching=batching).slower(slowdown)


class Replica:
    """The mutable state of one replica; lives only inside one call of `replay`."""

    __slots__ = (
        "_active",
        "_batching",
        "_chunk_done",
        "_context",
        "_kv_free",
        "_requests",
        "_steps",
        "_table",
        "_waiting",
        "busy_s",
        "finished_at",
        "first_at",
        "now",
    )

    def __init__(
        self,
        table: StepTable,
        *,
        batching: Batching,
        kv_tokens: int,
        requests: tuple[list[int], list[int]],
        results: tuple[list[float], list[float]],
    ) -> None:
        """Start empty; `requests` holds input and output tokens by request, `results` is filled in place."""
        self._table = table
        self._batching = batching
        self._requests = requests
        self.first_at, self.finished_at = results
        self._kv_free = kv_tokens
        self._waiting: deque[int] = deque()
        self._active: list[tuple[int, int]] = []  # heap of (last step, request)
        self._chunk_done = 0  # prefilled tokens of the first waiting request; >0: admitted
        self._context = 0.0  # cached tokens of the running sequences, summed
        self._steps = 0
        self.now = 0.0
        self.busy_s = 0.0

    @property
    def outstanding(self) -> int:
        """The number of unfinished requests of this replica."""
        return len(self._active) + len(self._waiting)

    def give(self, request: int, *, at_s: float) -> None:
        """Enqueue a request; the replica must have been advanced to `at_s`."""
        if not self._active and not self._waiting and self.now < at_s:
            self.now = at_s
        self._waiting.append(request)

    def serve(self, requests: Sequence[int], arrive_s: Sequence[float]) -> None:
        """Enqueue requests at their arrival times; those unfinished at the last arrival stay unfinished."""
        for request in requests:
            at_s = arrive_s[request]
            self.advance(at_s)
            self.give(request, at_s=at_s)

    def advance(self, until_s: float) -> None:
        """Run every step that begins before `until_s`; the last one may end later."""
        while self.now < until_s:
            if self._waiting and self._can_prefill():
                self._mixed_step()
            elif self._active:
                self._decode(until_s)
            else:
                return

    def _can_prefill(self) -> bool:
        if self._chunk_done:
            return True
        return len(self._active) < self._batching.max_sequences and self._fits(self._waiting[0])

    def _fits(self, request: int) -> bool:
        return self._requests[0][request] + self._requests[1][request] <= self._kv_free

    def _mixed_step(self) -> None:
        """Decode the running sequences once and prefill as many prompt tokens as the step allows."""
        running = len(self._active)
        done, tokens, pairs = self._take_prompts(self._batching.step_tokens - running)
        seconds = self._table.step(sequences=running, context=self._context, prompt=tokens, pairs=pairs)
        self.now += seconds
        self.busy_s += seconds
        self._steps += 1
        self._context += running
        self._retire()
        for request in done:
            self._begin(request)

    def _take_prompts(self, room: int) -> tuple[list[int], int, float]:
        """Return the requests whose prompt ends in this step, its prompt tokens, and their pairs."""
        inputs, outputs = self._requests
        waiting, running = self._waiting, len(self._active)
        done: list[int] = []
        tokens, pairs = 0, 0.0
        while waiting and tokens < room:
            request = waiting[0]
            if not self._chunk_done:
                if running + len(done) >= self._batching.max_sequences or not self._fits(request):
                    break
                self._kv_free -= inputs[request] + outputs[request]
            chunk = min(room - tokens, inputs[request] - self._chunk_done)
            pairs += chunk * (self._chunk_done + chunk * 0.5)
            tokens += chunk
            self._chunk_done += chunk
            if self._chunk_done < inputs[request]:
                break
            self._chunk_done = 0
            done.append(waiting.popleft())
        return done, tokens, pairs

    def _begin(self, request: int) -> None:
        """Record the first token; continue decoding, or finish a one-token answer."""
        self.first_at[request] = self.now
        left = self._requests[1][request] - 1
        if left <= 0:
            self._end(request)
            return
        heappush(self._active, (self._steps + left, request))
        self._context += self._requests[0][request] + 1

    def _decode(self, until_s: float) -> None:
        """Run steps of the same batch until a sequence ends or `until_s` is reached."""
        running, context, table = len(self._active), self._context, self._table
        steps = self._active[0][0] - self._steps
        if until_s < NEVER:
            first = table.step(sequences=running, context=context, prompt=0, pairs=0.0)
            steps = min(steps, _steps_within(until_s - self.now, first=first, growth=table.kv_s * running))
        middle = context + running * (steps - 1) * 0.5
        seconds = steps * table.step(sequences=running, context=middle, prompt=0, pairs=0.0)
        self.now += seconds
        self.busy_s += seconds
        self._steps += steps
        self._context += running * steps
        self._retire()

    def _retire(self) -> None:
        """Finish the sequences that have their last token."""
        active = self._active
        while active and active[0][0] <= self._steps:
            request = heappop(active)[1]
            self._context -= self._requests[0][request] + self._requests[1][request]
            self._end(request)

    def _end(self, request: int) -> None:
        self.finished_at[request] = self.now
        self._kv_free += self._requests[0][request] + self._requests[1][request]


def _steps_within(seconds: float, *, first: float, growth: float) -> int:
    """Return the least number of steps that last `seconds`, the first taking `first`, each `growth` more.

    Exact if the step time is linear in the context; a floor makes steps grow more slowly, which adds an
    error of a fraction of one step.

    >>> _steps_within(1.0, first=0.25, growth=0.0)
    4
    """
    slope = growth / 2.0
    constant = first - slope
    if growth <= 1e-12 * first:
        return max(1, ceil(seconds / first))
    return max(1, ceil((sqrt(constant * constant + 4.0 * slope * seconds) - constant) / (2.0 * slope)))
