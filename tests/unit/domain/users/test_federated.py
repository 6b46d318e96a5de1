"""Sign-in by an identity provider: what must fit before anybody comes in, and whom it links to."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from netra.domain.audit.model import SecurityEventKind
from netra.domain.errors import OAuthNotConfigured, OAuthRefused, Unauthorized, ValidationFailed
from netra.domain.paging import PageRequest
from netra.domain.users.federated import FederatedSignIn, ProviderCallback, Recognized, SignInStart
from netra.domain.users.model import AddUser, Identity, ProvenIdentity, Role
from netra.domain.users.service import UserService
from netra.domain.users.session_opener import SessionOpener

ISSUER = "https://id.example.com"
PAGE = "https://app.example.com/signed-in"
ADA = ProvenIdentity(
    identity=Identity(issuer=ISSUER, subject="ada"),
    email="Ada@Example.com",
    is_email_verified=True,
    name="Ada",
    picture="https://example.com/ada.png",
)


class PlainProvider:
    """A provider that knows what it was asked with, and proves whatever it is told to."""

    issuer = ISSUER

    def __init__(self) -> None:
        self.proves = ADA
        self.asked: list[tuple[str, str]] = []

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        self.asked.append((nonce, verifier))
        return f"{ISSUER}/authorize?state={state}"

    async def prove(self, *, code: str, nonce: str, verifier: str) -> ProvenIdentity:
        assert (nonce, verifier) in self.asked
        if code != "code":
            raise OAuthRefused("no such code", reason="code_refused")
        return self.proves


@pytest.fixture
def provider() -> PlainProvider:
    return PlainProvider()


@pytest.fixture
def make(house: Any, opener: SessionOpener, provider: PlainProvider) -> Any:
    def made(**changes: Any) -> FederatedSignIn:
        plugs = {
            "provider": provider,
            "users": house.users,
            "book": house.book,
            "opener": opener,
            "journal": house.journal,
            "secrets": house.secrets,
            "clock": house.clock,
            "redirects": [PAGE],
            "accepts_new_users": True,
        }
        return FederatedSignIn(**{**plugs, **changes})

    return made


@pytest.fixture
def google(make: Any) -> FederatedSignIn:
    return make()


def returned(begun: SignInStart, **changes: Any) -> ProviderCallback:
    fields = {"state": begun.state, "browser": begun.browser, "code": "code", **changes}
    return ProviderCallback(**fields)


async def come_back(google: FederatedSignIn, **changes: Any) -> Recognized:
    return await google.finish(returned(await google.begin(redirect_uri=None), **changes))


async def refusal(google: FederatedSignIn, back: ProviderCallback) -> str:
    with pytest.raises(OAuthRefused) as refused:
        await google.finish(back)
    return refused.value.reason


async def test_without_a_provider_it_says_so(make: Any) -> None:
    unplugged = make(provider=None)
    with pytest.raises(OAuthNotConfigured):
        await unplugged.begin(redirect_uri=None)
    with pytest.raises(OAuthNotConfigured):
        await unplugged.finish(ProviderCallback(state="s", browser="b", code="c"))


async def test_a_stranger_gets_an_account_and_the_same_one_again(
    google: FederatedSignIn, users: UserService
) -> None:
    user = (await come_back(google)).user
    assert (user.email, user.name, user.role) == ("ada@example.com", "Ada", Role.MEMBER)
    assert (user.picture, user.password_hash, user.is_email_verified) == (ADA.picture, None, True)
    signed_in = await google.open(await come_back(google))
    assert signed_in.user == user
    assert (await users.authenticate(signed_in.access_token)).user_id == user.id


async def test_a_state_counts_once(google: FederatedSignIn) -> None:
    begun = await google.begin(redirect_uri=None)
    await google.finish(returned(begun))
    assert await refusal(google, returned(begun)) == "state_unknown"


async def test_of_many_who_bring_one_state_one_comes_in(google: FederatedSignIn) -> None:
    begun = await google.begin(redirect_uri=None)
    tries = (google.finish(returned(begun)) for _ in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Recognized) for result in results) == 1


async def test_a_state_is_worth_nothing_after_ten_minutes(house: Any, google: FederatedSignIn) -> None:
    in_time, late = [await google.begin(redirect_uri=None) for _ in range(2)]
    house.clock.turn(599)
    await google.finish(returned(in_time))
    house.clock.turn(1)
    assert await refusal(google, returned(late)) == "state_unknown"


@pytest.mark.parametrize("browser", [None, "", "b" * 43])
async def test_a_sign_in_ends_in_the_browser_it_began_in(google: FederatedSignIn, browser: Any) -> None:
    begun = await google.begin(redirect_uri=None)
    assert await refusal(google, returned(begun, browser=browser)) == "other_browser"
    assert await refusal(google, returned(begun)) == "state_unknown", "it was used up"


async def test_a_swapped_state_does_not_come_in(google: FederatedSignIn) -> None:
    mine, theirs = [await google.begin(redirect_uri=None) for _ in range(2)]
    assert await refusal(google, returned(mine, state=theirs.state)) == "other_browser"


async def test_two_tabs_of_one_browser_sign_in_at_once(google: FederatedSignIn) -> None:
    first = await google.begin(redirect_uri=None)
    second = await google.begin(redirect_uri=None, browser=first.browser)
    assert second.state != first.state
    await google.finish(returned(first))
    await google.finish(returned(second))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": None, "error": "access_denied"}, "provider_refused"),
        ({"code": None}, "code_missing"),
        ({"code": "another"}, "code_refused"),
        ({"issuer": "https://evil.example.com"}, "issuer_mixed_up"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_and_noted(
    house: Any, google: FederatedSignIn, changes: dict[str, Any], reason: str
) -> None:
    begun = await google.begin(redirect_uri=None)
    assert await refusal(google, returned(begun, **changes)) == reason
    (event,) = (await house.trail.page(PageRequest())).items
    assert (event.kind.value, event.details["reason"]) == ("identity_refused", reason)


async def test_the_named_issuer_may_be_the_right_one(google: FederatedSignIn) -> None:
    assert (await come_back(google, issuer=ISSUER)).user.name == "Ada"


@pytest.mark.parametrize(
    ("proven", "reason"),
    [
        (ProvenIdentity(identity=ADA.identity), "email_missing"),
        (ProvenIdentity(identity=ADA.identity, email="ada@example.com"), "email_not_verified"),
        (ProvenIdentity(identity=ADA.identity, email="ada", is_email_verified=True), "email_unusable"),
    ],
)
async def test_nobody_comes_in_by_an_address_that_is_not_theirs_for_sure(
    google: FederatedSignIn, provider: PlainProvider, users: UserService, proven: Any, reason: str
) -> None:
    await users.add(AddUser(email="ada@example.com", name="Ada", is_email_verified=True))
    provider.proves = proven
    assert await refusal(google, returned(await google.begin(redirect_uri=None))) == reason


async def test_a_verified_address_links_to_the_account_that_has_it(
    google: FederatedSignIn, provider: PlainProvider, users: UserService
) -> None:
    ada = await users.add(
        AddUser(email="ada@example.com", name="Countess", password="correct horse", is_email_verified=True)
    )
    linked = (await come_back(google)).user
    assert (linked.id, linked.name, linked.picture) == (ada.id, "Countess", ADA.picture)
    provider.proves = ProvenIdentity(identity=ADA.identity)
    assert (await come_back(google)).user.id == ada.id, "by identity, whatever the address is now"


async def test_an_account_whose_address_nobody_verified_is_not_linked(
    google: FederatedSignIn, users: UserService
) -> None:
    await users.add(AddUser(email="ada@example.com", name="Squatter", password="waiting for her"))
    back = returned(await google.begin(redirect_uri=None))
    assert await refusal(google, back) == "account_not_verified"


async def test_the_same_subject_of_another_issuer_is_somebody_else(
    google: FederatedSignIn, provider: PlainProvider
) -> None:
    ada = (await come_back(google)).user
    provider.proves = ProvenIdentity(
        identity=Identity(issuer="https://other.example.com", subject="ada"),
        email="other@example.com",
        is_email_verified=True,
    )
    other = (await come_back(google)).user
    assert other.id != ada.id
    assert other.name == "other"


async def test_people_without_an_account_stay_outside_where_that_is_wanted(make: Any) -> None:
    closed = make(accepts_new_users=False)
    assert await refusal(closed, returned(await closed.begin(redirect_uri=None))) == "no_account"


async def test_a_disabled_account_does_not_come_in_and_is_not_linked(
    google: FederatedSignIn, provider: PlainProvider, users: UserService
) -> None:
    await users.disable((await come_back(google)).user)
    assert await refusal(google, returned(await google.begin(redirect_uri=None))) == "account_disabled"
    provider.proves = ProvenIdentity(
        identity=Identity(issuer=ISSUER, subject="again"), email="ada@example.com", is_email_verified=True
    )
    assert await refusal(google, returned(await google.begin(redirect_uri=None))) == "account_disabled"


async def test_one_person_who_comes_back_twice_at_once_gets_one_account(google: FederatedSignIn) -> None:
    begun = [await google.begin(redirect_uri=None) for _ in range(5)]
    results = await asyncio.gather(*(google.finish(returned(one)) for one in begun))
    assert len({result.user.id for result in results}) == 1


class Raced:
    """A user store in which somebody else is always a moment faster."""

    def __init__(self, users: Any) -> None:
        self._users = users

    def __getattr__(self, name: str) -> Any:
        return getattr(self._users, name)

    async def find_by_email(self, email: str) -> None:
        return None


async def test_an_address_that_was_just_taken_is_refused(house: Any, make: Any, users: UserService) -> None:
    await users.add(AddUser(email="ada@example.com", name="Faster", is_email_verified=True))
    raced = make(users=Raced(house.users))
    assert await refusal(raced, returned(await raced.begin(redirect_uri=None))) == "raced"


@pytest.mark.parametrize(
    "page", ["https://evil.example.com", PAGE + "/", PAGE + "?x=1", PAGE.upper(), "", "//app.example.com"]
)
async def test_only_pages_on_the_list_are_gone_on_to(google: FederatedSignIn, page: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await google.begin(redirect_uri=page)
    assert refused.value.faults[0].path == "redirect_uri"


async def handed_over(google: FederatedSignIn) -> tuple[str, str]:
    begun = await google.begin(redirect_uri=PAGE)
    recognized = await google.finish(returned(begun))
    address = await google.hand_over(recognized, state=begun.state)
    parts = urlsplit(address)
    fragment = parse_qs(parts.fragment)
    assert parts._replace(fragment="").geturl() == PAGE
    assert fragment["state"] == [begun.state]
    return fragment["code"][0], address


async def test_a_page_exchanges_its_code_once_within_a_minute(
    house: Any, google: FederatedSignIn, users: UserService
) -> None:
    code, _ = await handed_over(google)
    signed_in = await google.open(await google.exchange(code))
    assert (await users.authenticate(signed_in.access_token)).user_id == signed_in.user.id
    with pytest.raises(Unauthorized):
        await google.exchange(code)
    late, _ = await handed_over(google)
    house.clock.turn(60)
    with pytest.raises(Unauthorized):
        await google.exchange(late)


async def test_a_disabled_user_does_not_exchange(google: FederatedSignIn, users: UserService) -> None:
    code, _ = await handed_over(google)
    (ada,) = await users._users.everyone()
    await users.disable(ada)
    with pytest.raises(Unauthorized):
        await google.exchange(code)


async def test_a_state_is_no_code_and_a_code_no_state(google: FederatedSignIn) -> None:
    begun = await google.begin(redirect_uri=None)
    with pytest.raises(Unauthorized):
        await google.exchange(begun.state)
    code, address = await handed_over(google)
    assert await refusal(google, ProviderCallback(state=code, browser="b", code="code")) == "state_unknown"
    assert "nr_" not in address


async def test_whoever_is_disabled_between_recognition_and_opening_does_not_come_in(
    house: Any, google: FederatedSignIn, users: UserService
) -> None:
    recognized = await come_back(google)
    await users.disable(recognized.user)
    with pytest.raises(OAuthRefused) as refused:
        await google.open(recognized)
    assert refused.value.reason == "account_changed"
    assert not await house.sessions.live_of(recognized.user.id, at=house.clock.now())
    kinds = {event.kind for event in (await house.trail.page(PageRequest())).items}
    assert SecurityEventKind.IDENTITY_REFUSED in kinds
    assert SecurityEventKind.SIGNED_IN not in kinds


async def test_a_session_may_be_opened_with_the_token_that_its_code_gives(
    google: FederatedSignIn, opener: SessionOpener
) -> None:
    recognized = await come_back(google)
    first = google.first_token("code")
    assert first != google.first_token("other code")
    assert (await google.open(recognized, refresh=first)).refresh_token == first
    assert first not in {opener.successor(first, key="k"), opener.fresh()}
