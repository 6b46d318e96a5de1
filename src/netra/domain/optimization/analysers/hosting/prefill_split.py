"""Prefill and decode on separate GPUs: a hint from how much prefill delays the answers in the same batch.

Formula: `held up = (B/OSL) prefill(ISL) / TPOT` at the largest batch that keeps the limit; the GPUs are
divided in the ratio of prefill seconds to decode seconds. Valid as a hint only: the transfer of the cache
between GPUs is not priced, and a split needs at least four replicas to balance.
"""

from typing import Final

from netra.domain.optimization.analysers.evidence import rows
from netra.domain.optimization.analysers.hosting.hosting_case import Case, case_of, concerns_own_gpus
from netra.domain.optimization.analysers.model import Finding, Inputs, Study
from netra.domain.optimization.model import Checkpoint, Gap, Grade, Stance
from netra.domain.optimization.performance.closed_loop import closed_loop
from netra.domain.optimization.performance.configurations import (
    RequestLoad,
    ServingConfiguration,
    largest_batch,
)
from netra.domain.optimization.performance.estimates import ranked_by_estimate
from netra.domain.optimization.performance.fleet import Slo
from netra.domain.optimization.performance.roofline import costs_of, prefill_s
from netra.domain.optimization.recommendation_key import KeyParts
from netra.domain.optimization.wording import percent

KIND: Final = "prefill_split"
FORMULA: Final = "held up = (B/OSL) prefill(ISL) / TPOT; prefill GPUs : decode GPUs = prefill s : decode s"
FEWEST_REPLICAS: Final = 4
WORTH_SPLITTING: Final = (0.25, 0.75)
"""Range of the share of TPOT due to other requests' prefill in which a split can balance."""


class SplitInputs(Inputs, frozen=True, kw_only=True):
    """The share of TPOT due to other requests' prefill, and the division of the replicas."""

    model: str
    configuration: str
    held_up_share: float
    prefill_replicas: int
    decode_replicas: int
    input_tokens_mean: float
    output_tokens_mean: float


def analyse(study: Study, *, checkpoint: Checkpoint) -> tuple[Finding | Gap, ...]:
    """Return the hint if prefill delays answers and the fleet is large enough; else nothing."""
    if not len(study.events) or not concerns_own_gpus(study, kind=KIND):
        return ()
    checkpoint(0.0, "Comparing prefill with decode")
    case = case_of(study, kind=KIND, priced_only=False)
    if isinstance(case, Gap):
        return (case,)
    ranked = ranked_by_estimate(case.candidates, load=case.load, slo=case.slo)
    if not ranked:
        return ()  # `self_hosting` reports that no configuration keeps the limits
    configuration, replicas = ranked[0].configuration, ranked[0].replicas
    share = held_up_share(configuration, load=case.load, slo=case.slo)
    low, high = WORTH_SPLITTING
    if replicas < FEWEST_REPLICAS or not low <= share <= high:
        return ()
    return (_finding(study, case, configuration, replicas=replicas, share=share),)


def held_up_share(configuration: ServingConfiguration, *, load: RequestLoad, slo: Slo) -> float:
    """Return the share of TPOT due to other requests' prefill, at the largest batch that keeps the limit."""
    prompt = prefill_s(costs_of(configuration.deployment), prompt_tokens=load.input_tokens)
    seen = closed_loop(
        configuration.deployment,
        input_tokens=load.input_tokens,
        output_tokens=load.output_tokens,
        concurrency=float(largest_batch(configuration, load=load, slo=slo)),
    )
    return float(prompt) * seen.running / max(load.output_tokens, 1.0) / seen.tpot_s


def _finding(
    study: Study, case: Case, configuration: ServingConfiguration, *, replicas: int, share: float
) -> Finding:
    prefill = max(1, round(replicas * share))
    return Finding(
        kind=KIND,
        key_parts=KeyParts(lever="split prefill", scope=(f"model={case.stand_in.model.name}",)),
        stance=Stance.INFORM,
        action=f"Try prefill and decode on separate replicas of {configuration.name}",
        impact=(
            f"At full load an answer spends {percent(share)} of its time waiting for the prefill of other "
            f"prompts; of {replicas} replicas, {prefill} would prefill and {replicas - prefill} decode."
        ),
        grade=Grade.MODEL,
        formula=FORMULA,
        inputs=SplitInputs(
            model=case.stand_in.model.name,
            configuration=configuration.name,
            held_up_share=share,
            prefill_replicas=prefill,
            decode_replicas=replicas - prefill,
            input_tokens_mean=case.load.input_tokens,
            output_tokens_mean=case.load.output_tokens,
        ),
        assumptions=(
            "Moving the cache between replicas is assumed to be free; over a slow network it is not.",
            *case.notes,
        ),
        evidence=rows(study, case.where),
        how_to_verify="Compare the TPOT p99 of a split and an unsplit pair of replicas under the same load.",
        effort="high",
        risk="A split fleet becomes unbalanced when the mix of prompt and answer lengths changes.",
    )
