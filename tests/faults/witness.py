"""A witness inside PostgreSQL: triggers that note who wrote what to a run, in the order of commit locks.

Every process connects under a name of its own (`PGAPPNAME`), so what the database took can be held
against who held the claim, without believing what any process says of itself.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from tests.faults.history import Heard, History, Sighting, Written

_TABLE: Final = """
CREATE TABLE witness (
    number bigserial PRIMARY KEY, run bigint NOT NULL, writer text NOT NULL,
    kind text NOT NULL, fence integer, state text
)
"""
_ON_RUNS: Final = """
CREATE FUNCTION witness_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fence > OLD.fence THEN
        INSERT INTO witness (run, writer, kind, fence, state)
        VALUES (NEW.number, current_setting('application_name'), 'claim', NEW.fence, NEW.state);
    ELSIF NEW.state <> OLD.state THEN
        INSERT INTO witness (run, writer, kind, fence, state)
        VALUES (NEW.number, current_setting('application_name'), 'move', NEW.fence, NEW.state);
    END IF;
    RETURN NULL;
END $$
"""
_ON_EVENTS: Final = """
CREATE FUNCTION witness_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO witness (run, writer, kind, state)
    VALUES (NEW.run, current_setting('application_name'), 'event', NEW.kind);
    RETURN NULL;
END $$
"""
_SET_UP: Final = (
    _TABLE,
    _ON_RUNS,
    _ON_EVENTS,
    "CREATE TRIGGER witness AFTER UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION witness_run()",
    "CREATE TRIGGER witness AFTER INSERT ON run_events FOR EACH ROW EXECUTE FUNCTION witness_event()",
)
_NOTES: Final = """
SELECT runs.id, witness.writer, witness.kind, witness.fence, witness.state
FROM witness JOIN runs ON runs.number = witness.run ORDER BY witness.number
"""
_EVENTS: Final = """
SELECT runs.id, run_events.seq, run_events.kind, run_events.data, run_events.at
FROM run_events JOIN runs ON runs.number = run_events.run ORDER BY runs.number, run_events.seq
"""


def stand_by(url: str) -> None:
    """Begin to watch a database whose tables are there."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _SET_UP:
            connection.execute(statement.encode())


def testify(url: str, history: History) -> None:
    """Add to `history` what the database holds and what the witness saw."""
    with psycopg.connect(url) as connection:
        for run_id, state, result in connection.execute("SELECT id, state, result FROM runs"):
            answer = canonical(json.loads(bytes(result or b"null")))
            history.final[run_id] = Sighting(run_id=run_id, status=state, answer=answer)
        stored: dict[str, list[Heard]] = defaultdict(list)
        for run_id, seq, kind, data, at in connection.execute(_EVENTS.encode()):
            instant = f"{datetime.fromtimestamp(at // 1_000_000, UTC):%FT%TZ}".encode()
            told = b'{"seq":%d,"emitted_at":"%b",' % (seq, instant) + bytes(data)[1:]  # as readers receive it
            is_last = kind == "agent_result"
            stored[run_id].append(Heard(reader="", run_id=run_id, seq=seq, is_last=is_last, data=told))
        history.stored.update(stored)
        history.written.extend(_writes(connection.execute(_NOTES.encode()).fetchall()))


def canonical(answer: Any) -> bytes:
    """Return an answer as bytes that are equal when it is."""
    return json.dumps(answer, sort_keys=True).encode()


def _writes(notes: list[tuple[str, str, str, int | None, str]]) -> Iterator[Written]:
    """Yield each worker's write with the fence its writer held.

    A cancel and a reaper may end a run, and hand it back, without a claim: those moves are nobody's
    write. An event between two moves is its holder's alone.
    """
    held: dict[tuple[str, str], int] = {}  # the last claim of a writer on a run
    for run_id, writer, kind, fence, state in notes:
        if kind == "claim" and fence is not None:
            held[run_id, writer] = fence
            yield Written(run_id=run_id, fence=fence, kind="claim")
        elif kind == "move" and state == "completed":
            yield Written(run_id=run_id, fence=held.get((run_id, writer), 0), kind="finish")
        elif kind == "event" and state == "agent_update" and (run_id, writer) in held:
            yield Written(run_id=run_id, fence=held[run_id, writer], kind="record")
