"""Issue and revoke API keys, which authenticate programs within scopes."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import Conflict, Forbidden, ValidationFailed
from netra.domain.ids import KeyId, SessionId
from netra.domain.texts import check_plain
from netra.domain.users.model import ApiKey, KeyScope, Role, User
from netra.domain.users.rules import KEY_PREFIX, NAME_MAX, key_digest
from netra.ports.api_keys import ApiKeyStore
from netra.ports.clock import Clock
from netra.ports.ids import IdSource
from netra.ports.secrets import SecretSource
from netra.ports.tokens import TicketBook, TokenCodec

HINT_LENGTH: Final = 4
KEYS_PER_USER_MAX: Final = 100
# time in which a repeated request gets the secret again: longer than clients retry a lost answer
SHOWN_AGAIN: Final = timedelta(minutes=10)
LIFETIME_DAYS_MAX: Final = 366
LIFETIME_DAYS_DEFAULT: Final = 90


class ApiKeyService:
    """Manages API keys; every call names the owner."""

    def __init__(
        self,
        *,
        api_keys: ApiKeyStore,
        tokens: TokenCodec,
        tickets: TicketBook,
        journal: SecurityJournal,
        ids: IdSource,
        secrets: SecretSource,
        clock: Clock,
    ) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
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
        made_as: str | None = None,
    ) -> tuple[ApiKey, str]:
        """Issue a key; return it with its secret, which cannot be read again.

        With `made_as`, return the key issued before with the same `made_as`, whose secret only this
        deployment's signing key can derive, so it need not be stored to be sent again. Raises
        `ValidationFailed`, `Forbidden` for a scope beyond the owner's role, `Conflict` when the owner has
        `KEYS_PER_USER_MAX` keys, and when the secret of the earlier key cannot be shown again.
        """
        _check(name=name, scopes=scopes, lifetime_days=lifetime_days)
        if KeyScope.ADMIN in scopes and owner.role is not Role.ADMIN:
            raise Forbidden("Only an administrator may make a key with the scope admin.", scope="admin")
        if made_as is None:
            key_id, secret = KeyId(self._ids.new("key")), KEY_PREFIX + self._secrets.new()
        else:
            key_id, secret = KeyId(f"key-{made_as}"), KEY_PREFIX + self._tokens.derive(f"api key {made_as}")
            if (known := await self._issued_before(key_id, secret)) is not None:
                return known, secret
        now = self._clock.now()
        key = ApiKey(
            id=key_id,
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

    async def _issued_before(self, key_id: KeyId, secret: str) -> ApiKey | None:
        """Return the key that an earlier attempt issued; None if there is none, or it is no longer valid.

        Raises `Conflict` when it is valid, but its secret cannot or must not be shown again.
        """
        now = self._clock.now()
        key = await self._api_keys.find(key_digest(secret), at=now)
        is_shown = key is not None and now - key.created_at < SHOWN_AGAIN
        if not is_shown and await self._api_keys.is_live(key_id, at=now):
            raise Conflict(
                "This request made an API key before, and its secret is not shown again; revoke it and make "
                "another one.",
                key_id=key_id,
            )
        return key

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
