"""The adapter against a provider that lies: no lie gets anybody in."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from netra.adapters.google.provider import OpenIdProvider
from netra.adapters.local.clock import SystemClock
from netra.domain.errors import NetraError, OAuthFailed, OAuthRefused
from netra.domain.users.model import Identity, ProvenIdentity

from .hostile import CLIENT_ID, CLIENT_SECRET, SUBJECT, HostileIssuer, hostile_issuer, unsigned

pytestmark = pytest.mark.system

NONCE, VERIFIER = "n" * 43, "v" * 43
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})


class MovedClock(SystemClock):
    """The real clock; its steady hand can be moved on."""

    moved_s = 0.0

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.moved_s


@pytest.fixture
def issuer() -> Iterator[HostileIssuer]:
    with hostile_issuer() as running:
        yield running


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def provider(issuer: HostileIssuer, clock: MovedClock) -> OpenIdProvider:
    return OpenIdProvider(
        issuer=issuer.url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        callback_url="http://127.0.0.1:8000/api/auth/google/callback",
        clock=clock,
    )


async def prove(provider: OpenIdProvider, issuer: HostileIssuer, *, nonce: str = NONCE) -> ProvenIdentity:
    url = await provider.authorization_url(state="s", nonce=NONCE, verifier=VERIFIER)
    assert VERIFIER not in url
    assert CLIENT_SECRET not in url
    return await provider.prove(code=issuer.visit(url), nonce=nonce, verifier=VERIFIER)


async def refused(provider: OpenIdProvider, issuer: HostileIssuer) -> NetraError:
    with pytest.raises((OAuthRefused, OAuthFailed)) as error:
        await prove(provider, issuer)
    assert CLIENT_SECRET not in str(error.value)
    return error.value


async def test_the_truth_gets_in(provider: OpenIdProvider, issuer: HostileIssuer) -> None:
    proven = await prove(provider, issuer)
    assert proven == ProvenIdentity(
        identity=Identity(issuer=issuer.url, subject=SUBJECT),
        email="ada@example.com",
        is_email_verified=True,
        name="Ada",
    )


@pytest.mark.parametrize(
    "tells",
    [
        {"iss": "https://accounts.example.com"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID},
        {"aud": []},
        {"aud": None},
        {"azp": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(time.time()) - 3_600},
        {"exp": None},
        {"exp": "never"},
        {"iat": int(time.time()) + 3_600},
        {"iat": None},
        {"nbf": int(time.time()) + 3_600},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "s" * 256},
        {"at_hash": "of another access token"},
        {"email": ["ada@example.com"]},
    ],
    ids=lambda tells: "-".join(f"{name}-{type(value).__name__}" for name, value in tells.items()),
)
async def test_a_claim_that_does_not_fit_is_refused(
    provider: OpenIdProvider, issuer: HostileIssuer, tells: dict[str, Any]
) -> None:
    issuer.tells = tells
    error = await refused(provider, issuer)
    assert error.details == {"reason": "id_token_refused"}


async def test_a_signature_that_is_not_the_providers_is_refused(
    provider: OpenIdProvider, issuer: HostileIssuer
) -> None:
    lies = [
        unsigned,
        issuer.signed_with_public_key,
        lambda claims: issuer.signed(claims, key=OTHER),
        lambda claims: issuer.signed(claims, kid="another"),
        lambda claims: issuer.signed(claims).rpartition(".")[0] + ".",
        lambda claims: issuer.signed(claims) + "x",
        lambda claims: issuer.signed(claims, alg="RS512"),
        lambda _: "not a token",
        lambda _: "x" * 20_000,
        lambda _: "",
    ]
    for lie in lies:
        issuer.sign = lie
        assert (await refused(provider, issuer)).details["reason"] == "id_token_refused"


async def test_an_unverified_address_is_told_apart(provider: OpenIdProvider, issuer: HostileIssuer) -> None:
    for word in (False, None, "false", "TRUE"):
        issuer.tells = {"email_verified": word}
        assert not (await prove(provider, issuer)).is_email_verified
    issuer.tells = {"email_verified": "true"}
    assert (await prove(provider, issuer)).is_email_verified


async def test_only_pictures_over_tls_are_shown(provider: OpenIdProvider, issuer: HostileIssuer) -> None:
    for picture in ("http://x/p.png", "javascript:alert(1)", "https://x/" + "p" * 3_000):
        issuer.tells = {"picture": picture}
        assert (await prove(provider, issuer)).picture is None
    issuer.tells = {"picture": "https://x/p.png"}
    assert (await prove(provider, issuer)).picture == "https://x/p.png"


async def test_an_unknown_code_is_the_clients_fault(provider: OpenIdProvider, issuer: HostileIssuer) -> None:
    with pytest.raises(OAuthRefused) as error:
        await provider.prove(code="made up", nonce=NONCE, verifier=VERIFIER)
    assert error.value.reason == "code_refused"


async def test_the_address_is_asked_for_where_the_token_leaves_it_out(
    provider: OpenIdProvider, issuer: HostileIssuer
) -> None:
    issuer.metadata = {"userinfo_endpoint": f"{issuer.url}/userinfo"}
    issuer.tells = {"email": None, "email_verified": None}
    issuer.userinfo = {"sub": SUBJECT, "email": "ada@example.com", "email_verified": True}
    proven = await prove(provider, issuer)
    assert (proven.email, proven.is_email_verified) == ("ada@example.com", True)
    issuer.userinfo["sub"] = "somebody else"
    assert (await refused(provider, issuer)).details["reason"] == "id_token_refused"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (503, b"busy"),
        (200, b"not json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"id_token": 7}'),
        (401, b'{"error": "invalid_client"}'),
    ],
)
async def test_nonsense_of_the_token_endpoint_is_the_providers_fault(
    provider: OpenIdProvider, issuer: HostileIssuer, status: int, body: bytes
) -> None:
    issuer.token_status, issuer.token_body = status, body
    assert isinstance(await refused(provider, issuer), OAuthFailed)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://accounts.example.com"},
        {"token_endpoint": "http://example.com/token"},
        {"jwks_uri": "http://example.com/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "http://example.com/me"},
        {"token_endpoint": None},
        {"padding": "x" * 300_000},
    ],
    ids=lambda value: next(iter(value)),
)
async def test_a_discovery_document_that_cannot_be_trusted_is_not(
    provider: OpenIdProvider, issuer: HostileIssuer, metadata: dict[str, Any]
) -> None:
    issuer.metadata = metadata
    with pytest.raises(OAuthFailed):
        await provider.authorization_url(state="s", nonce=NONCE, verifier=VERIFIER)


async def test_a_provider_that_is_not_there_is_said_so(clock: MovedClock) -> None:
    nowhere = OpenIdProvider(
        issuer="http://127.0.0.1:9", client_id="i", client_secret="s", callback_url="c", clock=clock
    )
    with pytest.raises(OAuthFailed):
        await nowhere.authorization_url(state="s", nonce=NONCE, verifier=VERIFIER)


async def test_documents_are_kept_and_a_new_key_is_found_but_not_asked_for_without_end(
    provider: OpenIdProvider, issuer: HostileIssuer, clock: MovedClock
) -> None:
    await prove(provider, issuer)
    await prove(provider, issuer)
    assert issuer.asked.count("/jwks") == issuer.asked.count("/.well-known/openid-configuration") == 1
    new = ECKey.generate_key("P-256", parameters={"kid": "two", "use": "sig"})
    issuer.published = [issuer.key, new]
    issuer.sign = lambda claims: issuer.signed(claims, key=new, kid="two", alg="ES256")
    await refused(provider, issuer)
    assert issuer.asked.count("/jwks") == 1, "asked again within the floor"
    clock.moved_s += 61
    assert (await prove(provider, issuer)).name == "Ada"
    assert issuer.asked.count("/jwks") == 2
    issuer.sign = lambda claims: issuer.signed(claims, key=OTHER, kid="made up")
    for _ in range(5):
        await refused(provider, issuer)
    assert issuer.asked.count("/jwks") == 2


async def test_a_withdrawn_key_is_believed_for_an_hour_at_most(
    provider: OpenIdProvider, issuer: HostileIssuer, clock: MovedClock
) -> None:
    await prove(provider, issuer)
    issuer.published = [OTHER]
    clock.moved_s += 3_601
    assert (await refused(provider, issuer)).details["reason"] == "id_token_refused"


async def test_a_token_without_a_key_name_fits_only_the_one_key_there_is(
    provider: OpenIdProvider, issuer: HostileIssuer, clock: MovedClock
) -> None:
    issuer.sign = lambda claims: issuer.signed(claims, kid=None)
    assert (await prove(provider, issuer)).name == "Ada"
    issuer.published = [issuer.key, RSAKey.generate_key(2048, parameters={"kid": "two"})]
    clock.moved_s += 3_601
    await refused(provider, issuer)
