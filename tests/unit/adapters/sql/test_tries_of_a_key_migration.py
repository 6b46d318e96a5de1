"""Keys that came before tries were told apart go on to count."""

from datetime import UTC, datetime

from tests.unit.adapters.sql.old_databases import at_revision, insert

from netra.adapters.sql.instants import micros
from netra.adapters.sql.migrations import migrate
from netra.adapters.sql.replays import SqlReplayBook
from netra.adapters.sql.sqlite.sqlite_database import SqliteDatabase

AT = datetime(2024, 1, 1, tzinfo=UTC)


async def test_answers_stay_and_requests_without_one_may_be_tried_again(tmp_path, clock):
    path = tmp_path / "a.sqlite3"
    connection = at_revision("0004", path)
    row = {"owner_id": 1, "fingerprint": "f", "began_at": micros(AT)}
    insert(connection, "replays", **row, key="answered", answer=b"a")
    insert(connection, "replays", **row, key="died", answer=None)
    migrate(connection)
    connection.close()
    database = SqliteDatabase(path)
    book = SqlReplayBook(database, clock=clock)
    clock.turn(1)
    assert (await book.begin(1, "answered", fingerprint="f")).answer == b"a"
    died = await book.begin(1, "died", fingerprint="f")
    assert (died.began_at, died.tried_at, died.answer) == (AT, clock.now(), None)
    database.close()
