"""Request rate limits."""

from typing import Protocol

from netra.domain.quotas import Admission, LimitName


class RateLimiter(Protocol):
    """A sliding window of 60 s; each decision is one atomic step."""

    async def admit(self, name: LimitName, key: str) -> Admission:
        """Count one request of `key` under `name` and return whether it is admitted.

        Within any 60 s at most the limit is admitted. A rejected request is not counted. The key space is
        bounded: a key without requests for 60 s is deleted.
        """
        ...

    def published(self) -> dict[str, int]:
        """Return the active limits by name, in admissions per 60 s (0: no limit)."""
        ...
