"""The addresses from which an account has signed in before: a stranger's tries do not lock those out.

Only equality is ever asked, so only digests are kept. A digest hides an address from a casual reader of
the table; it does not hide it from somebody who tries all addresses, so the rows expire and are few.
"""

from datetime import timedelta
from typing import Final

from netra.domain.networks import network_of
from netra.domain.users.model import User
from netra.domain.users.rules import digest_of, normal_email
from netra.ports.clock import Clock
from netra.ports.known_addresses import KnownAddressStore

KNOWN_LIFETIME: Final = timedelta(days=90)  # since the last sign-in from the address
KNOWN_PER_USER_MAX: Final = 20  # addresses of one account; home, work and phone networks change


class KnownAddressService:
    """Remembers from where accounts have signed in, in the store: over restarts and all processes."""

    def __init__(self, *, store: KnownAddressStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def is_known(self, email: str, address: str) -> bool:
        """Return whether the account of `email` has signed in from the network of `address`."""
        return await self._store.is_known(_digest(email, address), at=self._clock.now())

    async def remember(self, user: User, address: str) -> None:
        """Remember that the user has signed in from the network of `address`."""
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
