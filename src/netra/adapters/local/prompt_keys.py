"""Derives the keys of prompts from the deployment's secret."""

from netra.domain.ids import WorkloadId
from netra.domain.telemetry.np1 import key_of_workload


class SecretPromptKeys:
    """`PromptKeys` under one secret; without a secret, no prompt is hashed."""

    def __init__(self, secret: str | None) -> None:
        self._secret = None if secret is None else secret.encode()

    def key_of(self, workload_id: WorkloadId) -> bytes | None:
        """Return the workload's key."""
        return None if self._secret is None else key_of_workload(self._secret, workload_id)
