"""Remember the addresses an account has signed in from; failed attempts from elsewhere do not lock them out.

Only digests are stored, since only equality matters. A digest hides an address from casual readers of
the table, but not from someone who tries all addresses; so rows expire and are few.
"""

from datetime import timedelta
from typing import Final

from netra.domain.networks import network_of
from netra.domain.users.model import User
from netra.domain.users.rules import digest_of, normal_email
from netra.ports.clock import Clock
from netra.ports.known_addresses import KnownAddressStore

KNOWN_LIFETIME: Final = timedelta(days=90)  # time since the last sign-in from the address
KNOWN_PER_USER_MAX: Final = 20  # most addresses per account; home, work and phone networks change


class KnownAddressService:
    """Remembers sign-in addresses in the store, shared by all processes."""

    def __init__(self, *, store: KnownAddressStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def is_known(self, email: str, address: str) -> bool:
        """Return whether the account of `email` has signed in from the network of `address`."""
        return await self._store.is_known(_digest(email, address), at=self._clock.now())

    async def remember(self, user: User, address: str) -> None:
        """Record a sign-in of the user from the network of `address`."""
        now = self._clock.now()
        await self._store.remember(
            user.id,
            _digest(user.email, address),
            at=now,
            until=now + KNOWN_LIFETIME,
            max_per_user=KNOWN_PER_USER_MAX,
        )


def _digest(email: str, address: str) -> str:
    return digest_of(f"{normal_email(email)} {network_of(address)}", use="known address")
