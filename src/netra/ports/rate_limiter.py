"""Who may knock how often."""

from typing import Protocol

from netra.domain.quotas import Admission, LimitName


class RateLimiter(Protocol):
    """A true sliding window of 60 s, decided in one atomic step."""

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and say whether it is admitted.

        In any 60 s no more than the limit is admitted. What is refused is not counted. The key
        space is bounded: what has been quiet for 60 s is forgotten.
        """
        ...

    def published(self) -> dict[str, int]:
        """Return the live limits by name, admissions per 60 s (0: no limit)."""
        ...
