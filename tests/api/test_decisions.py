"""Decisions over HTTP: made on a run's recommendation, changed by version, shown in the next result."""

from typing import Any

import httpx
import pytest
from tests.api.conftest import ended

NO_KEY = "rk-" + "0" * 24


def event(number: int) -> dict[str, Any]:
    """Return a call that can wait: three seconds after the one before, so that a log has some minutes."""
    minute, second = divmod(3 * number, 60)
    return {
        "id": f"e{number}",
        "timestamp": f"2026-11-02T09:{minute:02}:{second:02}Z",
        "model": "gpt-4o",
        "input_tokens": 2000,
        "output_tokens": 200,
        "offline": True,
        "template": "report",
    }


def ran(user: httpx.Client, workload_id: str) -> dict[str, Any]:
    """Return a completed run with its result."""
    question = {"message": "make it cheaper", "workload_id": workload_id}
    run = user.post("/api/agent/execute", json=question).raise_for_status().json()
    return ended(user, run["run_id"])


class Desk:
    """A workload with a completed run."""

    def __init__(self, user: httpx.Client) -> None:
        self.user = user
        self.workload_id = user.post("/api/workloads", json={"name": "Nightly"}).json()["id"]
        self.path = f"/api/workloads/{self.workload_id}/decisions"
        rows = [event(number) for number in range(200)]
        user.post(f"/api/workloads/{self.workload_id}/events", json={"events": rows}).raise_for_status()
        run = ran(user, self.workload_id)
        self.run_id: str = run["run_id"]
        self.advice: dict[str, Any] = run["result"]
        self.found = next(one for one in self.advice["recommendations"] if one["kind"] == "batch")

    def put(self, *, key: str | None = None, etag: str | None = None, **body: Any) -> httpx.Response:
        """Decide, by default about the batch recommendation of the run."""
        headers = {} if etag is None else {"If-Match": etag}
        path = f"{self.path}/{key or self.found['key']}"
        return self.user.put(path, json={"run_id": self.run_id, **body}, headers=headers)


@pytest.fixture(scope="module")
def desk(user: httpx.Client) -> Desk:
    return Desk(user)


def test_a_decision_is_made_changed_by_version_and_shown_in_the_next_result(user: httpx.Client) -> None:
    desk = Desk(user)
    assert desk.found["decision"] is None
    assert user.get(desk.path).json() == {
        "data": [],
        "pagination": {"total": 0, "limit": 0, "offset": 0, "has_more": False, "next_cursor": None},
    }
    planned = desk.put(state="planned", note="im Sprint 12")
    line = planned.raise_for_status().json()
    assert planned.headers["ETag"] == line["etag"] == '"1"'
    assert (line["key"], line["state"], line["note"]) == (desk.found["key"], "planned", "im Sprint 12")
    assert (line["kind"], line["action"], line["run_id"]) == ("batch", desk.found["action"], desk.run_id)
    shown = line["savings_at_decision"]["usd_in_window"]
    assert shown == pytest.approx(desk.found["savings"]["usd_in_window"])
    assert user.get(desk.path).json()["data"] == [line]

    adopted = desk.put(state="adopted", effective_at="2026-11-03T00:00:00Z", etag='"1"').json()
    assert (adopted["state"], adopted["effective_at"]) == ("adopted", "2026-11-03T00:00:00Z")
    late = desk.put(state="open", etag='"1"')
    assert (late.status_code, late.json()["error"]["code"]) == (412, "PRECONDITION_FAILED")

    again = ran(user, desk.workload_id)["result"]["recommendations"]
    decisions = {one["key"]: one["decision"] for one in again}
    assert decisions.keys() == {one["key"] for one in desk.advice["recommendations"]}
    assert decisions.pop(desk.found["key"]) == {
        "state": "adopted",
        "at": adopted["at"],
        "reason": None,
        "until": None,
        "effective_at": "2026-11-03T00:00:00Z",
    }
    assert set(decisions.values()) == {None}
    opened = desk.put(state="open", etag="*").json()
    assert (opened["state"], opened["etag"], opened["effective_at"]) == ("open", '"3"', None)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"state": "snoozed"}, "state"),
        ({}, "state"),
        ({"state": "dismissed"}, "reason"),
        ({"state": "dismissed", "reason": "because"}, "reason"),
        ({"state": "dismissed", "reason": "effort", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"state": "planned", "until": "2099-01-01T00:00:00Z"}, "until"),
        ({"state": "adopted", "effective_at": "2099-01-01T00:00:00Z"}, "effective_at"),
        ({"state": "planned", "note": "x" * 1001}, "note"),
        ({"state": "planned", "extra": 1}, "extra"),
        ({"state": "planned", "run_id": None}, "run_id"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(desk: Desk, body: dict[str, Any], path: str) -> None:
    refused = desk.put(**body)
    assert refused.status_code == 422
    assert path in refused.text
    assert desk.user.get(desk.path).json()["data"] == []


def test_what_is_not_there_cannot_be_decided(desk: Desk, stranger: httpx.Client) -> None:
    assert desk.put(state="planned", key=NO_KEY).status_code == 422
    assert desk.put(state="planned", key="rec-1").status_code == 404
    assert desk.put(state="planned", run_id="run-none").status_code == 404
    assert desk.put(state="planned", etag='"1"').status_code == 412
    assert desk.put(state="planned", etag="*").status_code == 412
    assert stranger.get(desk.path).status_code == 404
    theirs = stranger.put(f"{desk.path}/{desk.found['key']}", json={"state": "planned"})
    assert theirs.status_code == 404


def test_deleting_the_workload_deletes_its_decisions(user: httpx.Client) -> None:
    desk = Desk(user)
    desk.put(state="dismissed", reason="quality_risk", until="2030-01-01T00:00:00Z").raise_for_status()
    user.delete(f"/api/workloads/{desk.workload_id}").raise_for_status()
    assert user.get(desk.path).status_code == 404
    assert desk.put(state="open").status_code == 404


def test_an_adoption_is_verified_by_the_log_or_says_why_it_cannot_be(user: httpx.Client) -> None:
    desk = Desk(user)
    path = f"{desk.path}/{desk.found['key']}/verification"
    assert user.get(path).status_code == 404
    desk.put(state="planned").raise_for_status()
    planned = user.get(path)
    assert (planned.status_code, planned.json()["error"]["code"]) == (409, "CONFLICT")
    desk.put(state="adopted", effective_at="2026-11-02T09:05:00Z").raise_for_status()
    found = user.get(path).raise_for_status().json()
    assert (found["workload_id"], found["effective_at"]) == (desk.workload_id, "2026-11-02T09:05:00Z")
    assert found["decision"] == user.get(desk.path).json()["data"][0]
    assert found["change"]["ruling"] == "cannot_tell"
    assert found["change"]["reasons"]
    assert [one["group"] for one in found["groups"]] == ["report"]
    assert found["saved_usd_per_month"] is None
    assert user.get(f"{desk.path}/{NO_KEY}/verification").status_code == 404
