"""Netra reads a workload's request log and computes what to change and what that saves."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netra.entrypoints import otel
    from netra.entrypoints.embedded import Netra

__all__ = ["Netra", "otel"]


def __getattr__(name: str) -> object:
    # The hexagon can be imported without adapters; only a use of `Netra` imports everything.
    if name == "Netra":
        from netra.entrypoints.embedded import Netra

        return Netra
    if name == "otel":
        from netra.entrypoints import otel

        return otel
    raise AttributeError(f"module 'netra' has no attribute {name!r}")
