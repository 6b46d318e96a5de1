"""The overview on the wire: its parameters, its entity tag, and who may see it."""

from typing import Any

import pytest

from .conftest import House

EVENT = {"timestamp": "2026-11-02T10:00:00Z", "model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100}
EVENTS = [EVENT, {**EVENT, "timestamp": "2026-11-02T11:30:00Z", "model": "gpt-4o-mini", "feature": "chat"}]


async def filled(house: House, events: list[dict[str, Any]] | None = None) -> str:
    made = (await house.client.post("/api/workloads", json={"name": "shop"})).json()
    path = f"/api/workloads/{made['id']}"
    (await house.client.post(f"{path}/events", json={"events": events or EVENTS})).raise_for_status()
    return f"{path}/overview"


async def test_the_overview_of_a_workload(house: House) -> None:
    answer = await house.client.get(await filled(house))
    body = answer.raise_for_status().json()
    assert body["window"] == {
        "from": "2026-11-02T10:00:00Z",
        "to": "2026-11-02T11:30:00.000001Z",
        "tz": "UTC",
        "bin": "1m",
        "bin_s": 60,
        "bins": 91,
    }
    assert body["totals"]["requests"] == 2
    assert body["totals"]["usd"] == pytest.approx(0.0025 + 0.001 + 0.00015 + 0.00006)
    assert body["starts"][:2] == ["2026-11-02T10:00:00Z", "2026-11-02T10:01:00Z"]
    assert [one["name"] for one in body["series"]] == ["gpt-4o", "gpt-4o-mini"]
    assert body["freshness"] == {"last_event_at": "2026-11-02T11:30:00Z", "waiting_events": 0}


async def test_parameters_choose_the_window_the_bins_the_zone_and_the_calls(house: House) -> None:
    asked = {
        "from": "2026-11-02T11:00:00Z",
        "to": "2026-11-02T12:00:00Z",
        "bin": "1h",
        "tz": "Asia/Kolkata",
        "by": "feature",
        "model": "gpt-4o-mini",
        "feature": ["chat", ""],
        "money": "list",
    }
    body = (await house.client.get(await filled(house), params=asked)).raise_for_status().json()
    assert (body["window"]["tz"], body["window"]["bins"]) == ("Asia/Kolkata", 2)
    assert body["starts"] == ["2026-11-02T10:30:00Z", "2026-11-02T11:30:00Z"]
    assert [(one["name"], one["requests"]) for one in body["series"]] == [("chat", [0, 1])]
    assert (body["by"], body["money"]) == ("feature", "list")


async def test_an_unchanged_overview_is_not_sent_again(house: House) -> None:
    path = await filled(house)
    first = await house.client.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert len(first.headers.get_list("Cache-Control")) == 1
    again = await house.client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    other = await house.client.get(path, params={"by": "tool"}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    more = {"events": [{**EVENT, "timestamp": "2026-11-03T10:00:00Z"}]}
    (await house.client.post(path.replace("overview", "events"), json=more)).raise_for_status()
    changed = await house.client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["totals"]["requests"]) == (200, 3)


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"tz": "Mars/Olympus"}, "tz", "unknown"),
        ({"tz": "../etc/passwd"}, "tz", "pattern"),
        ({"tz": "../etc"}, "tz", "pattern"),
        ({"from": "2026-11-03T00:00:00Z", "to": "2026-11-02T00:00:00Z"}, "to", "order"),
        ({"from": "2020-11-03T00:00:00Z", "bin": "1m"}, "bin", "too_many"),
    ],
)
async def test_what_cannot_be_is_refused_by_its_field(
    house: House, asked: dict[str, str], field: str, code: str
) -> None:
    refused = await house.client.get(await filled(house), params=asked)
    assert refused.status_code == 422, refused.text
    (fault,) = refused.json()["error"]["details"]["errors"]
    assert (fault["path"], fault["code"]) in {(field, code), (field, "unknown")}


async def test_a_workload_that_is_not_ones_own_does_not_exist(house: House) -> None:
    assert (await house.client.get("/api/workloads/wl-nope/overview")).status_code == 404
