"""Makes the rent of own GPUs the bill of the calls that they serve, where the question states them.

Formula: `rent = replicas x GPUs a replica x $/GPU-h x hours`. Valid where the log is of an open model and the
GPU has a known price; otherwise the study stays as it is, and `own_gpus` reports what is missing.
"""

import msgspec
import numpy as np

from netra.domain.optimization.analysers.hosting.hosting_case import calls_of, open_models
from netra.domain.optimization.analysers.hosting.log_calibration import group_of
from netra.domain.optimization.analysers.model import Study
from netra.domain.optimization.own_fleet import OwnFleet, with_rent
from netra.domain.optimization.performance.hardware import ModelShape
from netra.domain.optimization.traffic import call_usd, on_own_gpus


def with_own_fleet(study: Study) -> Study:
    """Return the study with the stated fleet's rent as the bill of its calls."""
    own = _own_fleet(study)
    if own is None:
        return study
    traffic = on_own_gpus(study.traffic, own.where, hosting_usd_in_window=own.usd_in_window)
    tokens = (study.events.input_tokens + study.events.output_tokens).astype(np.float64)
    return msgspec.structs.replace(
        study,
        traffic=traffic,
        now_usd=call_usd(traffic),
        invoice=with_rent(study.invoice, own, tokens),
        own_fleet=own,
    )


def _own_fleet(study: Study) -> OwnFleet | None:
    group = group_of(study.goals.served_on or "", hardware=study.hardware)
    model = _served_model(study)
    if group is None or model is None or group[0].usd_per_gpu_hour is None or not study.span.scaled:
        return None
    gpu, size = group
    usd, replicas = group[0].usd_per_gpu_hour, study.goals.served_replicas or 1
    return OwnFleet(
        model=model,
        gpu=gpu.name,
        gpus_per_replica=size,
        replicas=replicas,
        usd_per_gpu_hour=usd,
        price_source=gpu.price_source,
        usd_in_window=replicas * size * usd * study.span.seconds / 3600.0,
        where=calls_of(study, model),
    )


def _served_model(study: Study) -> ModelShape | None:
    """Return the open model of most calls; one that the question names comes first; None without any."""
    counts = open_models(study)
    named = [study.hardware.find_model(name) for name in study.goals.models]
    of_question = [model for model in counts if model in named]
    return max(of_question or counts, key=lambda model: counts[model], default=None)
