"""Tests decisions by the model against measurements: the cheapest configuration under a TPOT limit.

A workload is a model, an engine, a precision and lengths; its configurations are the measured GPUs, group
sizes and batches. Each limit is one decision, taken on the modelled TPOT with a safety margin. A token's
price includes the wait for the first one, so a batch that waits for memory is not cheap.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import ceil, floor, log
from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.validation.faulty_rows import Judged

SAFETY_MARGIN: Final = 1.05
"""Factor on the modelled load before it is compared with what a replica carries."""

MARGIN_ERRORS: Final = 0.9
"""Mean errors of the deployment's fit that a modelled TPOT must leave below a limit."""

_STEP: Final = 1.05  # ratio of successive limits, from the fastest configuration to the slowest
_FEWEST: Final = 3


class ConfigurationChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One configuration of a workload, with its modelled and measured cost and speed."""

    measured_ms: float
    modelled_ms: float
    measured_usd: float  # per million output tokens; in GPU-hours if no price is known
    modelled_usd: float
    margin: float = SAFETY_MARGIN  # factor on `modelled_ms` before it is compared with a limit


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the decisions; the shares are None without decisions."""

    count: int
    slo_broken_share: float | None
    mean_regret: float | None  # extra cost over the best measured pick within the limit, as a share


def decide(rows: Sequence[Judged], *, hardware: Hardware, errors: float = MARGIN_ERRORS) -> Decisions:
    """Return how often the model's pick breaks the limit, and its extra cost over the best pick.

    `errors` is the safety margin, in mean errors of each deployment's fit.
    """
    broken: list[bool] = []
    regrets: list[float] = []
    for choices in _workloads(rows, hardware=hardware, errors=errors):
        for limit_ms in _limits(choices):
            picked = pick(choices, limit_ms=limit_ms)
            best_usd = min(one.measured_usd for one in choices if one.measured_ms <= limit_ms)
            broken.append(picked.measured_ms > limit_ms)
            regrets.append(max(0.0, picked.measured_usd / best_usd - 1.0))
    if not broken:
        return Decisions(count=0, slo_broken_share=None, mean_regret=None)
    return Decisions(
        count=len(broken),
        slo_broken_share=sum(broken) / len(broken),
        mean_regret=sum(regrets) / len(regrets),
    )


def pick(choices: Sequence[ConfigurationChoice], *, limit_ms: float) -> ConfigurationChoice:
    """Return the choice with the least modelled cost that keeps the limit with its margin, else the fastest.

    >>> fast = ConfigurationChoice(measured_ms=8.0, modelled_ms=8.0, measured_usd=3.0, modelled_usd=3.0)
    >>> cheap = ConfigurationChoice(measured_ms=19.0, modelled_ms=18.5, measured_usd=1.0, modelled_usd=1.0)
    >>> pick([fast, cheap], limit_ms=19.2) is fast, pick([fast, cheap], limit_ms=21.0) is cheap
    (True, True)
    """
    able = [one for one in choices if one.modelled_ms * one.margin <= limit_ms]
    if able:
        return min(able, key=lambda one: (one.modelled_usd, one.modelled_ms))
    return min(choices, key=lambda one: (one.modelled_ms, one.modelled_usd))


def _workloads(
    rows: Sequence[Judged], *, hardware: Hardware, errors: float
) -> list[list[ConfigurationChoice]]:
    found: dict[tuple[object, ...], list[ConfigurationChoice]] = defaultdict(list)
    for row, seen in rows:
        gpu = hardware.find_gpu(row.hardware)
        if row.tpot_ms is None or gpu is None:
            continue
        gpus = row.tp * row.data_parallel
        usd_per_ms = gpus * (gpu.usd_per_gpu_hour or 1.0) / row.batch / 3.6  # a million calls, each of 1 ms
        first_ms = (0.0, 0.0) if row.ttft_ms is None else (row.ttft_ms, seen.ttft_ms)
        key = (row.model, row.engine, row.precision, row.load, row.input_tokens, row.output_tokens)
        found[key].append(
            ConfigurationChoice(
                measured_ms=row.tpot_ms,
                modelled_ms=seen.tpot_ms,
                measured_usd=usd_per_ms * (first_ms[0] / row.output_tokens + row.tpot_ms),
                modelled_usd=usd_per_ms * (first_ms[1] / row.output_tokens + seen.tpot_ms),
                margin=1.0 + errors * seen.tpot_error,
            )
        )
    return [choices for choices in found.values() if len(choices) >= _FEWEST]


def _limits(choices: Sequence[ConfigurationChoice]) -> list[float]:
    """Return limits in equal ratios, each kept by at least one measured configuration with some margin."""
    fastest = min(one.measured_ms for one in choices) * 1.15
    slowest = max(one.measured_ms for one in choices)
    first, last = ceil(log(fastest) / log(_STEP)), floor(log(max(slowest, fastest)) / log(_STEP))
    return [_STEP**power for power in range(first, last + 1)]
