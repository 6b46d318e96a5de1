"""Calibrates step times on the log's own latencies, where the present deployment is known.

Formula: `pace = median of (measured TPOT / replayed TPOT)` over the log's first calls, replayed on the
present deployment; every modelled step then takes `pace` times as long. Valid where the log is of the model
to be hosted and at least 20 calls have both latencies; otherwise the pace is 1 and a sentence gives the
reason.
"""

import re
from typing import Final

import numpy as np

from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.performance.calibration import (
    FEWEST_ROWS,
    Telemetry,
    calibrated,
    telemetry_of,
)
from netra.domain.optimization.performance.configurations import served_precision
from netra.domain.optimization.performance.constants import VLLM
from netra.domain.optimization.performance.fleet import REPLAYED_REQUESTS, first_within
from netra.domain.optimization.performance.hardware import Gpu, Hardware
from netra.domain.optimization.performance.replay import Requests, replay
from netra.domain.optimization.performance.roofline import Deployment
from netra.domain.optimization.performance.stand_in import StandIn
from netra.domain.optimization.traffic import Bools
from netra.domain.optimization.wording import count

_GROUP: Final = re.compile(r"\s*(?:(?P<size>[1248])\s*x\s+)?(?P<gpu>.+)", re.IGNORECASE)
_UNCALIBRATED: Final = "Step times are not calibrated on this log"


def pace_of(study: Study, where: Bools, *, stand_in: StandIn, requests: Requests) -> tuple[float, str]:
    """Return the ratio of the log's step times to the modelled ones, and a sentence about its source."""
    if not stand_in.is_same:
        return 1.0, f"{_UNCALIBRATED}, which is of another model."
    telemetry = telemetry_of(study.events)
    first = slice(None, REPLAYED_REQUESTS)
    measured = Telemetry(ttft_ms=telemetry.ttft_ms[where][first], tpot_ms=telemetry.tpot_ms[where][first])
    if int(np.count_nonzero(~np.isnan(measured.tpot_ms))) < FEWEST_ROWS:
        return 1.0, f"{_UNCALIBRATED}: fewer than {FEWEST_ROWS} calls have latency_ms and ttft_ms."
    present = present_deployment(study, stand_in=stand_in)
    if present is None or int((requests.input_tokens + requests.output_tokens).max()) > (
        present.memory().kv_tokens
    ):
        return (
            1.0,
            f"{_UNCALIBRATED}: name the GPUs that serve it now, as served_on “4x H100” and served_replicas.",
        )
    early = Requests(
        arrive_s=requests.arrive_s[first],
        input_tokens=requests.input_tokens[first],
        output_tokens=requests.output_tokens[first],
    )
    early = first_within(early)
    measured = Telemetry(ttft_ms=measured.ttft_ms[: len(early)], tpot_ms=measured.tpot_ms[: len(early)])
    seen = replay(early, deployment=present, replicas=study.goals.served_replicas or 1)
    found = calibrated(measured, modelled=Telemetry(ttft_ms=seen.ttft_s * 1e3, tpot_ms=seen.tpot_s * 1e3))
    return found.decode, (
        f"Step times are calibrated on {count(found.decode_rows, 'call')} of this log: {found.decode:.2f} "
        f"times the model's for {study.goals.served_on}."
    )


def present_deployment(study: Study, *, stand_in: StandIn) -> Deployment | None:
    """Return the deployment that serves the log now; None unless the question names one in the catalogue."""
    group = group_of(study.goals.served_on or "", hardware=study.hardware)
    if group is None:
        return None
    gpu, size = group
    return Deployment(
        gpu=gpu,
        model=stand_in.model,
        engine=VLLM,
        tp=size,
        precision=study.goals.served_precision or served_precision(gpu, stand_in.model),
    )


def group_of(text: str, *, hardware: Hardware) -> tuple[Gpu, int] | None:
    """Return the GPU and the group size, from "4x H100" or "H100"; None if the GPU is not known."""
    match = _GROUP.fullmatch(text)
    gpu = None if match is None else hardware.find_gpu(match["gpu"])
    return None if match is None or gpu is None else (gpu, int(match["size"] or 1))
