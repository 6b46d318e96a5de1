"""Keys for hashing prompts."""

from typing import Protocol

from netra.domain.ids import WorkloadId


class PromptKeys(Protocol):
    """Gives each workload a key of its own, the same in every process and after a restart."""

    def key_of(self, workload_id: WorkloadId) -> bytes | None:
        """Return the key of 32 bytes; None where prompts are dropped without being hashed."""
        ...
