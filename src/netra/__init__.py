"""Netra reads a workload's request log and computes what to change and what that saves."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netra.entrypoints.embedded import Netra

__all__ = ["Netra"]


def __getattr__(name: str) -> object:
    # The hexagon imports without its adapters: whoever asks for the whole pays for the whole.
    if name == "Netra":
        from netra.entrypoints.embedded import Netra

        return Netra
    raise AttributeError(f"module 'netra' has no attribute {name!r}")
