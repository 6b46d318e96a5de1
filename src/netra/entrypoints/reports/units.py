"""Formats sizes and times for people; the domain's `wording` formats money and shares."""

from collections.abc import Sequence
from typing import Final

_UNITS: Final = ((172_800, 86_400, "days"), (5_400, 3_600, "h"), (120, 60, "min"))
_TITLES: Final = {"kv_cache": "KV cache", "gpu_choice": "GPU choice"}
_BARS: Final = "▁▂▃▄▅▆▇█"


def short_count(number: float) -> str:
    """Format a whole number, abbreviated from a million on.

    >>> short_count(19366), short_count(22_361_870)
    ('19,366', '22.4 M')
    """
    for size, name in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(number) >= size:
            return f"{number / size:,.1f} {name}"
    return f"{number:,.0f}"


def span(seconds: float) -> str:
    """Format a duration in its usual unit.

    >>> span(0.25), span(41.2), span(3540), span(90_000), span(864_000)
    ('250 ms', '41.2 s', '59 min', '25 h', '10 days')
    """
    if seconds < 1:
        return f"{seconds * 1000:,.0f} ms"
    for least, unit_s, name in _UNITS:
        if seconds >= least:
            return f"{_brief(seconds / unit_s)} {name}"
    return f"{_brief(seconds)} s"


def milliseconds(amount: float) -> str:
    """Format milliseconds, as seconds from ten thousand on.

    >>> milliseconds(41.26), milliseconds(950), milliseconds(148_000)
    ('41.3 ms', '950 ms', '148 s')
    """
    if amount >= 10_000:
        return f"{amount / 1000:,.0f} s"
    return f"{amount:,.1f} ms" if amount < 100 else f"{amount:,.0f} ms"


def title_of(kind: str) -> str:
    """Return an analyser's name as words.

    >>> title_of("prompt_caching"), title_of("kv_cache")
    ('Prompt caching', 'KV cache')
    """
    words = kind.replace("_", " ")
    return _TITLES.get(kind, words[:1].upper() + words[1:])


def spark(values: Sequence[float]) -> str:
    """Return a sparkline, with the highest value at full height and zero as a blank.

    >>> spark([0, 1, 4, 8])
    ' ▁▄█'
    """
    top = max(values, default=0)
    if top <= 0:
        return " " * len(values)
    return "".join(
        " " if value <= 0 else _BARS[max(0, round(value / top * len(_BARS)) - 1)] for value in values
    )


def _brief(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")
