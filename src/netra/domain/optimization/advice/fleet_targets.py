"""Brings the verdicts on fleets to the targets: those that a question names, and own GPUs against an API."""

from collections.abc import Sequence

from netra.domain.optimization.analysers.hosting.named_fleets import FleetInputs, asked_fleets, fleet_target
from netra.domain.optimization.analysers.hosting.own_gpus import rent_target
from netra.domain.optimization.analysers.model import Finding, Study
from netra.domain.optimization.metrics import TargetOutcome
from netra.domain.optimization.model import Gap, Option


def fleet_targets(
    study: Study, findings: Sequence[Finding], gaps: Sequence[Gap]
) -> tuple[TargetOutcome, ...]:
    """Return the verdict on every fleet of the question, and on own GPUs against a provider.

    A fleet that could not be replayed is not judged, and the reason is that of the gap.
    """
    found = [
        outcome
        for finding in findings
        for outcome in (rent_target(finding), fleet_target(finding))
        if outcome is not None
    ]
    if study.goals.served_on is not None and study.own_fleet is None:
        found.append(_not_the_log_of(study))
    if any(outcome.target == "gpus" for outcome in found):
        return tuple(found)
    why = next((gap.reason for gap in gaps if gap.kind == "gpu_choice"), "")
    open_ones = [
        TargetOutcome(
            target="gpus",
            asked=None if fleet.count is None else float(fleet.count),
            reached=None,
            met=None,
            why=f"{fleet.name}: {why}",
        )
        for fleet in asked_fleets(study)
        if why
    ]
    return (*found, *open_ones)


def _not_the_log_of(study: Study) -> TargetOutcome:
    """Return that the log is not of what the stated GPUs serve, or that their rent is not known."""
    return TargetOutcome(
        target="rent_usd_in_window",
        asked=None,
        reached=None,
        met=None,
        why=(
            f"The rent of {study.goals.served_on} is not compared: the log holds no call of an open "
            "model that they could serve, it is too short, or an hour of these GPUs has no known price."
        ),
    )


def asked_option(findings: Sequence[Finding]) -> Option | None:
    """Return the first fleet of the question as an option: the limits apply to that fleet, not to the log."""
    return next(
        (
            option
            for finding in findings
            if isinstance(finding.inputs, FleetInputs)
            for option in finding.options
        ),
        None,
    )
