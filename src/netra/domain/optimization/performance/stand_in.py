"""Chooses the open model that could replace a priced one: an assumption, not a claim of quality."""

from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Hardware, ModelShape

_TIERS: Final = (
    (1e-6, "Llama-3.1-8B"),  # up to $1 a million output tokens: the small models
    (30e-6, "Llama-3.1-70B"),
    (float("inf"), "Llama-3.1-405B"),
)
"""Upper bound on the price, in dollars an output token, of each class, with its open model."""


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """The open model, and the reason for choosing it."""

    model: ModelShape
    reason: str
    is_same: bool  # the log is of this model, so only quantisation can change its quality


def stand_in_for(
    label: str, *, usd_per_output_token: float, asked: tuple[str, ...], hardware: Hardware
) -> StandIn | None:
    """Return the open model for a log of `label`: one asked about, the same model, or one of its price class.

    None if the catalogue lacks that model, which a user's own catalogue may.
    """
    for name in asked:
        model = hardware.find_model(name)
        if model is not None:
            same = model == hardware.find_model(label)
            return StandIn(model=model, reason=f"{name} was asked about", is_same=same)
    own = hardware.find_model(label)
    if own is not None:
        return StandIn(model=own, reason=f"{label} is an open model itself", is_same=True)
    name = next(name for ceiling, name in _TIERS if usd_per_output_token <= ceiling)
    model = hardware.find_model(name)
    if model is None:
        return None
    reason = (
        f"{name} stands in for {label} as an open model of its price class "
        f"(${usd_per_output_token * 1e6:,.2f} per million output tokens); its answers must be evaluated"
    )
    return StandIn(model=model, reason=reason, is_same=False)
