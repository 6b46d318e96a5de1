"""Brings the cells of a log to the form that a program writes, and says how they were read.

What a cell means may follow from the others of its column: learn from a block first, then clean it.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from netra.adapters.files.instants import Instants, Order
from netra.adapters.files.numbers import Style, currency_in, plain_number, style_in
from netra.domain.workloads.columns import FLOATS, INTEGERS

Columns = Mapping[str, Sequence[str]]  # cells by the field of `Event`; "" without a cell

COUNTS: Final = ("input_tokens", "output_tokens", *INTEGERS, "prefix_block_tokens")


class CellReader(Protocol):
    """Reads the cells of one file."""

    def learn(self, columns: Columns) -> None:
        """Learn from the cells of a block how those of the file are written."""
        ...

    def plain(self, columns: Columns) -> Columns:
        """Return the cells in plain form; one that cannot be read stays as it is."""
        ...


class Cells:
    """How the cells of one file are written."""

    def __init__(
        self,
        *,
        path: str,
        delimiter: str = ",",
        in_seconds: frozenset[str] = frozenset(),
        order: Order | None = None,
    ) -> None:
        self._path = path
        self._default: Style = "comma" if delimiter == ";" else "point"
        self.in_seconds = in_seconds  # fields whose cells are seconds
        self._instants = Instants(order=order)
        self._styles: dict[str, Style] = {}
        self._shown: dict[str, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how cells were read, one sentence each."""
        numbers = (f"Numbers such as {cell!r} were read as {number}." for cell, number in self._shown.items())
        return (*self._instants.notes, *numbers)

    def learn(self, columns: Columns) -> None:
        """Learn the style of numbers and of instants. Raises `UnreadableFile` for ambiguous dates."""
        for field in (*COUNTS, *FLOATS):
            if field in columns and field not in self._styles:
                style = style_in(dict.fromkeys(columns[field]), are_counts=field in COUNTS)
                if style is not None:
                    self._styles[field] = style
        if "timestamp" in columns:
            self._instants.learn(columns["timestamp"], path=self._path)

    def plain(self, columns: Columns) -> Columns:
        """Return the cells in plain form; one that cannot be read stays as it is."""
        cleaned = {field: self._plain(field, cells) for field, cells in columns.items()}
        if "cost" in columns and "currency" not in columns:
            currencies = [currency_in(cell) or "" for cell in columns["cost"]]
            if any(currencies):
                cleaned["currency"] = currencies
        return cleaned

    def _plain(self, field: str, cells: Sequence[str]) -> Sequence[str]:
        if field == "timestamp":
            return [self._instants.plain(cell) for cell in cells]
        if field in COUNTS or field in FLOATS:
            return list(self._numbers(field, cells))
        return cells

    def _numbers(self, field: str, cells: Sequence[str]) -> Iterator[str]:
        style = self._styles.get(field) or self._usual
        for cell in cells:
            number = plain_number(cell, style=style, is_count=field in COUNTS)
            if number != cell and style not in self._shown.values() and len(self._shown) < 2:
                self._shown.setdefault(cell, number)
            yield _times_1000(number) if field in self.in_seconds else number

    @property
    def _usual(self) -> Style:
        """The style of the file's other columns, else that of its delimiter."""
        found = set(self._styles.values())
        return found.pop() if len(found) == 1 else self._default


def _times_1000(number: str) -> str:
    try:
        return format(Decimal(number) * 1000, "f")
    except InvalidOperation:
        return number
