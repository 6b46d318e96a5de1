"""Define a number in a text. `reader` finds them."""

import msgspec

from netra.domain.agents.numbers.lexicon import Unit


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number with everything that its own words say; `text` is exactly `[start:end]` of the text.

    A number with a `doubt` has no certain value: do not use it, show the doubt.
    """

    text: str
    start: int
    end: int
    unit: Unit
    value: float  # in the unit's scale; the lower end of a range
    high: float | None = None  # the upper end of a range
    step: float = 0.0  # what one more in the last written digit adds, in the unit's scale; 0 for words
    scale: float = 1.0  # the value of a written 1, in the unit's scale: 1,000 for "$5k"
    amount_end: int = 0  # where the digits or words and their magnitude end, before the unit
    unit_end: int = 0  # where the unit ends, before the period
    currency: str = ""  # of money: "USD"
    noun: str = ""  # of a count, in the singular: "token", "call", "gpu", "user"
    period: str = ""  # "month" of "$5 a month"
    per: str = ""  # the thing that a price refers to: "token", "gpu", "call", "user"
    sign: str = ""  # "-" or "+", as written
    is_spelled: bool = False  # written in words
    is_vague: bool = False  # "hundreds of", "a couple"; it has a doubt too
    lowers: bool | None = None  # True of "halve" and "-20 %", False of "+20 %" and "double"
    doubt: str = ""
    ends: tuple["Number", ...] = ()  # of a range: its two numbers as written, in the range's unit

    @property
    def is_usd(self) -> bool:
        """Return whether the number is a sum of US dollars."""
        return self.unit is Unit.MONEY and self.currency == "USD"
