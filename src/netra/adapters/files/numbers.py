"""Numbers as people and spreadsheets write them: thousands separators, decimal commas, currency signs.

The style of a column is learned from cells that can mean only one thing, and kept for the file.
"""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal

Style = Literal["point", "comma"]  # the decimal sign

LOOKED_AT: Final = 10_000  # cells with a sign that are looked at to learn a column's style
CURRENCIES: Final = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_MONEY: Final = re.compile(
    r"\s*(US\$|[$€£¥₹]|[A-Z]{3}(?=[\s\d]))?\s*(.*?)\s*([$€£¥₹]|(?<=[\s\d])[A-Z]{3})?\s*"
)
_SPACES: Final = re.compile(r"(?<=\d)[ '_\u00a0\u2009\u202f\u2019](?=\d{3}(?!\d))")
_PLAIN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUPS: Final = {
    "point": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"),
    "comma": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?"),
}
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d*,\d+")
_ZEROS: Final = re.compile(r"([+-]?\d+)\.0*")  # a count that passed through a float


def style_in(cells: Iterable[str], *, are_counts: bool) -> Style | None:
    """Return the style that a cell proves, or None if the cells prove no style or both.

    In a column of counts a group of three digits after a sign can only be thousands.

    >>> style_in(["1,234"], are_counts=True), style_in(["1,234"], are_counts=False)
    ('point', None)
    >>> style_in(["0,5", "1,234"], are_counts=False)
    'comma'
    """
    found: set[Style] = set()
    written = (cell for cell in cells if "," in cell or "." in cell)
    for cell in islice(written, LOOKED_AT):
        style = _proof(_bare(cell), is_count=are_counts)
        if style is not None:
            found.add(style)
    return found.pop() if len(found) == 1 else None


def _proof(cell: str, *, is_count: bool) -> Style | None:
    commas, points = cell.count(","), cell.count(".")
    if commas and points:
        return "point" if cell.rindex(".") > cell.rindex(",") else "comma"
    if not commas and not points:
        return None
    sign, style, other = (",", "point", "comma") if commas else (".", "comma", "point")
    is_grouped = re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{sign}\d{{3}})+", cell) is not None
    if is_grouped and (is_count or commas + points > 1):
        is_zeros = not commas and set(cell.partition(".")[2]) <= {"0", "."}
        return None if is_zeros and points == 1 else style  # type: ignore[return-value]  # one of the literals
    if is_grouped:
        return None
    return other if (commas + points) == 1 else None  # type: ignore[return-value]  # one of the literals


def plain_number(cell: str, *, style: Style, is_count: bool = False) -> str:
    """Return the number as a program writes it, or the cell itself if it is not a number in this style.

    >>> plain_number("1.234,50", style="comma"), plain_number("$1,234.5", style="point")
    ('1234.50', '1234.5')
    >>> plain_number("n/a", style="point"), plain_number("12.0", style="point", is_count=True)
    ('n/a', '12')
    """
    if cell.isdigit():
        return cell
    text = _bare(cell)
    if _GROUPS[style].fullmatch(text):
        text = text.replace("," if style == "point" else ".", "")
    if style == "comma":
        text = text.replace(",", ".") if "." not in text and text.count(",") <= 1 else text
    if is_count and (zeros := _ZEROS.fullmatch(text)):
        text = zeros[1]
    return text if _PLAIN.fullmatch(text) else cell


def _bare(cell: str) -> str:
    """Return a number without its currency and without spaces between its digits."""
    if not _is_bare(cell):
        found = _MONEY.fullmatch(cell)
        cell = cell if found is None else found[2]
    return _SPACES.sub("", cell)


def _is_bare(cell: str) -> bool:
    """Return whether a cell begins and ends with a digit, so that it names no currency."""
    return cell[:1].isdigit() and cell[-1:].isdigit()


def currency_in(cell: str) -> str | None:
    """Return the ISO code of the currency in a cell, or None without a currency.

    >>> currency_in("$0.01"), currency_in("0,01 €"), currency_in("12 USD"), currency_in("0.01")
    ('USD', 'EUR', 'USD', None)
    """
    if _is_bare(cell):
        return None
    found = _MONEY.fullmatch(cell)
    named = None if found is None else found[1] or found[3]
    return None if named is None else CURRENCIES.get(named, named)
