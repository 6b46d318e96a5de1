"""Stores conversations in tables."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from netra.adapters.sql.instants import instant
from netra.adapters.sql.locks import locking_runs_of
from netra.adapters.sql.paging import PageQueries, owned, paged
from netra.adapters.sql.runs.run_rows import RUN_COLUMNS, run_of
from netra.adapters.sql.schema import IS_LIVE, messages, run_events, runs, threads
from netra.adapters.sql.transactions import Database, Query, Row, Script, ask, param
from netra.domain.errors import NotFound
from netra.domain.ids import ThreadId, UserId
from netra.domain.paging import Page, PageRequest, Position
from netra.domain.runs.events import RunEvent
from netra.domain.runs.transitions import removed
from netra.domain.threads.model import Message, MessageRole, Thread
from netra.ports.clock import Clock

_OWN = (threads.c.owner_id == param("owner_id"), threads.c.id == param("thread_id"))

_GET = Query(select(*threads.c).where(*_OWN))
_PAGES = PageQueries(owned(threads), table=threads)
_DELETE_EVENTS = Query(
    delete(run_events).where(
        run_events.c.run.in_(
            select(runs.c.number).where(
                runs.c.owner_id == param("owner_id"), runs.c.thread_id == param("thread_id")
            )
        )
    )
)
_DELETE = Query(delete(threads).where(*_OWN).returning(threads.c.id))
_RENAME = Query(update(threads).where(*_OWN).values(title=param("text")).returning(*threads.c))
_MESSAGES = Query(
    select(
        messages.c.id,
        messages.c.thread_id,
        messages.c.role,
        messages.c.content,
        messages.c.created_at,
        messages.c.run_id,
    )
    .where(messages.c.owner_id == param("owner_id"), messages.c.thread_id == param("thread_id"))
    .order_by(messages.c.created_at, messages.c.number)
)
_LIVE_RUNS = Query(
    select(*RUN_COLUMNS)
    .where(runs.c.owner_id == param("owner_id"), runs.c.thread_id == param("thread_id"), IS_LIVE)
    .order_by(runs.c.number)
    .with_for_update()
)


class SqlThreadStore:
    """`ThreadStore` over a relational database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, thread_id: ThreadId, *, owner_id: UserId) -> Thread:
        """Return the thread."""
        return await self._database.read(lambda: _getting(thread_id, owner_id))

    async def page(self, *, owner_id: UserId, request: PageRequest) -> Page[Thread]:
        """Return threads, newest first."""
        asked = {"owner_id": owner_id}
        return await self._database.view(
            lambda: paged(_PAGES, request, asked, made=_thread, position=_position)
        )

    async def rename(self, thread_id: ThreadId, *, owner_id: UserId, title: str) -> Thread:
        """Set the title."""
        return await self._database.write(lambda: _renaming(thread_id, owner_id, title=title))

    async def messages(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[Message]:
        """Return all messages, oldest first."""
        return await self._database.view(lambda: _reading(thread_id, owner_id))

    async def delete(self, thread_id: ThreadId, *, owner_id: UserId) -> Sequence[RunEvent]:
        """Delete the thread and its contents; return the terminal events of its live runs."""
        return await self._database.write(lambda: _deleting(thread_id, owner_id, clock=self._clock))


def _getting(thread_id: ThreadId, owner_id: UserId) -> Script[Thread]:
    rows = yield ask(_GET, owner_id=owner_id, thread_id=thread_id)
    if not rows:
        raise NotFound("thread", thread_id)
    return _thread(rows[0])


def _renaming(thread_id: ThreadId, owner_id: UserId, *, title: str) -> Script[Thread]:
    rows = yield ask(_RENAME, owner_id=owner_id, thread_id=thread_id, text=title)
    if not rows:
        raise NotFound("thread", thread_id)
    return _thread(rows[0])


def _reading(thread_id: ThreadId, owner_id: UserId) -> Script[Sequence[Message]]:
    rows = yield ask(_MESSAGES, owner_id=owner_id, thread_id=thread_id)
    return tuple(_message(row) for row in rows)


def _deleting(thread_id: ThreadId, owner_id: UserId, *, clock: Clock) -> Script[Sequence[RunEvent]]:
    # The lock keeps new runs out. Existing runs are locked before the thread, the order in which runs end.
    yield locking_runs_of(owner_id)
    now = clock.now()
    live = yield ask(_LIVE_RUNS, owner_id=owner_id, thread_id=thread_id)
    ended = [event for row in live for event in removed(run_of(row), at=now)]
    yield ask(_DELETE_EVENTS, owner_id=owner_id, thread_id=thread_id)  # the locked runs get no more events
    if not (yield ask(_DELETE, owner_id=owner_id, thread_id=thread_id)):
        raise NotFound("thread", thread_id)
    return tuple(ended)


def _thread(row: Row) -> Thread:
    owner_id, thread_id, title, created_at, updated_at, message_count = row
    return Thread(
        id=thread_id,
        owner_id=owner_id,
        title=title,
        created_at=instant(created_at),
        updated_at=instant(updated_at),
        message_count=message_count,
    )


def _position(thread: Thread) -> Position:
    return Position(at=thread.created_at, id=thread.id)


def _message(row: Row) -> Message:
    message_id, thread_id, role, content, created_at, run_id = row
    return Message(
        id=message_id,
        thread_id=thread_id,
        role=MessageRole(role),
        content=content,
        created_at=instant(created_at),
        run_id=run_id,
    )
