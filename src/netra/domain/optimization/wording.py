"""Formats numbers for a reader: money, shares, counts; the documented `cost_change`."""

from collections.abc import Sequence
from typing import Final

_NAMED: Final = 3  # largest number of names in one sentence
_NOTHING: Final = 5e-4  # smaller shares round to 0.0 %


def money(usd: float) -> str:
    """Return dollars with as many digits as matter.

    >>> money(12345.6), money(3.14159), money(0.00123), money(-40)
    ('$12,346', '$3.14', '$0.0012', '-$40.00')
    """
    sign = "-" if usd < 0 else ""
    size = abs(usd)
    if size >= 1_000:
        return f"{sign}${size:,.0f}"
    if size >= 0.01 or size == 0:
        return f"{sign}${size:,.2f}"
    return f"{sign}${size:.2g}"


def percent(share: float) -> str:
    """Return a share as a percentage.

    >>> percent(0.3276), percent(1)
    ('32.8 %', '100.0 %')
    """
    return f"{100 * share:.1f} %"


def cost_change(saved_share: float) -> str:
    """Return the change of the bill in the API's documented form: saving a quarter is "-25%".

    >>> cost_change(0.275), cost_change(-0.15), cost_change(0.0001)
    ('-27.5%', '+15%', '0%')
    """
    if abs(saved_share) < _NOTHING:
        return "0%"
    digits = f"{100 * abs(saved_share):.1f}".removesuffix(".0")
    return f"{'-' if saved_share > 0 else '+'}{digits}%"


def count(number: float, noun: str) -> str:
    """Return a counted noun.

    >>> count(1, "call"), count(12000, "call")
    ('1 call', '12,000 calls')
    """
    return f"{number:,.0f} {noun}" + ("" if number == 1 else "s")


def at_traffic(growth: float) -> str:
    """Return a suffix naming the traffic at which a figure holds; empty for the present traffic.

    >>> at_traffic(0.5), at_traffic(-0.25), at_traffic(0)
    (' at 50.0 % more traffic', ' at 25.0 % less traffic', '')
    """
    return f" at {percent(abs(growth))} {'more' if growth > 0 else 'less'} traffic" if growth else ""


def saved(usd: float) -> str:
    """Return a saving in words: less, or more where it is negative.

    >>> saved(0.56), saved(-0.56), saved(0)
    ('$0.56 less', '$0.56 more', 'as much')
    """
    if usd == 0:
        return "as much"
    return f"{money(abs(usd))} {'less' if usd > 0 else 'more'}"


def both(names: Sequence[str]) -> str:
    """Join the names with commas and "and".

    >>> both(["a"]), both(["a", "b"]), both(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def listed(names: Sequence[str]) -> str:
    """Join the first few names, with the number of further ones.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a; b', 'a; b; c; and 2 more')
    """
    if len(names) <= _NAMED:
        return "; ".join(names)
    return f"{'; '.join(names[:_NAMED])}; and {len(names) - _NAMED} more"
