"""Converts runs, events and messages to and from rows; statements shared by several scripts."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Label, case, null, update

from netra.adapters.sql.instants import instant, instant_or_none, micros, micros_or_none
from netra.adapters.sql.schema import IS_RUNNING, messages, run_events, runs, threads
from netra.adapters.sql.transactions import Query, Row, Script, Step, ask, insert_all, inserting, param
from netra.domain.ids import RunId, UserId
from netra.domain.runs.events import EventKind, RunEvent
from netra.domain.runs.model import Headline, Run, RunFailure, RunState
from netra.domain.threads.model import Message

RUN_COLUMNS: Final[Sequence[Column[Any]]] = (
    runs.c.id,
    runs.c.owner_id,
    runs.c.thread_id,
    runs.c.message,
    runs.c.workload_id,
    runs.c.parameters,
    runs.c.client_ref,
    runs.c.state,
    runs.c.is_cancel_requested,
    runs.c.progress,
    runs.c.attempts,
    runs.c.last_seq,
    runs.c.created_at,
    runs.c.started_at,
    runs.c.completed_at,
    runs.c.failure_code,
    runs.c.failure_message,
    runs.c.outages,
    runs.c.headline,
    runs.c.result,
)
WITHOUT_RESULT: Final[Sequence[Column[Any] | Label[None]]] = (*RUN_COLUMNS[:-1], null().label("result"))
STATES: Final = {state.value: state for state in RunState}
KINDS: Final = {kind.value: kind for kind in EventKind}
NO_PARAMETERS: Final = b"{}"

ENDED: Final = (
    "state",
    "completed_at",
    "headline",
    "result",
    "failure_code",
    "failure_message",
    "lease_until",
)
HOLDS: Final = (runs.c.id == param("run_id"), runs.c.fence == param("held_fence"), IS_RUNNING)
CHANGED: Final = (
    "state",
    "is_cancel_requested",
    "progress",
    "attempts",
    "outages",
    "last_seq",
    "started_at",
    "completed_at",
    "headline",
    "result",
    "failure_code",
    "failure_message",
    "lease_until",
)
COUNTED: Final = (
    update(threads)
    .where(threads.c.owner_id == param("whose"), threads.c.id == param("thread_id"))
    .values(
        message_count=threads.c.message_count + 1,
        updated_at=case(
            (threads.c.updated_at < param("said_at"), param("said_at")), else_=threads.c.updated_at
        ),
    )
)

_HEADLINE: Final = msgspec.json.Decoder(Headline)
_INSERT_EVENTS: Final = inserting(run_events)
_INSERT_MESSAGE: Final = inserting(messages, without=["number"])
_COUNT_MESSAGE: Final = Query(COUNTED)


def run_of(row: Row) -> Run:
    """Return the run in a row of `RUN_COLUMNS`."""
    parameters, failure_code, headline, result = row[5], row[15], row[18], row[19]
    return Run(
        id=row[0],
        owner_id=row[1],
        thread_id=row[2],
        message=row[3],
        workload_id=row[4],
        parameters={} if parameters == NO_PARAMETERS else msgspec.json.decode(parameters),
        client_ref=row[6],
        state=STATES[row[7]],
        is_cancel_requested=row[8] == 1,
        progress=row[9],
        attempts=row[10],
        outages=row[17],
        last_seq=row[11],
        created_at=instant(row[12]),
        started_at=instant_or_none(row[13]),
        completed_at=instant_or_none(row[14]),
        headline=None if headline is None else _HEADLINE.decode(headline),
        result=None if result is None else msgspec.Raw(result),
        failure=None if failure_code is None else RunFailure(code=failure_code, message=row[16]),
    )


def changed(run: Run, *, lease_until: int | None) -> dict[str, object]:
    """Return the values of `CHANGED`."""
    return {
        "state": run.state.value,
        "is_cancel_requested": int(run.is_cancel_requested),
        "progress": run.progress,
        "attempts": run.attempts,
        "outages": run.outages,
        "last_seq": run.last_seq,
        "started_at": micros_or_none(run.started_at),
        "completed_at": micros_or_none(run.completed_at),
        "headline": None if run.headline is None else msgspec.json.encode(run.headline),
        "result": None if run.result is None else bytes(run.result),
        "failure_code": None if run.failure is None else run.failure.code,
        "failure_message": None if run.failure is None else run.failure.message,
        "lease_until": lease_until,
    }


def ended(run: Run) -> dict[str, object]:
    """Return the values of `ENDED`."""
    values = changed(run, lease_until=None)
    return {name: values[name] for name in ENDED}


def event_of(run_id: RunId, row: Row) -> RunEvent:
    """Return the event in a row of seq, kind, at and data."""
    seq, kind, at, data = row
    return RunEvent(run_id=run_id, seq=seq, kind=KINDS[kind], at=instant(at), data=data)


def adding_events(number: int, events: Sequence[RunEvent]) -> Script[None]:
    """Store events of the run whose row has `number`."""
    rows = [(number, event.seq, event.kind.value, micros(event.at), event.data) for event in events]
    if rows:
        yield insert_all(_INSERT_EVENTS, rows)


def adding_message(message: Message, *, owner_id: UserId) -> Script[None]:
    """Store a message and count it in its thread."""
    yield inserting_message(message, owner_id=owner_id)
    at_us = micros(message.created_at)
    yield ask(_COUNT_MESSAGE, whose=owner_id, thread_id=message.thread_id, said_at=at_us)


def inserting_message(message: Message, *, owner_id: UserId) -> Step:
    """Return the step that stores a message without updating its thread."""
    return ask(
        _INSERT_MESSAGE,
        owner_id=owner_id,
        thread_id=message.thread_id,
        id=message.id,
        role=message.role.value,
        content=message.content,
        created_at=micros(message.created_at),
        run_id=message.run_id,
    )
