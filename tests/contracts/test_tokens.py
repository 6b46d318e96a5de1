"""The contract of `TokenCodec`, and what every forger tries."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netra.adapters.jwt.codec import JwtTokenCodec
from netra.domain.errors import TokenExpired, Unauthorized
from netra.domain.users.model import Claims, TokenKind

KEY, OLD_KEY = "k" * 32, "o" * 32
AT = datetime(2024, 1, 1, tzinfo=UTC)
CLAIMS = Claims(
    user_id=7,
    session_id="ses-1",
    kind=TokenKind.ACCESS,
    issued_at=AT,
    expires_at=AT + timedelta(hours=1),
)


def codec(clock: Any, **fields: Any) -> JwtTokenCodec:
    return JwtTokenCodec(
        **{"keys": [KEY], "issuer": "netra", "audience": "netra-api", "clock": clock, **fields}
    )


def forged(token: str, *, key: str = KEY, algorithm: str = "HS256", header: Any = None, **claims: Any) -> str:
    """Return the token signed anew with some claims changed, or left out where they are None."""
    said = jwt.decode(token, options={"verify_signature": False})
    said = {name: value for name, value in {**said, **claims}.items() if value is not None}
    head = {**jwt.get_unverified_header(token), **(header or {})}
    head = {name: value for name, value in head.items() if value is not None and name != "alg"}
    return jwt.encode(said, key, algorithm=algorithm, headers=head)


@pytest.fixture
def tokens(clock) -> JwtTokenCodec:
    return codec(clock)


def test_a_token_says_what_was_put_in(tokens):
    assert tokens.read(tokens.issue(CLAIMS)) == CLAIMS
    assert tokens.read(tokens.issue(CLAIMS)) == CLAIMS


def test_a_token_is_a_json_web_token_with_every_claim(tokens):
    said = jwt.decode(
        tokens.issue(CLAIMS),
        KEY,
        algorithms=["HS256"],
        audience="netra-api",
        options={"verify_exp": False},
    )
    assert said["sub"] == "7"
    assert set(said) == {"exp", "nbf", "iat", "iss", "aud", "sub", "jti", "typ"}


def test_a_token_expires_to_the_second_however_often_it_was_read(tokens, clock):
    token = tokens.issue(CLAIMS)
    clock.turn(3599)
    assert tokens.read(token) == CLAIMS
    clock.turn(1)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            tokens.read(token)


def test_an_expired_token_read_for_the_first_time_is_expired(tokens, clock):
    clock.turn(3600)
    with pytest.raises(TokenExpired):
        tokens.read(tokens.issue(CLAIMS))


def test_a_token_from_the_future_is_refused_beyond_the_clocks_skew(tokens, clock):
    def ahead(seconds: int) -> str:
        at = AT + timedelta(seconds=seconds)
        return tokens.issue(
            Claims(
                user_id=7,
                session_id="s",
                kind=TokenKind.ACCESS,
                issued_at=at,
                expires_at=at + timedelta(hours=1),
            )
        )

    assert tokens.read(ahead(5)).session_id == "s"
    with pytest.raises(Unauthorized):
        tokens.read(ahead(6))
    assert not isinstance(_error(tokens, forged(ahead(0), nbf=int(AT.timestamp()) + 60)), TokenExpired)


def _error(tokens: JwtTokenCodec, token: str) -> Unauthorized:
    with pytest.raises(Unauthorized) as caught:
        tokens.read(token)
    return caught.value


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "typ"])
def test_every_claim_is_required(tokens, name):
    assert type(_error(tokens, forged(tokens.issue(CLAIMS), **{name: None}))) is Unauthorized


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"typ": "refresh"},
        {"sub": "seven"},
        {"sub": "-7"},
        {"sub": "٧"},
        {"sub": 7},
        {"jti": 1},
        {"exp": "soon"},
        {"exp": 10**18},
        {"exp": 10**20},
        {"exp": -1},
        {"exp": 1e9},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": True},
        {"nbf": 10**18},
        {"iat": [1]},
        {"iat": -(10**18)},
        {"sub": str(10**30)},
        {"sub": str(2**63)},
        {"sub": "0"},
        {"sub": "007"},
        {"sub": "9" * 3_000},
        {"sub": ""},
        {"sub": True},
        {"jti": ""},
        {"jti": "\ud800"},
        {"jti": "a\x00b"},
        {"jti": "j" * 65},
        {"aud": ["netra-api", "other"]},
    ],
    ids=lambda claims: str(claims)[:40],
)
def test_a_claim_that_is_not_ours_is_refused(tokens, claims):
    assert type(_error(tokens, forged(tokens.issue(CLAIMS), **claims))) is Unauthorized


@pytest.mark.parametrize("spelling", ["padded", "spare bits", "spaces", "plain base64", "line end"])
@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_each_token_has_one_spelling(tokens, part, spelling):
    """RFC 7515, section 2: base64url without padding, line breaks or other characters."""
    segments = tokens.issue(CLAIMS).split(".")
    segments[part] = _spelled(segments[part], spelling)
    _error(tokens, ".".join(segments))


def _spelled(segment: str, spelling: str) -> str:
    if spelling == "spare bits":
        # the last character of a segment whose length is 2 or 3 modulo 4 has bits that no byte uses
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        last = alphabet.index(segment[-1])
        return segment[:-1] + alphabet[last + 1] if len(segment) % 4 else segment + "A"
    return {
        "padded": segment + "=" * (-len(segment) % 4 or 4),
        "spaces": f"{segment} ",
        "plain base64": f"{segment[:-1]}+",
        "line end": f"{segment}\n",
    }[spelling]


@pytest.mark.parametrize("part", [0, 1], ids=["header", "payload"])
def test_a_token_of_deeply_nested_json_is_refused(tokens, part):
    """The header is parsed before the signature is checked, so anybody may send this."""
    segments = tokens.issue(CLAIMS).split(".")
    segments[part] = base64.urlsafe_b64encode(b"[" * 1_500).decode().rstrip("=")
    token = ".".join(segments)
    if part == 1:
        signing = hmac.digest(KEY.encode(), ".".join(segments[:2]).encode(), "sha256")
        token = f"{segments[0]}.{segments[1]}.{base64.urlsafe_b64encode(signing).decode().rstrip('=')}"
    _error(tokens, token)


def test_the_token_does_not_choose_its_algorithm(tokens):
    token = tokens.issue(CLAIMS)
    _error(tokens, forged(token, key="x" * 64, algorithm="HS512"))
    _error(tokens, forged(token, key=KEY * 2, algorithm="HS384"))
    header, body, _ = token.split(".")
    plain = json.dumps({**jwt.get_unverified_header(token), "alg": "none"}).encode()
    _error(tokens, f"{base64.urlsafe_b64encode(plain).decode().rstrip('=')}.{body}.")
    _error(tokens, f"{header}.{body}.")


def test_another_key_is_refused(tokens, clock):
    stranger = codec(clock, keys=["s" * 32])
    _error(tokens, stranger.issue(CLAIMS))
    _error(tokens, forged(tokens.issue(CLAIMS), key="s" * 32))


@pytest.mark.parametrize("kid", [None, "", "other", 1, ["x"]], ids=str)
def test_the_key_is_found_in_our_own_table(tokens, kid):
    token = tokens.issue(CLAIMS)
    header = {**jwt.get_unverified_header(token), "kid": kid}
    if kid is None:
        del header["kid"]
    part = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    _error(tokens, ".".join([part, *token.split(".")[1:]]))


def test_the_previous_key_still_reads_and_no_longer_signs(clock):
    before = codec(clock, keys=[OLD_KEY])
    between = codec(clock, keys=[KEY, OLD_KEY])
    after = codec(clock, keys=[KEY])
    old = before.issue(CLAIMS)
    assert between.read(old) == CLAIMS
    _error(after, old)
    assert after.read(between.issue(CLAIMS)) == CLAIMS


@pytest.mark.parametrize("keys", [[], ["k" * 31], [KEY, "short"]], ids=["none", "short", "one short"])
def test_weak_keys_are_refused_at_the_start_without_being_shown(clock, keys):
    with pytest.raises(ValueError, match="key") as caught:
        codec(clock, keys=keys)
    assert not any(key in str(caught.value) for key in keys)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.integers(0, 200))
def test_no_text_is_taken_for_a_token(clock_type, text, at):
    tokens = codec(clock_type())
    token = tokens.issue(CLAIMS)
    tokens.read(token)
    for false in (text, token[:at] + text + token[at + 1 :], token + text, "x" * 5_000):
        if false != token:
            _error(tokens, false)


def test_what_is_derived_depends_on_the_text_and_the_key(clock: Any) -> None:
    one, other = codec(clock), codec(clock, keys=[OLD_KEY])
    assert one.derive("a") == codec(clock).derive("a")
    assert len({one.derive("a"), one.derive("b"), other.derive("a")}) == 3
    assert len(one.derive("a")) == 43
