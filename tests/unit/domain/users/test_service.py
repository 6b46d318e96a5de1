"""Who may sign in, and when a proof stops counting."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import (
    Conflict,
    Forbidden,
    TokenExpired,
    Unauthorized,
    ValidationFailed,
)
from netra.domain.ids import SessionId, UserId
from netra.domain.paging import PageRequest
from netra.domain.users.model import AddUser, Claims, KeyScope, Principal, Role, SignIn, TokenKind
from netra.domain.users.rules import ACCESS_LIFETIME, SESSION_LIFETIME, account_faults
from netra.domain.users.service import UserService
from netra.domain.users.session_opener import KEPT_AFTER_EXPIRY

ADA = AddUser(email="Ada@Example.com", name="Ada", password="correct horse")
RIGHT = SignIn(email="ada@example.com", password="correct horse")


async def test_a_user_signs_in_with_any_spelling_of_the_address(users: UserService) -> None:
    added = await users.add(ADA)
    signed_in = await users.sign_in(SignIn(email=" ADA@example.COM ", password="correct horse"))
    assert signed_in.user == added
    assert added.email == "ada@example.com"
    assert signed_in.expires_in_s == ACCESS_LIFETIME.total_seconds()


async def test_every_wrong_pair_gets_the_same_refusal_after_the_same_work(
    users: UserService, passwords: Any
) -> None:
    await users.add(ADA)
    await users.add(AddUser(email="g@example.com", name="G"))
    refusals = []
    for email, password in [("ada@example.com", "no"), ("nobody@example.com", "no"), ("g@example.com", "no")]:
        with pytest.raises(Unauthorized) as refused:
            await users.sign_in(SignIn(email=email, password=password))
        refusals.append((refused.value.message, dict(refused.value.details)))
    assert refusals[0] == refusals[1] == refusals[2]
    assert passwords.verified == ["hash of correct horse", None, None]


async def test_a_disabled_user_cannot_sign_in_and_is_not_shown(house: Any, users: UserService) -> None:
    user = await users.add(ADA)
    await house.users.disable(user.id, at=house.clock.now())
    with pytest.raises(Unauthorized):
        await users.sign_in(RIGHT)
    with pytest.raises(Unauthorized):
        await users.get(user.id)


async def test_an_address_belongs_to_one_user(users: UserService) -> None:
    await users.add(ADA)
    with pytest.raises(Conflict):
        await users.add(AddUser(email="ADA@example.com", name="Other", password="long enough"))


async def test_a_token_speaks_for_its_user_until_sign_out(users: UserService) -> None:
    signed_in = await users.sign_in(RIGHT) if await users.add(ADA) else None
    assert signed_in is not None
    principal = await users.authenticate(signed_in.access_token)
    assert (await users.get(principal.user_id)).name == "Ada"
    ticket = await users.issue_ticket(principal)
    await users.sign_out(principal)
    with pytest.raises(Unauthorized, match="ended"):
        await users.authenticate(signed_in.access_token)
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(ticket)
    assert not await users.is_signed_in(principal)


async def test_a_proof_of_another_users_session_is_refused(
    house: Any, users: UserService, tokens: Any
) -> None:
    """A signed token that pairs a user with somebody else's live session opens nothing."""
    await users.add(ADA)
    principal = await users.authenticate((await users.sign_in(RIGHT)).access_token)
    stranger = msgspec.structs.replace(principal, user_id=UserId(2))
    now = house.clock.now()
    mixed = Claims(
        user_id=UserId(2),
        session_id=principal.session_id,
        kind=TokenKind.ACCESS,
        issued_at=now,
        expires_at=now + ACCESS_LIFETIME,
    )
    with pytest.raises(Unauthorized):
        await users.authenticate(tokens.issue(mixed))
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(await users.issue_ticket(stranger))
    assert not await users.is_signed_in(stranger)
    assert await users.is_signed_in(principal)


