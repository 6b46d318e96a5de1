"""What the codec remembers: claims it verified, a bounded number of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from netra.adapters.jwt.codec import JwtTokenCodec
from netra.domain.ids import SessionId, UserId
from netra.domain.users.model import Claims, TokenKind

AT = datetime(2024, 1, 1, tzinfo=UTC)


def claims(user: int) -> Claims:
    until = AT + timedelta(hours=1)
    return Claims(
        user_id=UserId(user), session_id=SessionId("s"), kind=TokenKind.ACCESS, issued_at=AT, expires_at=until
    )


def test_the_longest_unused_token_is_forgotten_and_verified_again(clock: Any) -> None:
    codec = JwtTokenCodec(keys=["k" * 32], issuer="i", audience="a", clock=clock, remembered_max=2)
    tokens = [codec.issue(claims(n)) for n in (1, 2, 3)]
    first = codec.read(tokens[0])
    codec.read(tokens[1])
    assert codec.read(tokens[0]) is first
    codec.read(tokens[2])
    assert codec.read(tokens[0]) is first
    again = codec.read(tokens[1])
    assert again == claims(2)
    assert codec.read(tokens[1]) is again
