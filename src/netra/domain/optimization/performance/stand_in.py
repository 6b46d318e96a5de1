"""Which open model could take the place of a priced one: an assumption, never a claim of quality."""

from typing import Final

import msgspec

from netra.domain.optimization.performance.hardware import Hardware, ModelShape

_TIERS: Final = (
    (1e-6, "Llama-3.1-8B"),  # up to $1 a million output tokens: the small models
    (30e-6, "Llama-3.1-70B"),
    (float("inf"), "Llama-3.1-405B"),
)
"""Dollars an output token up to which an open model of that size is taken as of one class."""


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """The open model, and why this one."""

    model: ModelShape
    reason: str
    is_same: bool  # the log is of this very model, so quality is not in question but for quantisation


def stand_in_for(
    label: str, *, usd_per_output_token: float, asked: tuple[str, ...], hardware: Hardware
) -> StandIn | None:
    """Return the open model for a log of `label`: one asked about, the same, or one of its price class.

    None where the catalogue lacks even that, which a catalogue of the user's may.
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
