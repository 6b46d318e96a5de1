"""Transactions as scripts: generators that yield statements and are sent rows, and touch no driver.

A script says what one transaction does, once, for every engine; a `Database` plays it: over
`sqlite3` in a thread, over another driver by awaiting. Statements are SQLAlchemy Core, compiled
once for each dialect and then run on the driver as text.
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

Row: TypeAlias = tuple[Any, ...]  # Any: a column's type is known to the statement's author alone
Rows: TypeAlias = Sequence[Row]

T = TypeVar("T")

ONE: Final[ColumnElement[Any]] = literal_column("1")


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as text, and how its parameters are put in the order of the text."""

    text: str
    arranged: Callable[[Mapping[str, Any]], Row]
    is_awaited: bool  # whether anything depends on its rows


class Query:
    """A statement that is compiled once for each dialect; `sets` names what an insert or update fills.

    What returns rows is awaited unless `is_awaited` says that nobody reads them. A text in a condition
    that no store can hold is put as NULL, which nothing is equal to: nobody has what cannot be kept.
    """

    def __init__(
        self, statement: ClauseElement, *, sets: Sequence[str] | None = None, is_awaited: bool = True
    ) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._is_awaited = is_awaited and _returns_rows(statement)
        self._sets = sets
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        """Return the statement for `dialect`, whose parameters must be positional."""
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
    """One statement with its parameters; with `many`, once for each of these rows of the insert."""

    query: Query
    values: Mapping[str, Any]
    many: Iterable[Row] | None = None
    is_last: bool = False  # nothing follows, so that the commit may go along


class Outcome(msgspec.Struct, frozen=True):
    """What became of one of several that were played together."""

    value: Any = None  # Any: each one's own result, which its caller's signature says
    error: BaseException | None = None


Script: TypeAlias = Generator[Step, Rows, T]
Recipe: TypeAlias = Callable[[], Script[T]]  # makes the script anew, for a transaction that is tried again


class Database(Protocol):
    """Plays scripts; each call is one transaction, tried again when it is certain that nothing came of it."""

    async def read(self, recipe: Recipe[T]) -> T:
        """Play a script of few small reads; each statement sees the moment it runs."""
        ...

    async def view(self, recipe: Recipe[T]) -> T:
        """Play a script that reads a page or so: off the event loop, all of it at one moment."""
        ...

    async def scan(self, recipe: Recipe[T]) -> T:
        """Play a script that reads without a bound: as `view`, but only a few do at a time.

        Raises `Unavailable` when its turn does not come in time.
        """
        ...

    async def write(self, recipe: Recipe[T]) -> T:
        """Play a script that writes, alone among writers; return once it is durable.

        When the script raises, nothing of it is kept. Raises `Unavailable` when the engine cannot
        take it, `Conflict` when it breaks a unique key.
        """
        ...

    async def write_together(self, recipe: Recipe[T]) -> T:
        """Play a script that writes, in one commit with others that come at the same time.

        It awaits nothing before its last step. What it raises, and what the engine has against it,
        is its own: the others are kept. Raises as `write` does.
        """
        ...


def ask(query: Query, **values: object) -> Step:
    """Return the step that runs `query`."""
    return Step(query, values)


def ask_last(query: Query, **values: object) -> Step:
    """Return the step that ends the transaction; what the script raises afterwards undoes nothing."""
    return Step(query, values, is_last=True)


def param(name: str) -> BindParameter[Any]:
    """Return a parameter of a statement; what type it has, its column says."""
    return bindparam(name)


def insert_all(query: Query, rows: Iterable[Row]) -> Step:
    """Return the step that inserts `rows`, each in the order of the insert's columns."""
    return Step(query, {}, rows)


def inserting(table: Table, *, without: Sequence[str] = ()) -> Query:
    """Return the insert of one row with all columns but `without`."""
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
    arranged: Callable[[Mapping[str, Any]], Row], names: tuple[str, ...], *, sought: Collection[str]
) -> Callable[[Mapping[str, Any]], Row]:
    """Return `arranged` with NULL for each text sought that no store can hold."""
    places = [place for place, name in enumerate(names) if name in sought]
    if not places:
        return arranged

    def checked(values: Mapping[str, Any]) -> Row:
        row = list(arranged(values))
        for place in places:
            if isinstance(row[place], str) and not can_be_kept(row[place]):
                row[place] = None
        return tuple(row)

    return checked


def _arranged(names: tuple[str, ...], constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Row]:
    if constants:  # numbers written in the statement itself
        return lambda values: tuple(values[name] if name in values else constants[name] for name in names)
    if len(names) < 2:
        return lambda values: tuple(values[name] for name in names)
    several: itemgetter[Any] = itemgetter(*names)
    return several
