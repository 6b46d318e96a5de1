"""Transactions as scripts: generators that yield statements and receive rows, without a driver.

A script defines one transaction for every engine. A `Database` runs it: over `sqlite3` in a thread, over
another driver by awaiting. Statements are SQLAlchemy Core, compiled once per dialect and then run on the
driver as text.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import msgspec
from sqlalchemy import BindParameter, Delete, Insert, Integer, LargeBinary, Update, bindparam, literal_column
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.schema import Table

from netra.domain.texts import can_be_kept

Row: TypeAlias = tuple[Any, ...]  # Any: only the statement's author knows the columns' types
Rows: TypeAlias = Sequence[Row]

Values: TypeAlias = Mapping[str, Any]  # Any: as in `Row`; the parameters of a statement

T = TypeVar("T")

ONE: Final[ColumnElement[int]] = literal_column("1")


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as text, with a function that orders its parameters."""

    text: str
    arranged: Callable[[Values], Row]
    is_awaited: bool  # whether the script reads its rows


class Query:
    """A statement, compiled once per dialect; `sets` names the columns that an insert or update fills.

    A statement that returns rows is awaited unless `is_awaited` is False. In a condition, a text that no
    store can hold is replaced by NULL, which equals nothing: such a value cannot be stored.
    """

    def __init__(
        self, statement: ClauseElement, *, sets: Sequence[str] | None = None, is_awaited: bool = True
    ) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._is_awaited = is_awaited and _returns_rows(statement)
        self._sets = sets
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        """Return the statement compiled for `dialect`, which must use positional parameters."""
        found = self._compiled.get(dialect.name)
        if found is None:
            made = self._statement.compile(dialect=dialect, column_keys=self._sets)
            names = tuple(getattr(made, "positiontup", None) or ())
            constants = {name: value for name, value in (made.params or {}).items() if value is not None}
            arranged = _kept_only(_arranged(names, constants), names, sought=_sought(self._statement))
            found = Compiled(text=str(made), arranged=arranged, is_awaited=self._is_awaited)
            self._compiled[dialect.name] = found
        return found


class Step(msgspec.Struct, frozen=True, gc=False):
    """One statement with its parameters; with `many`, an insert that runs once for each of these rows."""

    query: Query
    values: Values
    many: Iterable[Row] | None = None
    is_last: bool = False  # the last step, sent together with the commit


class Outcome(msgspec.Struct, frozen=True):
    """The result of one of several scripts that ran together."""

    value: Any = None  # Any: each script's own result type, given by its caller's signature
    error: BaseException | None = None


Script: TypeAlias = Generator[Step, Rows, T]
Recipe: TypeAlias = Callable[[], Script[T]]  # creates the script anew for a retry


class Database(Protocol):
    """Runs scripts, one transaction per call; retries one only when it certainly had no effect."""

    async def read(self, recipe: Recipe[T]) -> T:
        """Run a script of a few small reads; each statement has its own snapshot."""
        ...

    async def view(self, recipe: Recipe[T]) -> T:
        """Run a script that reads about one page, off the event loop, from one snapshot."""
        ...

    async def scan(self, recipe: Recipe[T]) -> T:
        """Run a script that reads without bound: like `view`, but with limited concurrency.

        Raises `Unavailable` when no slot becomes free in time.
        """
        ...

    async def write(self, recipe: Recipe[T]) -> T:
        """Run a script that writes; return once it is committed.

        When the script raises, its changes are rolled back. Raises `Unavailable` when the engine fails,
        `Conflict` when a unique key is violated.
        """
        ...

    async def write_together(self, recipe: Recipe[T]) -> T:
        """Run a script that writes, sharing one commit with concurrent calls.

        The script awaits no rows before its last step. Its errors, its own or the engine's, do not affect the
        other scripts. Raises as `write` does.
        """
        ...


def ask(query: Query, **values: object) -> Step:
    """Return the step that runs `query`."""
    return Step(query, values)


def ask_last(query: Query, **values: object) -> Step:
    """Return the step that ends the transaction; an exception after it undoes nothing."""
    return Step(query, values, is_last=True)


def param(name: str) -> BindParameter[Any]:
    """Return a parameter of a statement; its type comes from its column."""
    return bindparam(name)


def insert_all(query: Query, rows: Iterable[Row]) -> Step:
    """Return the step that inserts `rows`, with values in the order of the insert's columns."""
    return Step(query, {}, rows)


def inserting(table: Table, *, without: Sequence[str] = ()) -> Query:
    """Return the insert of one row with all columns except `without`."""
    return Query(table.insert(), sets=[name for name in table.c.keys() if name not in without])  # noqa: SIM118 (not a dict)


def _returns_rows(statement: ClauseElement) -> bool:
    return not isinstance(statement, UpdateBase) or bool(statement.exported_columns)


def _sought(statement: ClauseElement) -> frozenset[str]:
    """Return the names of parameters in the statement's conditions that may be texts."""
    where: ClauseElement | None = statement
    if isinstance(statement, UpdateBase):
        where = statement.whereclause if isinstance(statement, Update | Delete) else None
    elements = () if where is None else visitors.iterate(where)
    found: list[BindParameter[Any]] = [one for one in elements if isinstance(one, BindParameter)]
    return frozenset(one.key for one in found if not isinstance(one.type, Integer | LargeBinary))


def _kept_only(
    arranged: Callable[[Values], Row], names: tuple[str, ...], *, sought: Collection[str]
) -> Callable[[Values], Row]:
    """Return `arranged` with NULL in place of each condition's text that no store can hold."""
    places = [place for place, name in enumerate(names) if name in sought]
    if not places:
        return arranged

    def checked(values: Values) -> Row:
        row = list(arranged(values))
        for place in places:
            if isinstance(row[place], str) and not can_be_kept(row[place]):
                row[place] = None
        return tuple(row)

    return checked


def _arranged(names: tuple[str, ...], constants: Values) -> Callable[[Values], Row]:
    if constants:  # constants inlined in the statement
        return lambda values: tuple(values[name] if name in values else constants[name] for name in names)
    if len(names) < 2:
        return lambda values: tuple(values[name] for name in names)
    several: itemgetter[Any] = itemgetter(*names)
    return several
