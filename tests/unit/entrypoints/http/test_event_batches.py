"""Events as tables, as traces and compressed, and answers that list only what was not accepted."""

import gzip
import json
from typing import Any

import httpx
import msgspec
import pytest

from .conftest import SETTINGS, House, opened

TABLE = (
    "timestamp,model,input_tokens,output_tokens,id\n"
    "2026-11-02T10:00:00Z,gpt-4o,1000,100,a\n"
    "2026-11-02T10:00:01Z,gpt-4o,many,100,b\n"
    "2026-11-02T10:00:02Z,gpt-4o,1000,100,a\n"
)
AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n"
MOONCAKE = '{"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]}\n'


async def path_in(house: House) -> str:
    made = (await house.client.post("/api/workloads", json={"name": "shop"})).json()
    return f"/api/workloads/{made['id']}/events"


async def sent(
    house: House, body: str | bytes, kind: str = "text/csv", path: str | None = None, **more: Any
) -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": kind, **more.pop("headers", {})}
    target = path or await path_in(house)
    return await house.client.post(target, content=content, headers=headers, **more)


async def test_a_table_is_read_as_a_file_is(house: House) -> None:
    body = (await sent(house, TABLE)).raise_for_status().json()
    assert (body["accepted"], body["duplicates"], body["rejected"]) == (1, 1, 1)
    assert [(row["line"], row["status"]) for row in body["results"]] == [
        (2, "accepted"),
        (3, "rejected"),
        (4, "duplicate"),
    ]
    assert "input_tokens" in body["results"][1]["message"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [(AZURE, "text/csv; charset=utf-8"), (MOONCAKE, "application/x-ndjson"), (MOONCAKE, "text/csv")],
    ids=["azure", "mooncake", "mooncake as a table"],
)
async def test_public_traces_are_known_by_their_columns(house: House, body: str, kind: str) -> None:
    answer = (await sent(house, body, kind)).raise_for_status().json()
    assert (answer["accepted"], answer["rejected"]) == (1, 0)


async def test_an_answer_may_list_only_what_was_not_accepted(house: House) -> None:
    body = (await sent(house, TABLE, params={"results": "exceptions"})).raise_for_status().json()
    assert (body["accepted"], body["duplicates"], body["rejected"]) == (1, 1, 1)
    assert [row["status"] for row in body["results"]] == ["rejected", "duplicate"]


async def test_a_compressed_body_is_read_within_bounds(house: House) -> None:
    packed = {"Content-Encoding": "gzip"}
    event = {"timestamp": "2026-11-02T10:00:00Z", "model": "m", "input_tokens": 1, "output_tokens": 1}
    for body, kind in ((TABLE, "text/csv"), (json.dumps({"events": [event]}), "application/json")):
        answer = await sent(house, gzip.compress(body.encode()), kind, headers=packed)
        assert answer.raise_for_status().json()["accepted"] == 1
    broken = await sent(house, b"no gzip", headers=packed)
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "INVALID_REQUEST")
    bomb = await sent(house, gzip.compress(b" " * 30_000_000), headers=packed)
    assert bomb.status_code == 413
    assert "100 times" in bomb.json()["error"]["message"]
    assert (await sent(house, TABLE, headers={"Content-Encoding": "br"})).status_code == 415


@pytest.mark.parametrize("body", ["a,b\n1,2\n", "PAR1", "\x00\x01", "é".encode("utf-16")[:3]])
async def test_a_text_that_is_no_log_is_refused_with_what_is_expected(house: House, body: Any) -> None:
    refused = await sent(house, body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"]["code"] == "UNREADABLE_FILE"


async def test_an_empty_table_is_refused(house: House) -> None:
    assert (await sent(house, " \n")).status_code == 400


async def test_a_table_holds_as_many_rows_and_hashes_as_any_batch() -> None:
    tight = msgspec.structs.replace(SETTINGS, max_prefix_hashes_per_batch=3)
    async with opened(tight) as house:
        refused = await sent(house, MOONCAKE * 2, "application/x-ndjson")
        assert refused.status_code == 422
        assert refused.json()["error"]["details"]["errors"][0]["code"] == "too_many_prefix_hashes"
    row = "2026-11-02T10:00:00Z,gpt-4o,1,1,\n"
    async with opened() as house:
        refused = await sent(house, TABLE + row * 10_000)
        assert refused.json()["error"]["details"]["errors"][0]["code"] == "too_many"


async def test_the_same_table_sent_again_under_one_key_adds_nothing(house: House) -> None:
    path, without_ids = await path_in(house), AZURE
    key = {"Idempotency-Key": "part-0"}
    first = await sent(house, without_ids, path=path, headers=key)
    again = await sent(house, without_ids, path=path, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    workload = (await house.client.get(path.removesuffix("/events"))).json()
    assert workload["event_count"] == 1