async def test_a_token_expires_with_its_session(house: Any, users: UserService) -> None:
    await users.add(ADA)
    signed_in = await users.sign_in(RIGHT)
    house.clock.turn(ACCESS_LIFETIME / timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        await users.authenticate(signed_in.access_token)


async def test_a_sign_in_forgets_sessions_long_over_and_no_others(house: Any, users: UserService) -> None:
    await users.add(ADA)
    await users.sign_in(RIGHT)
    house.clock.turn(SESSION_LIFETIME / timedelta(seconds=1))
    await users.sign_in(RIGHT)
    house.clock.turn(KEPT_AFTER_EXPIRY / timedelta(seconds=1) + 1)
    await users.sign_in(RIGHT)
    everything = house.clock.now() + 2 * SESSION_LIFETIME
    assert await house.sessions.forget_expired(before=everything) == 2


async def test_a_ticket_opens_one_socket(users: UserService) -> None:
    await users.add(ADA)
    principal = await users.authenticate((await users.sign_in(RIGHT)).access_token)
    ticket = await users.issue_ticket(principal)
    assert await users.redeem_ticket(ticket) == principal
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(ticket)


@pytest.mark.parametrize(
    ("email", "name", "password", "path"),
    [
        ("nobody", "N", None, "email"),
        ("a@b@c", "N", None, "email"),
        ("a" * 255 + "@b", "N", None, "email"),
        ("a@b", " ", None, "name"),
        ("a@b", "N" * 201, None, "name"),
        ("a@b", "N", "short", "password"),
        ("a@b", "N", "x" * 1_025, "password"),
    ],
)
async def test_a_malformed_account_is_refused_by_field(
    users: UserService, email: str, name: str, password: str | None, path: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await users.add(AddUser(email=email, name=name, password=password))
    assert [fault.path for fault in refused.value.faults] == [path]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert [fault.path for fault in account_faults(email="", name="", password="")] == [
        "email",
        "name",
        "password",
    ]


async def test_an_account_that_is_gone_is_unauthorized(users: UserService) -> None:
    with pytest.raises(Unauthorized):
        await users.get((await users.add(ADA)).id + 1)  # type: ignore[arg-type]  # another user's id


async def signed_in(users: UserService) -> Principal:
    return await users.authenticate((await users.sign_in(RIGHT)).access_token)


async def test_changing_the_password_ends_every_session(users: UserService) -> None:
    await users.add(ADA)
    here, elsewhere = await signed_in(users), await signed_in(users)
    await users.change_password(here, present="correct horse", wanted="battery staple")
    assert not await users.is_signed_in(here)
    assert not await users.is_signed_in(elsewhere)
    with pytest.raises(Unauthorized):
        await users.sign_in(RIGHT)
    assert await users.sign_in(SignIn(email="ada@example.com", password="battery staple"))


async def test_a_password_is_not_changed_without_the_present_one(users: UserService) -> None:
    await users.add(ADA)
    here = await signed_in(users)
    with pytest.raises(Forbidden):
        await users.change_password(here, present="a guess at it", wanted="battery staple")
    with pytest.raises(ValidationFailed):
        await users.change_password(here, present="correct horse", wanted="short")
    assert await users.is_signed_in(here)


async def test_a_disabled_account_has_no_session_left(users: UserService) -> None:
    ada = await users.add(ADA)
    here = await signed_in(users)
    await users.disable(ada)
    assert not await users.is_signed_in(here)


@pytest.mark.parametrize("change", ["password", "disabled"])
async def test_a_sign_in_under_way_does_not_outlive_what_ends_every_session(
    house: Any, users: UserService, passwords: Any, change: str
) -> None:
    ada = await users.add(ADA)

    async def meanwhile() -> None:
        if change == "password":
            await users.set_password(ada, "battery staple")
        else:
            await users.disable(ada)

    passwords.meanwhile = meanwhile
    with pytest.raises(Unauthorized) as refused:
        await users.sign_in(RIGHT)
    assert refused.value.message == "The e-mail or the password is wrong."
    assert not await house.sessions.live_of(ada.id, at=house.clock.now())
    kinds = {event.kind for event in (await house.trail.page(PageRequest())).items}
    assert SecurityEventKind.SIGN_IN_REFUSED in kinds
    assert SecurityEventKind.SIGNED_IN not in kinds


async def test_only_an_administrator_with_a_proof_that_says_so_is_one(users: UserService) -> None:
    root = AddUser(email="root@example.com", name="Root", password="correct horse", role=Role.ADMIN)
    admin, member = await users.add(root), await users.add(ADA)

    def proof(user_id: Any, *scopes: KeyScope) -> Principal:
        at = admin.created_at
        return Principal(user_id=user_id, session_id=SessionId("s"), expires_at=at, scopes=frozenset(scopes))

    await users.check_admin(proof(admin.id, KeyScope.ADMIN))
    for other in (proof(admin.id, KeyScope.READ), proof(member.id, *KeyScope)):
        with pytest.raises(Forbidden):
            await users.check_admin(other)


async def test_every_turn_of_an_account_is_in_the_security_log(house: Any, users: UserService) -> None:
    ada = await users.add(ADA)
    with pytest.raises(Unauthorized):
        await users.sign_in(SignIn(email="ada@example.com", password="wrong"))
    await users.sign_out(await signed_in(users))
    await users.set_password(ada, "battery staple")
    await users.disable(ada)
    events = (await house.trail.page(PageRequest())).items
    assert {event.kind.value for event in events} == {
        "account_added",
        "sign_in_refused",
        "signed_in",
        "signed_out",
        "password_changed",
        "account_disabled",
    }
    assert all(event.user_id == ada.id for event in events)
    told = str(events)
    assert "battery" not in told
    assert "wrong" not in told


async def test_a_change_of_password_that_may_be_done_is_finished(users: UserService) -> None:
    await users.add(ADA)
    principal = await signed_in(users)
    await users.change_password(principal, present="correct horse", wanted="battery staple")
    fresh = await signed_in_again(users, "battery staple")
    present, wanted = "correct horse", "battery staple"
    with pytest.raises(Forbidden):
        await users.change_password(fresh, present=present, wanted=wanted)
    assert await users.change_password(fresh, present=present, wanted=wanted, may_be_done=True) == 0
    assert not await users.is_signed_in(fresh)
    again = await signed_in_again(users, "battery staple")
    with pytest.raises(Forbidden):
        await users.change_password(again, present="correct horse", wanted="neither one", may_be_done=True)


async def signed_in_again(users: UserService, password: str) -> Principal:
    result = await users.sign_in(SignIn(email="ada@example.com", password=password))
    return await users.authenticate(result.access_token)


async def test_an_account_that_a_request_added_is_found_by_its_password_and_time(users: UserService) -> None:
    added = await users.add(ADA)

    async def found(**changes: Any) -> Any:
        asked = {"email": ADA.email, "password": "correct horse", "since": added.created_at}
        return await users.find_added(**{**asked, **changes})

    assert await found() == added
    assert await found(password="another one") is None
    assert await found(email="g@example.com") is None
    assert await found(since=added.created_at + timedelta(seconds=1)) is None
