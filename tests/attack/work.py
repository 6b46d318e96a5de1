"""Attacks on runs and workloads: memory, the queue, and the clock."""

import time
from datetime import UTC, datetime

import httpx
from tests.attack.outcome import attack, must
from tests.attack.target import Target, ended, lines_of, peak_mib, run_of, started

NDJSON = {"Content-Type": "application/x-ndjson"}
GROWTH_MIB_MAX = 800.0  # of a server and its children, for one attack; the attack took 3,300 to 4,600
ROW = {"model": "gpt-4o", "input_tokens": 1_000, "output_tokens": 100}
HASHES_A_ROW = 10_000  # as many as an event may have
FLOOD = 40  # runs of one user
AHEAD_MAX = 8  # of them, those that may end before the run of another user: slots and their successors
DAY_US = 86_400_000_000


def workload(client: httpx.Client) -> str:
    return str(client.post("/api/workloads", json={"name": "w"}).raise_for_status().json()["id"])


def sent(client: httpx.Client, workload_id: str, rows: list[dict[str, object]]) -> httpx.Response:
    return client.post(f"/api/workloads/{workload_id}/events", content=lines_of(rows), headers=NDJSON)


def advised(target: Target, client: httpx.Client, workload_id: str, message: str) -> str:
    """Let a server work on a run and return its end, with the memory that it took."""
    with target.also(slots=1) as server:
        (pid,) = server._who_writes()
        before = peak_mib(pid)
        run = ended(client, started(client, workload=workload_id, message=message))
        growth = peak_mib(pid) - before
    must(growth < GROWTH_MIB_MAX, f"the run took {growth:,.0f} MiB")
    return f"the run {run['status']}, with {growth:,.0f} MiB more than at rest"


@attack(4, "18 events spread from 1971 to 2187 and 'self host on H100'", is_quick=False)
def sparse_events(target: Target) -> str:
    client = target.sign_up()
    workload_id = workload(client)
    rows = [{**ROW, "id": f"e{n}", "timestamp": f"{1971 + 216 * n // 17}-03-01T00:00:00Z"} for n in range(18)]
    answer = sent(client, workload_id, rows)
    accepted = answer.json().get("accepted", answer.json().get("accepted_count", "?"))
    held = advised(target, client, workload_id, "Should I self host on H100?")
    return f"batch {answer.status_code} with {accepted} accepted; {held}"


@attack(5, "a batch of 3,000,000 prefix hashes")
def large_batch(target: Target) -> str:
    client = target.sign_up()
    answer = sent(client, workload(client), chained(300))
    must(400 <= answer.status_code < 500, f"it was answered {answer.status_code}")
    must(answer.json()["error"]["message"], "the refusal says nothing")
    return f"{answer.status_code}: {answer.json()['error']['message']}"


@attack(5, "batches of 1,900,000 prefix hashes until one is refused, then a run over them", is_quick=False)
def large_workload(target: Target) -> str:
    client = target.sign_up()
    workload_id = workload(client)
    codes = []
    for turn in range(8):
        answer = sent(client, workload_id, chained(190, turn=turn))
        codes.append(answer.status_code)
        if answer.status_code >= 400:
            break
    must(400 <= codes[-1] < 500, f"8 batches were answered {codes}")
    held = advised(target, client, workload_id, "Make it cheaper")
    return f"batch {len(codes)} was refused ({codes[-1]}: {answer.json()['error']['message']}); {held}"


def chained(count: int, *, turn: int = 0) -> list[dict[str, object]]:
    return [
        {
            **ROW,
            "id": f"t{turn}-{n}",
            "timestamp": "2024-03-01T00:00:00Z",
            "prefix_hashes": [7] * HASHES_A_ROW,
        }
        for n in range(count)
    ]


@attack(6, f"{FLOOD} runs of one user, then one of another", is_quick=False)
def flooded_queue(target: Target) -> str:
    crowd, other = target.sign_up(), target.sign_up()
    flood = [started(crowd) for _ in range(FLOOD)]
    late = started(other)
    with target.working():
        mine = ended(other, late)["completed_at"]
        ends = [ended(crowd, run_id)["completed_at"] for run_id in flood]
    ahead = sum(end < mine for end in ends)
    must(ahead <= AHEAD_MAX, f"{ahead} of the {FLOOD} runs ended before the other user's")
    return f"{ahead} of {FLOOD} ended before the other user's run (at most {AHEAD_MAX})"


@attack(
    16,
    "runs left running with a lease a day ahead, as after a clock set back: cancelled, and claimed",
    is_quick=False,
)
def lease_ahead(target: Target) -> str:
    client = target.sign_up()
    to_stop, to_end = started(client), started(client)
    lease_us = int(datetime.now(UTC).timestamp() * 1e6) + DAY_US
    for run_id in (to_stop, to_end):
        target.sql(
            "UPDATE runs SET state = 'running', attempts = 1, fence = 1, started_at = created_at,"
            " lease_until = ? WHERE id = ?",
            lease_us,
            run_id,
        )
    client.post(f"/api/agent/runs/{to_stop}/cancel").raise_for_status()
    found = run_of(client, to_stop)["status"]
    must(found == "cancelled", f"the cancelled run is {found}")
    began_s = time.monotonic()
    with target.working():
        run = ended(client, to_end)
    return f"one cancelled at once; the other {run['status']} after {time.monotonic() - began_s:.1f} s"
