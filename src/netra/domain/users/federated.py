"""Sign in through an identity provider (OpenID Connect), with state, nonce and PKCE verifier.

Data kept between the two steps is found by the digest of `state`, can be used once within ten minutes,
and only by the browser that started the sign-in. An account is found by its identity. An e-mail address
links an account only if both sides have verified it.
"""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlencode

import msgspec

from netra.domain.audit.journal import SecurityJournal
from netra.domain.audit.model import AT_THE_MACHINE, Origin
from netra.domain.audit.model import SecurityEventKind as Kind
from netra.domain.errors import (
    AccountChanged,
    Conflict,
    OAuthNotConfigured,
    OAuthRefused,
    Unauthorized,
    ValidationFailed,
)
from netra.domain.ids import UserId
from netra.domain.networks import network_of
from netra.domain.users import rules
from netra.domain.users.model import NewUser, ProvenIdentity, Role, SignInResult, User
from netra.domain.users.session_opener import SessionOpener
from netra.ports.clock import Clock
from netra.ports.identity import IdentityProvider
from netra.ports.one_time import OneTimeBook
from netra.ports.secrets import SecretSource
from netra.ports.users import UserStore


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in waiting for the provider's answer, and the values the answer must match."""

    nonce: str
    verifier: str
    browser_digest: str
    redirect_uri: str | None


