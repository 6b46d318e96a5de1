"""Refresh tokens that count once, and sessions that end."""

from datetime import timedelta
from typing import Any

import pytest

from netra.domain.errors import NotFound, Unauthorized
from netra.domain.ids import UserId
from netra.domain.paging import PageRequest
from netra.domain.users.model import AddUser, SignIn, SignInResult
from netra.domain.users.rules import ACCESS_LIFETIME, SESSION_LIFETIME
from netra.domain.users.service import UserService
from netra.domain.users.session_opener import LIVE_PER_USER_MAX
from netra.domain.users.sessions import SessionService

ADA = AddUser(email="ada@example.com", name="Ada", password="correct horse")
RIGHT = SignIn(email="ada@example.com", password="correct horse")


@pytest.fixture
async def first(users: UserService) -> SignInResult:
    await users.add(ADA)
    return await users.sign_in(RIGHT)


async def test_a_refresh_token_gives_new_tokens_of_the_same_session(
    house: Any, users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    house.clock.turn(ACCESS_LIFETIME.total_seconds())
    with pytest.raises(Unauthorized):
        await users.authenticate(first.access_token)
    second = await sessions.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    principal = await users.authenticate(second.access_token)
    (line,) = await sessions.all_of(principal.user_id)
    assert (line.id, line.renewed_at) == (principal.session_id, house.clock.now())


async def test_a_refresh_token_brought_twice_ends_the_whole_family(
    house: Any, users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    second = await sessions.refresh(first.refresh_token)
    principal = await users.authenticate(second.access_token)
    ticket = await users.issue_ticket(principal)
    with pytest.raises(Unauthorized):
        await sessions.refresh(first.refresh_token)
    with pytest.raises(Unauthorized):
        await users.authenticate(second.access_token)
    with pytest.raises(Unauthorized):
        await sessions.refresh(second.refresh_token)
    with pytest.raises(Unauthorized):
        await users.redeem_ticket(ticket)
    kinds = [event.kind.value for event in (await house.trail.page(PageRequest())).items]
    assert kinds.count("refresh_reused") == 1


async def test_a_repeated_refresh_with_one_key_gives_the_same_token(
    users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    once = await sessions.refresh(first.refresh_token, key="try-1")
    again = await sessions.refresh(first.refresh_token, key="try-1")
    assert (again.refresh_token, again.is_replay, once.is_replay) == (once.refresh_token, True, False)
    await users.authenticate(again.access_token)
    assert (await sessions.refresh(again.refresh_token)).is_rotated


async def test_another_key_is_another_request_and_ends_the_session(
    sessions: SessionService, first: SignInResult
) -> None:
    await sessions.refresh(first.refresh_token, key="try-1")
    with pytest.raises(Unauthorized):
        await sessions.refresh(first.refresh_token, key="try-2")


async def test_of_two_pages_the_later_gets_an_access_token_alone(
    house: Any, users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    await sessions.refresh(first.refresh_token, may_race=True)
    later = await sessions.refresh(first.refresh_token, may_race=True)
    assert (later.is_rotated, later.refresh_token) == (False, first.refresh_token)
    await users.authenticate(later.access_token)
    with pytest.raises(Unauthorized):
        await sessions.refresh(first.refresh_token, may_race=True)
    with pytest.raises(Unauthorized):
        await users.authenticate(later.access_token)
    kinds = [event.kind.value for event in (await house.trail.page(PageRequest())).items]
    assert (kinds.count("refresh_raced"), kinds.count("refresh_reused")) == (1, 1)


async def test_refreshing_does_not_prolong_a_session(
    house: Any, sessions: SessionService, first: SignInResult
) -> None:
    token = first.refresh_token
    house.clock.turn((SESSION_LIFETIME - timedelta(minutes=10)).total_seconds())
    last = await sessions.refresh(token)
    assert last.expires_in_s == last.refresh_expires_in_s == 600
    house.clock.turn(600)
    with pytest.raises(Unauthorized):
        await sessions.refresh(last.refresh_token)


@pytest.mark.parametrize("token", ["", "nr_", "nr_guess", "x" * 10_000])
async def test_no_text_is_taken_for_a_refresh_token(sessions: SessionService, token: str) -> None:
    with pytest.raises(Unauthorized):
        await sessions.refresh(token)


async def test_an_access_token_does_not_refresh_and_a_refresh_token_gives_no_access(
    users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    with pytest.raises(Unauthorized):
        await sessions.refresh(first.access_token)
    with pytest.raises(Unauthorized):
        await users.authenticate(first.refresh_token)


async def test_a_disabled_user_does_not_refresh(
    house: Any, sessions: SessionService, first: SignInResult
) -> None:
    await house.users.disable(first.user.id, at=house.clock.now())
    with pytest.raises(Unauthorized):
        await sessions.refresh(first.refresh_token)


async def test_a_user_ends_one_session_or_all(
    users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    second, third = await users.sign_in(RIGHT), await users.sign_in(RIGHT)
    user_id = first.user.id
    ended = (await users.authenticate(second.access_token)).session_id
    await sessions.end(ended, user_id=user_id)
    with pytest.raises(Unauthorized):
        await users.authenticate(second.access_token)
    with pytest.raises(NotFound):
        await sessions.end(ended, user_id=user_id)
    assert await users.authenticate(third.access_token)
    assert await sessions.end_all(user_id) == 2
    assert await sessions.all_of(user_id) == []


async def test_a_stranger_cannot_end_a_session(
    users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    principal = await users.authenticate(first.access_token)
    with pytest.raises(NotFound):
        await sessions.end(principal.session_id, user_id=UserId(principal.user_id + 1))
    assert await users.is_signed_in(principal)


async def test_beyond_fifty_sessions_the_oldest_ends_and_is_noted(
    house: Any, users: UserService, sessions: SessionService, first: SignInResult
) -> None:
    house.clock.turn(1)  # or the first is no older
    second = await users.sign_in(RIGHT)
    for _ in range(LIVE_PER_USER_MAX - 1):
        house.clock.turn(1)
        last = await users.sign_in(RIGHT)
    assert len(await sessions.all_of(first.user.id)) == LIVE_PER_USER_MAX
    with pytest.raises(Unauthorized):
        await users.authenticate(first.access_token)
    for kept in (second, last):
        assert await users.authenticate(kept.access_token)
    page = await house.trail.page(PageRequest(limit=100))
    assert [event.details["by"] for event in page.items if event.kind.value == "sessions_ended"] == [
        "too many"
    ]


async def test_whose_a_refresh_token_is_can_be_told_without_using_it(
    sessions: SessionService, first: SignInResult
) -> None:
    assert await sessions.holder_of(first.refresh_token) == first.user.id
    assert await sessions.holder_of("nr_made up") is None
    assert await sessions.refresh(first.refresh_token)
