"""The table of analysers, in the order their changes are applied."""

from typing import Final

from netra.domain.optimization.analysers import (
    batch,
    burst_shaping,
    exact_duplicates,
    output_length,
    rate_limits,
    reserved_capacity,
    service_tier,
    waste,
)
from netra.domain.optimization.analysers.caching import prompt_caching
from netra.domain.optimization.analysers.context import cache_doctor, context_growth
from netra.domain.optimization.analysers.hosting import (
    autoscaling,
    gpu_choice,
    kv_cache,
    prefill_split,
    self_hosting,
)
from netra.domain.optimization.analysers.model import Analyser
from netra.domain.optimization.analysers.models import right_sizing, same_weights, upgrade_review

ANALYSERS: Final[tuple[tuple[str, Analyser], ...]] = (
    ("waste", waste.analyse),
    ("exact_duplicates", exact_duplicates.analyse),
    ("prompt_caching", prompt_caching.analyse),
    ("context_growth", context_growth.analyse),
    ("output_length", output_length.analyse),
    ("right_sizing", right_sizing.analyse),
    ("same_weights", same_weights.analyse),
    ("batch", batch.analyse),
    ("service_tier", service_tier.analyse),
    ("self_hosting", self_hosting.analyse),
    ("gpu_choice", gpu_choice.analyse),
    ("autoscaling", autoscaling.analyse),
    ("kv_cache", kv_cache.analyse),
    ("prefill_split", prefill_split.analyse),
    ("reserved_capacity", reserved_capacity.analyse),
    ("rate_limits", rate_limits.analyse),
    ("burst_shaping", burst_shaping.analyse),
    ("upgrade_review", upgrade_review.analyse),
    ("cache_doctor", cache_doctor.analyse),
)
