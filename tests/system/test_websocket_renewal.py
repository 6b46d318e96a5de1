"""Staying signed in on one socket: a token brought by a message, over a real server and a real client."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.system.test_websocket import SHORT, heard, say, serving, until_close

from netra.domain.ids import SessionId

pytestmark = pytest.mark.system


def bringing(token: str) -> dict[str, object]:
    return {"type": "authenticate", "id": "c-1", "data": {"token": token}}


async def test_a_new_token_keeps_the_socket_past_the_end_of_the_old_one() -> None:
    async with serving() as served:
        old = await served.token(lasts=SHORT, session="ses-kept")
        claims = served.ports.tokens.read(old)
        async with served.connect(f"?token={old}") as client, served.connect(f"?token={old}") as other:
            await heard(client)
            await say(client, bringing(await served.token(lasts=timedelta(minutes=5))))
            renewed = await heard(client)
            assert renewed["type"] == "status"
            assert renewed["data"]["request_id"] == "c-1"
            assert renewed["data"]["expires_at"] > claims.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            # the round that looks for ended tokens has passed when the other socket of the old one is closed
            assert (await until_close(other))[1] == 4001
            await say(client, {"type": "ping"})
            assert (await heard(client))["type"] == "pong"


async def test_the_new_tokens_own_end_closes_it() -> None:
    async with serving() as served:
        old = await served.token()
        async with served.connect(f"?token={old}") as client:
            await heard(client)
            await say(client, bringing(await served.token(lasts=SHORT)))
            frames, code = await until_close(client)
    assert ([frame["type"] for frame in frames], code) == (["status", "error"], 4001)


async def test_tokens_that_prove_nothing_here_are_refused_and_the_socket_stays() -> None:
    async with serving() as served, served.signed_in(user=1) as client:
        revoked = await served.token(session="ses-out")
        await served.ports.sessions.end(SessionId("ses-out"), at=datetime.now(UTC))
        refused = {
            "another user's": (await served.token(user=2), "FORBIDDEN"),
            "expired": (await served.token(lasts=timedelta(seconds=-5)), "UNAUTHORIZED"),
            "signed out": (revoked, "UNAUTHORIZED"),
            "forged": (revoked[:-4] + "AAAA", "UNAUTHORIZED"),
            "unknown key": ("nk_nonsense", "UNAUTHORIZED"),
        }
        for name, (token, code) in refused.items():
            await say(client, bringing(token))
            told = await heard(client)
            assert (told["type"], told["data"]["code"]) == ("error", code), name
            assert token not in str(told)
        await say(client, {"type": "ping"})
        assert (await heard(client))["type"] == "pong"


async def test_a_socket_hangs_on_the_session_of_its_last_proof() -> None:
    async with serving() as served:
        old = await served.token(session="ses-old")
        async with served.connect(f"?token={old}") as client, served.connect(f"?token={old}") as other:
            await heard(client)
            await say(client, bringing(await served.token(session="ses-new")))
            await heard(client)
            await served.ports.sessions.end(SessionId("ses-old"), at=datetime.now(UTC))
            assert (await until_close(other))[1] == 4001  # so the round that looks for it has passed
            await say(client, {"type": "ping"})
            assert (await heard(client))["type"] == "pong"
            await served.ports.sessions.end(SessionId("ses-new"), at=datetime.now(UTC))
            assert (await until_close(client))[1] == 4001
