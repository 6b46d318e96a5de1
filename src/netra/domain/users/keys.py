"""Issue and revoke API keys, which authenticate programs within scopes."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import Forbidden, ValidationFailed
from netra.domain.ids import KeyId, SessionId
from netra.domain.texts import check_plain
from netra.domain.users.model import ApiKey, KeyScope, Role, User
from netra.domain.users.rules import KEY_PREFIX, NAME_MAX, key_digest
from netra.ports.api_keys import ApiKeyStore
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.secrets import SecretSource
from netra.ports.tokens import TicketBook

HINT_LENGTH: Final = 4
KEYS_PER_USER_MAX: Final = 100
LIFETIME_DAYS_MAX: Final = 366
LIFETIME_DAYS_DEFAULT: Final = 90


class ApiKeyService:
    """Manages API keys; every call names the owner."""

    def __init__(
        self,
        *,
        api_keys: ApiKeyStore,
        tickets: TicketBook,
        journal: SecurityJournal,
        ids: IdSource,
        secrets: SecretSource,
        clock: Clock,
    ) -> None:
        self._api_keys = api_keys
        self._tickets = tickets
        self._journal = journal
        self._ids = ids
        self._secrets = secrets
        self._clock = clock

    async def issue(
        self,
        owner: User,
        *,
        name: str,
        scopes: Collection[KeyScope],
        lifetime_days: int = LIFETIME_DAYS_DEFAULT,
        origin: Origin = AT_THE_MACHINE,
    ) -> tuple[ApiKey, str]:
        """Issue a key; return it with its secret, which cannot be read again.

        Raises `ValidationFailed`, `Forbidden` for a scope beyond the owner's role, `Conflict` when
        the owner has `KEYS_PER_USER_MAX` keys.
        """
        _check(name=name, scopes=scopes, lifetime_days=lifetime_days)
        if KeyScope.ADMIN in scopes and owner.role is not Role.ADMIN:
            raise Forbidden("Only an administrator may make a key with the scope admin.", scope="admin")
        secret = KEY_PREFIX + self._secrets.new()
        now = self._clock.now()
        key = ApiKey(
            id=KeyId(self._ids.new("key")),
            owner_id=owner.id,
            name=name,
            scopes=frozenset(scopes),
            hint=secret[-HINT_LENGTH:],
            created_at=now,
            expires_at=now + timedelta(days=lifetime_days),
        )
        await self._api_keys.add(key, digest=key_digest(secret), max_per_user=KEYS_PER_USER_MAX)
        words = " ".join(sorted(key.scopes))
        await self._journal.note(
            Kind.KEY_ISSUED, origin=origin, user_id=owner.id, key_id=key.id, scopes=words
        )
        return key, secret

    async def all_of(self, owner: User) -> Sequence[ApiKey]:
        """Return the owner's keys that are not revoked, newest first."""
        return await self._api_keys.all_of(owner.id)

    async def revoke(self, key_id: KeyId, *, owner: User, origin: Origin = AT_THE_MACHINE) -> None:
        """Revoke the key and its tickets. Raises `NotFound`."""
        await self._api_keys.revoke(key_id, owner_id=owner.id, at=self._clock.now())
        await self._tickets.void(owner.id, session_id=SessionId(key_id))
        await self._journal.note(Kind.KEY_REVOKED, origin=origin, user_id=owner.id, key_id=key_id)

    async def revoke_all(self, owner: User, *, origin: Origin = AT_THE_MACHINE) -> int:
        """Revoke all keys of the owner and their tickets; return the number of keys."""
        revoked = await self._api_keys.revoke_all(owner.id, at=self._clock.now())
        for key_id in revoked:
            await self._tickets.void(owner.id, session_id=SessionId(key_id))
        await self._journal.note(
            Kind.KEY_REVOKED, origin=origin, user_id=owner.id, count=str(len(revoked)), by="all"
        )
        return len(revoked)


def _check(*, name: str, scopes: Collection[KeyScope], lifetime_days: int) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise ValidationFailed.of("name", "length", f"name must have 1 to {NAME_MAX} characters")
    check_plain(name, path="name")
    if not scopes:
        raise ValidationFailed.of("scopes", "missing", "scopes must name at least one")
    if not 1 <= lifetime_days <= LIFETIME_DAYS_MAX:
        message = f"expires_in_days must be 1 to {LIFETIME_DAYS_MAX}"
        raise ValidationFailed.of("expires_in_days", "out_of_range", message)
