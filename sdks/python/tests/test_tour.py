"""Every method of both clients once, against the real server."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from netra_sdk import errors
from rigged import Rig
from runner import Runner, calls

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    started = Rig()
    try:
        yield started
    finally:
        started.close()


@pytest.fixture(params=["sync", "async"])
def runner(rig: Rig, request: pytest.FixtureRequest) -> Iterator[Runner]:
    rig.faults()
    made = Runner(rig, kind=request.param)
    try:
        yield made
    finally:
        made.close()


def newcomer(runner: Runner) -> Any:
    """Return the client of an account that anything may happen to."""
    runner.use("ada")
    email = f"{uuid.uuid4().hex}@example.com"
    assert runner.client.auth.register(email, "New", PASSWORD).email == email
    runner.do_auth_sign_in(email, PASSWORD)
    return runner.client


def test_an_account_from_its_first_to_its_last_day(runner: Runner) -> None:
    client = newcomer(runner)
    assert client.auth.me().role == "member"
    assert client.auth.refresh().access_token
    assert client.auth.ticket().expires_in == 30
    made = client.keys.create("laptop", ["read"], expires_in_days=2)
    assert [one.id for one in client.keys.list()] == [made.key.id]
    assert client.keys.revoke(made.key.id).message
    assert client.keys.revoke_all().revoked == 0
    (session,) = client.auth.sessions.list()
    assert session.is_current
    with pytest.raises(errors.NotFoundError):
        client.auth.sessions.end("ses-none")
    with pytest.raises(errors.ForbiddenError):
        client.audit.list(event="signed_in", user_id=1, since=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(errors.InternalError):
        client.auth.authorize("http://127.0.0.1/back")
    with pytest.raises(errors.UnauthorizedError):
        client.auth.exchange("no-such-code")
    assert client.auth.change_password(PASSWORD, PASSWORD + "!").api_keys == 0
    with pytest.raises(errors.SessionLostError):
        client.auth.me()


def test_ending_every_session_ends_this_one(runner: Runner) -> None:
    client = newcomer(runner)
    client.auth.sessions.end_all()
    with pytest.raises(errors.SessionLostError):
        client.auth.refresh()


def test_a_client_with_a_key_has_no_tokens_to_renew(runner: Runner) -> None:
    runner.use("key:read")
    with pytest.raises(errors.SessionLostError):
        runner.client.auth.refresh()


def test_a_workload_and_its_questions(runner: Runner) -> None:
    runner.use("key:all")
    client = runner.client
    assert client.health.check().status == "healthy"
    assert client.health.dependencies().overall_status == "healthy"
    assert client.config().features.websocket_enabled
    workload = client.workloads.create("tour")
    client.workloads.add_events(workload.id, calls(20))
    assert workload.id in [one.id for one in client.workloads.list(limit=50)]
    assert client.workloads.list(limit=1).has_more
    answer = client.ask("20 % cheaper", workload_id=workload.id, parameters={"priority": "cost"})
    assert "20 calls" in answer.advice.report
    (line,) = client.agent.history(workload_id=workload.id, status="completed", q="% CHEAPER")
    assert (line.run_id, line.message) == (answer.run.id, "20 % cheaper")
    later = datetime(2100, 1, 1, tzinfo=UTC)
    assert client.agent.history(workload_id=workload.id, since=later, until="2101-01-01T00:00:00Z").total == 0
    shown = list(client.workloads.list_events(workload.id, model=["gpt-4o", "none"], sort="-usd", limit=8))
    assert len(shown) == 20
    assert shown[0].usd >= shown[-1].usd > 0
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 (taken for UTC)
    one = client.workloads.list_events(workload.id, ids=["c-3"], since=naive, feature="")
    assert [each.event.id for each in one.items] == ["c-3"]
    assert client.workloads.intake(workload.id).emitters == []
    thread = client.threads.rename(answer.thread_id, "Tour")
    assert (thread.title, client.threads.get(thread.id).message_count) == ("Tour", 2)
    run = client.agent.attach(answer.run.id)
    assert run.status().status == run.cancel().status == "completed"
    pieces = list(run.text())
    assert pieces[-1].text == answer.advice.report
    assert client.with_options(timeout=30).config().version == "2.0.0"
    client.threads.delete(thread.id)
    client.threads.delete(thread.id, missing_ok=True)
    with pytest.raises(errors.NotFoundError):
        client.threads.delete(thread.id)
    with pytest.raises(errors.ValidationFailedError):
        client.workloads.explain(workload.id, before="never")


def test_a_response_shows_its_status_headers_and_unknown_fields(rig: Rig) -> None:
    from netra_sdk import Netra

    with Netra(rig.facts["keys"]["all"], base_url=rig.facts["base_url"], headers={"x-mine": "1"}) as client:
        rig.faults({"match": "GET /api/workloads/*", "do": "rewrite", "set": {"news": 1}})
        response = client.workloads.with_response.get(rig.facts["workload_id"])
        assert (response.status, response.raw["news"]) == (200, 1)
        assert response.request_id == rig.log()[0]["headers"]["x-request-id"]
        assert rig.log()[0]["headers"]["x-mine"] == "1"


def test_a_stream_that_is_closed_in_another_thread_says_where_it_stood(rig: Rig) -> None:
    import threading

    from netra_sdk import Netra

    with Netra(rig.facts["keys"]["all"], base_url=rig.facts["base_url"]) as client:
        rig.faults({"match": "GET /api/agent/stream/*", "do": "stall", "events": 1, "s": 20, "times": 9})
        run = client.agent.execute("20 % cheaper", workload_id=rig.facts["workload_id"])
        stream = run.events()
        assert next(stream).seq == 1
        timer = threading.Timer(0.2, stream.close)
        timer.start()
        with pytest.raises(errors.StreamBrokenError) as caught:
            next(stream)
        timer.join()
        assert caught.value.last_seq == 1
