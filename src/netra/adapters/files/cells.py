"""Brings the cells of a log to the form that a program writes, and says how they were read.

What a cell means may follow from the others of its column: learn from a block first, then clean it.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final

from netra.adapters.files.instants import Instants, Order
from netra.adapters.files.numbers import Style, currency_in, plain_number, style_in
from netra.domain.workloads.columns import FLOATS, INTEGERS

Columns = Mapping[str, Sequence[str]]  # cells by the field of `Event`; "" without a cell

COUNTS: Final = ("input_tokens", "output_tokens", *INTEGERS, "prefix_block_tokens")


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
        self._shown: dict[Style, tuple[str, str]] = {}  # an example of each style

    @property
    def notes(self) -> tuple[str, ...]:
        """Return how cells were read, one sentence each."""
        numbers = (
            f"Numbers such as {cell!r} were read as {number}." for cell, number in self._shown.values()
        )
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
        """Return a column in plain form; each distinct cell is read once."""
        if field == "timestamp":
            read: Callable[[str], str] = self._instants.plain
        elif field in COUNTS or field in FLOATS:
            style = self._styles.get(field) or self._usual
            read = partial(self._number, style=style, is_count=field in COUNTS, field=field)
        else:
            return cells
        known = {cell: read(cell) for cell in dict.fromkeys(cells)}
        return [known[cell] for cell in cells]

    def _number(self, cell: str, *, style: Style, is_count: bool, field: str) -> str:
        number = plain_number(cell, style=style, is_count=is_count)
        if number != cell:
            self._shown.setdefault(style, (cell, number))
        return _times_1000(number) if field in self.in_seconds else number

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
