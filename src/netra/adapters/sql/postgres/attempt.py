"""One attempt at a transaction on a connection: which statements share a batch, and the cleanup after it."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from psycopg import Error
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect

from netra.adapters.resilience.deadline import Deadline
from netra.adapters.sql.postgres.pipeline import Connection, Wire
from netra.adapters.sql.transactions import Outcome, Rows, Script, Step
from netra.domain.errors import NetraError

LONG_S: Final = 30.0  # seconds allowed for scans, and for writes of many rows
MANY_ROWS: Final = 100
DIALECT: Final = postgresql_dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy

T = TypeVar("T")


class Attempt:
    """One attempt at one transaction."""

    def __init__(self, connection: Connection, wire: Wire, deadline: Deadline) -> None:
        self.connection = connection
        self.wire = wire
        self.deadline = deadline
        self.has_played = False  # whether any statement was queued
        self.is_writing = False  # whether all statements form one transaction
        self.is_committing = False
        self._has_begun = False

    async def play(self, script: Script[T]) -> T:
        """Run the script and return its result; its last statements may not be sent yet."""
        try:
            step = next(script)
            while True:
                step = script.send(await self._rows(step))
        except StopIteration as end:
            returned: T = end.value
            return returned
        finally:
            script.close()

    async def play_together(self, scripts: Sequence[Script[object]]) -> Sequence[Outcome]:
        """Run scripts that await no rows before their last step, in one batch and one commit."""
        played: list[tuple[Script[object], list[Rows]]] = []
        for script in scripts:
            answers: list[Rows] = []
            for step in _steps(script):
                compiled = step.query.compiled(DIALECT)
                on_rows = answers.append if step.is_last else None
                self.wire.put(compiled.text, compiled.arranged(step.values), on_rows=on_rows)
            played.append((script, answers))
        await self.commit()
        return [_outcome(script, rows) for script, (rows,) in played]

    async def commit(self) -> None:
        """Commit the transaction."""
        # a commit not sent because the server hung up can be retried; a commit lost on the way cannot
        self.wire.check()
        self.is_committing = True
        if self._has_begun:
            self.wire.put("COMMIT")
        await self.wire.send()  # a single batch is a transaction by itself: no BEGIN or COMMIT

    async def undo(self, error: BaseException) -> None:
        """Leave the connection without a transaction; close it if that fails."""
        if isinstance(error, asyncio.CancelledError) or self.connection.broken:
            await self.connection.close()  # unread answers may still be on their way
            return
        self.wire.drop()
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                self.wire.put("ROLLBACK")
                await self.wire.send()
            except Error:
                await self.connection.close()

    async def _rows(self, step: Step) -> Rows:
        compiled = step.query.compiled(DIALECT)
        if step.many is not None:
            await self._put_many(compiled.text, step)
            return ()
        if not (compiled.is_awaited or step.is_last):
            self.wire.put(compiled.text, compiled.arranged(step.values))
            return ()
        answers: list[Rows] = []
        self.wire.put(compiled.text, compiled.arranged(step.values), on_rows=answers.append)
        await (self.commit() if step.is_last else self._send())
        return answers[0]

    async def _send(self) -> None:
        """Send the queued statements; more follow."""
        if self.is_writing and not self._has_begun:
            self._has_begun = True
            self.wire.put_first("BEGIN")
        await self.wire.send()

    async def _put_many(self, text: str, step: Step) -> None:
        rows = step.many if isinstance(step.many, list) else list(step.many or ())
        if len(rows) <= MANY_ROWS:
            for row in rows:
                self.wire.put(text, row)
            return
        self.deadline.postpone(LONG_S)
        await self._send()
        # the driver's cursor applies backpressure in both directions
        async with self.connection.cursor() as cursor:
            await cursor.executemany(text.encode(), rows)


def _steps(script: Script[object]) -> Iterator[Step]:
    """Yield the steps of a script up to the last, which has no answer yet."""
    step = next(script)
    while not step.is_last:
        yield step
        step = script.send(())
    yield step


def _outcome(script: Script[object], rows: Rows) -> Outcome:
    """Return the result of a script, given the rows of its last step."""
    try:
        script.send(rows)
    except StopIteration as end:
        return Outcome(end.value)
    except NetraError as error:
        return Outcome(error=error)
    raise TypeError("A script yielded a step after its last one.")