class SignInStart(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's address for the browser, and the secret for the browser's cookie."""

    authorization_url: str
    state: str
    browser: str


class ProviderCallback(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's answer, as brought by the browser."""

    state: str
    browser: str | None
    code: str | None = None
    error: str | None = None
    issuer: str | None = None


class Recognized(msgspec.Struct, frozen=True, kw_only=True):
    """The account that was recognized, and the address to return to."""

    user: User
    redirect_uri: str | None


class FederatedSignIn:
    """Signs users in through an identity provider; every call is refused when no provider is configured."""

    def __init__(
        self,
        *,
        provider: IdentityProvider | None,
        users: UserStore,
        book: OneTimeBook,
        opener: SessionOpener,
        journal: SecurityJournal,
        secrets: SecretSource,
        clock: Clock,
        redirects: Collection[str],
        accepts_new_users: bool,
    ) -> None:
        self._provider = provider
        self._users = users
        self._book = book
        self._opener = opener
        self._journal = journal
        self._secrets = secrets
        self._clock = clock
        self._redirects = frozenset(redirects)
        self._accepts_new_users = accepts_new_users

    async def begin(
        self, *, redirect_uri: str | None, browser: str | None = None, origin: Origin = AT_THE_MACHINE
    ) -> SignInStart:
        """Start a sign-in and return the provider's address; `browser` is the secret of an earlier start.

        Raises `OAuthNotConfigured`, `ValidationFailed` for a redirect that is not allowed,
        `OAuthFailed` when the provider cannot be reached, `RateLimited` or `Unavailable` when too many
        sign-ins are pending.
        """
        provider = self._required_provider()
        if redirect_uri is not None and redirect_uri not in self._redirects:
            message = "redirect_uri is not one that this deployment allows"
            raise ValidationFailed.of("redirect_uri", "not_allowed", message)
        state, kept_browser = self._secrets.new(), browser or self._secrets.new()
        pending = Pending(
            nonce=self._secrets.new(),
            verifier=self._secrets.new(),
            browser_digest=rules.digest_of(kept_browser, use="browser"),
            redirect_uri=redirect_uri,
        )
        url = await provider.authorization_url(state=state, nonce=pending.nonce, verifier=pending.verifier)
        key = rules.digest_of(state, use="state")
        await self._keep(key, msgspec.json.encode(pending), lifetime=rules.PENDING_LIFETIME, origin=origin)
        return SignInStart(authorization_url=url, state=state, browser=kept_browser)

    async def finish(self, returned: ProviderCallback, *, origin: Origin = AT_THE_MACHINE) -> Recognized:
        """Return the account, which is found, linked or created. Raises `OAuthRefused` or `OAuthFailed`."""
        provider = self._required_provider()
        try:
            pending = await self._pending(returned)
            code = _code_in(returned, issuer=provider.issuer)
            proven = await provider.prove(code=code, nonce=pending.nonce, verifier=pending.verifier)
            user = await self._find_or_add_user(proven, origin=origin)
        except OAuthRefused as error:
            await self._journal.note(Kind.IDENTITY_REFUSED, origin=origin, reason=error.reason)
            raise
        return Recognized(user=user, redirect_uri=pending.redirect_uri)

    def first_token(self, code: str) -> str:
        """Return the first refresh token of the session that an exchange of this code with a key opens."""
        return self._opener.first(code)

    async def open(
        self, recognized: Recognized, *, origin: Origin = AT_THE_MACHINE, refresh: str | None = None
    ) -> SignInResult:
        """Open a session for the recognized account; `refresh` is its first refresh token.

        Raises `OAuthRefused` when the account has changed.
        """
        user = recognized.user
        try:
            signed_in = await self._opener.open(user, origin=origin, refresh=refresh)
        except AccountChanged as error:
            await self._journal.note(
                Kind.IDENTITY_REFUSED, origin=origin, user_id=user.id, reason="account_changed"
            )
            message = "This account was changed while you signed in; start again."
            raise OAuthRefused(message, reason="account_changed") from error
        await self._journal.note(Kind.SIGNED_IN, origin=origin, user_id=user.id, by="identity provider")
        return signed_in

    async def hand_over(self, recognized: Recognized, *, state: str, origin: Origin = AT_THE_MACHINE) -> str:
        """Return the address to redirect to, with a single-use code in its fragment, valid for one minute.

        Raises `RateLimited` or `Unavailable` when too many sign-ins are pending.
        """
        code = self._secrets.new()
        key = rules.digest_of(code, use="exchange code")
        user_id = msgspec.json.encode(recognized.user.id)
        await self._keep(key, user_id, lifetime=rules.CODE_LIFETIME, origin=origin)
        return f"{recognized.redirect_uri}#{urlencode({'code': code, 'state': state})}"

    async def exchange(self, code: str, *, origin: Origin = AT_THE_MACHINE) -> Recognized:
        """Redeem the code and return its account. Raises `Unauthorized`."""
        key = rules.digest_of(code, use="exchange code")
        kept = await self._book.take(key, at=self._clock.now())
        user = None if kept is None else await self._users.find(msgspec.json.decode(kept, type=UserId))
        if user is None or user.disabled_at is not None:
            await self._journal.note(Kind.SIGN_IN_REFUSED, origin=origin, by="exchange code")
            raise Unauthorized("The code is unknown, used or too old; sign in again.")
        return Recognized(user=user, redirect_uri=None)

    async def _keep(self, key: str, value: bytes, *, lifetime: timedelta, origin: Origin) -> None:
        now = self._clock.now()
        await self._book.keep(
            key,
            value,
            client=rules.digest_of(network_of(origin.address), use="one-time client"),
            at=now,
            until=now + lifetime,
            max_per_client=rules.WAITING_PER_CLIENT_MAX,
            max_in_all=rules.WAITING_MAX,
        )

    def _required_provider(self) -> IdentityProvider:
        if self._provider is None:
            raise OAuthNotConfigured
        return self._provider

    async def _pending(self, returned: ProviderCallback) -> Pending:
        key = rules.digest_of(returned.state, use="state")
        # single use, even if the wrong browser brings it
        kept = await self._book.take(key, at=self._clock.now())
        if kept is None:
            message = "This sign-in is unknown, was finished already or took longer than ten minutes."
            raise OAuthRefused(message, reason="state_unknown")
        pending = msgspec.json.decode(kept, type=Pending)
        browser_digest = rules.digest_of(returned.browser or "", use="browser")
        if not rules.is_same(browser_digest, pending.browser_digest):
            message = "This sign-in was started in another browser; start again in this one."
            raise OAuthRefused(message, reason="other_browser")
        return pending

    async def _find_or_add_user(self, proven: ProvenIdentity, *, origin: Origin) -> User:
        user = await self._users.find_by_identity(proven.identity)
        if user is None:
            email = rules.email_to_link(proven)
            holder = await self._users.find_by_email(email)
            try:
                if holder is None:
                    user = await self._add_user(proven, email=email, origin=origin)
                else:
                    user = await self._link_user(proven, holder, origin=origin)
            except Conflict:
                # a concurrent sign-in of the same person was faster
                user = await self._users.find_by_identity(proven.identity)
        if user is None:
            message = "This address was just taken by another account; start again."
            raise OAuthRefused(message, reason="raced")
        rules.check_active(user)
        return user

    async def _add_user(self, proven: ProvenIdentity, *, email: str, origin: Origin) -> User:
        if not self._accepts_new_users:
            message = "There is no account for this e-mail address; ask the operator to create one."
            raise OAuthRefused(message, reason="no_account")
        new = NewUser(
            email=email,
            name=rules.shown_name(proven, email=email),
            password_hash=None,
            role=Role.MEMBER,
            created_at=self._clock.now(),
            is_email_verified=True,
            picture=proven.picture,
            identity=proven.identity,
        )
        user = await self._users.add(new)
        await self._journal.note(Kind.ACCOUNT_ADDED, origin=origin, user_id=user.id, role=user.role.value)
        return user

    async def _link_user(self, proven: ProvenIdentity, holder: User, *, origin: Origin) -> User:
        rules.check_may_link(holder)
        rules.check_active(holder)
        user = await self._users.link(
            holder.id, proven.identity, picture=proven.picture, at=self._clock.now()
        )
        await self._journal.note(
            Kind.IDENTITY_LINKED, origin=origin, user_id=user.id, issuer=proven.identity.issuer
        )
        return user


def _code_in(returned: ProviderCallback, *, issuer: str) -> str:
    """Return the provider's code. Raises `OAuthRefused` for an error, a missing code or another provider."""
    if returned.issuer is not None and returned.issuer != issuer:  # RFC 9207
        raise OAuthRefused("Another provider answered than was asked.", reason="issuer_mixed_up")
    if returned.error is not None:
        raise OAuthRefused("The identity provider refused the sign-in.", reason="provider_refused")
    if not returned.code:
        raise OAuthRefused("The callback needs code and state.", reason="code_missing")
    return returned.code
